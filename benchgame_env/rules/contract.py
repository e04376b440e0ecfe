"""What a protocol is. To add one, copy `tune_before_test.py` and change the rule."""

from __future__ import annotations

from dataclasses import dataclass, fields, is_dataclass, replace
from typing import Any, ClassVar, Literal, TypeGuard, get_args

import numpy as np
from numpy.typing import NDArray

from benchgame_env.game import Board, Game, Ties
from benchgame_env.validate import Floats, choice

Draws = Literal["joint", "independent", "none"]
Rng = np.random.Generator | None  # needed where boards are drawn
Revised = NDArray[np.bool_] | None  # who could hand in a new model, [..., n]


@dataclass(frozen=True, kw_only=True)
class Traits:
    """What a rule promises. The defaults promise nothing, and nothing is relied on that is not promised.

    Attributes
    ----------
    draws : {"joint", "independent", "none"}
        ``none``: equal efforts give equal boards. ``independent``: each developer's score is drawn on
        its own, from what `Protocol.distribution` says. ``joint``: scores may be drawn, in any way.
    apart : bool
        Whether each board of a call is drawn on its own, independently of the others.
    remembers : bool
        Whether a board may depend on earlier rounds of its episode.
    own_score : bool
        Whether a shown score is a fixed non-decreasing function of the developer's own effort, which
        ``score`` and ``effort_for`` of `DeterministicProtocol` give.
    strict : bool
        Whether shown scores rise strictly where the curves do, and are continuous where those are.
    ranks_by_score : bool or None
        Whether ranks and prizes follow from the shown scores, by `Game.board` with ``ties``. None: not
        said; a rule over this one ranks by scores then. False: no rule goes over this one.
    rewards_effort : bool
        Whether more own effort never makes a high own score less likely, in a single evaluation.
    accuracies : bool
        Whether shown scores are in [0, 1] whenever the curves are.
    """

    draws: Draws = "joint"
    apart: bool = False
    remembers: bool = True
    own_score: bool = False
    strict: bool = False
    ranks_by_score: bool | None = None
    rewards_effort: bool = False
    accuracies: bool = False

    def __post_init__(self) -> None:
        choice("draws", self.draws, get_args(Draws))

    def with_memory(self) -> Traits:
        """What is left of these where a layer adds a memory of earlier rounds."""
        draws: Draws = "none" if self.draws == "none" else "joint"
        return replace(self, draws=draws, remembers=True, own_score=False, strict=False)


class Protocol:
    """The designer's rule: how efforts become a leaderboard.

    A rule needs only ``evaluate``, or ``start`` and ``play`` if it remembers earlier rounds, and
    ``traits``: what it promises. Parameters are the fields of a frozen dataclass, so they are typed,
    shown by ``repr`` and validated in ``__post_init__``. A rule itself never remembers: what an episode
    has to keep is the state that ``start`` makes and ``play`` takes and returns.
    """

    name: ClassVar[str]  # the one it is registered by
    example: ClassVar[dict[str, Any]] = {}  # parameters for tests and help texts
    ties: Ties = "quality"

    def __init_subclass__(cls) -> None:
        cls.name = vars(cls).get("name", cls.__name__)  # until it is registered
        # The short way of a parent does not know what a child's distribution says.
        if "distribution" in vars(cls) and "distribution_of" not in vars(cls):
            setattr(cls, "distribution_of", Protocol.distribution_of)  # noqa: B010  # mypy

    @property
    def traits(self) -> Traits:
        """What this rule promises. Say it as a class attribute, or as a property where it depends on
        parameters."""
        return Traits(remembers=type(self).play is not Protocol.play)

    def evaluate(self, game: Game, efforts: Floats, rng: np.random.Generator | None = None) -> Board:
        """The board that own efforts ``[..., n]`` (effort units) earn when an episode begins; every
        array ``[..., n]``."""
        return self.play(game, efforts, self.start(game, np.shape(efforts)), rng)[0]

    def start(self, game: Game, shape: tuple[int, ...]) -> Any:
        """The state before the first board of episodes whose efforts have ``shape`` ``(..., n)``."""
        return None

    def play(
        self, game: Game, efforts: Floats, state: Any = None, rng: Rng = None, revised: Revised = None
    ) -> tuple[Board, Any]:
        """The next board of episodes, and the state after it.

        Parameters
        ----------
        game : Game
            The game that is played.
        efforts : array
            Own efforts held, ``[..., n]``, effort units.
        state : object
            What `start` or the round before returned; it is not changed in place.
        rng : numpy.random.Generator, optional
            Of all that is drawn.
        revised : array of bool, optional
            Who could hand in a new model since the last board, ``[..., n]``. Default: everybody. On the
            board that opens an episode nobody could: it shows the models as they are.
        """
        if type(self).evaluate is Protocol.evaluate:
            raise NotImplementedError(f"{type(self).__name__} has neither evaluate nor play")
        board = self.evaluate(game, efforts, rng)
        return Board(board.scores, board.ranks, board.prizes), state

    def distribution(self, game: Game, efforts: Floats) -> tuple[Floats, Floats] | None:
        """Shown scores that may be drawn, ascending ``[m]``, and their chances ``[..., n, m]`` at
        ``efforts``, where the rule draws developers independently and does not remember; else None.
        Ranks must come from the scores by `Game.board`."""
        return None

    def distribution_of(
        self, game: Game, who: NDArray[np.int64], efforts: Floats
    ) -> tuple[Floats, Floats] | None:
        """As `distribution`, but of developers ``who`` ``[k]`` alone, each at one of ``efforts``
        ``[k]``; chances ``[k, m]``. A rule that needs no whole profiles for that may say it here."""
        profiles, row = as_profiles(game.n_developers, who, efforts)
        found = self.distribution(game, profiles)
        return None if found is None else (found[0], found[1][row, who])

    def expected_prizes(self, game: Game, efforts: Floats) -> Floats | None:
        """Expected prizes ``[..., n]`` of the board that ``efforts`` earn, where the rule does not
        remember and they are known though scores are drawn together; else None."""
        return None

    def designer_cost(self, game: Game) -> dict[str, float]:
        """What one evaluation of all models costs the designer, by resource: ``tuning`` (effort
        units), ``items`` (test items scored), ``refresh`` (tests' worth of new items)."""
        return {}

    @property
    def published(self) -> dict[str, float]:
        """The numeric parameters that every developer is told, name to value."""
        names: list[str] = [f.name for f in fields(self)] if is_dataclass(self) else []
        values = {name: getattr(self, name) for name in names}
        return {k: float(v) for k, v in values.items() if isinstance(v, (int, float))}


class DeterministicProtocol(Protocol):
    """A rule whose shown score is a fixed non-decreasing function of the developer's own effort.

    The exact theory and the exact regrets apply to these rules, see `is_exact`.
    """

    traits = Traits(
        draws="none", remembers=False, own_score=True, ranks_by_score=True, rewards_effort=True
    )

    def score(self, game: Game, efforts: Floats) -> Floats:
        """Own efforts ``[..., n]`` to shown scores ``[..., n]``."""
        raise NotImplementedError

    def effort_for(self, game: Game, scores: Floats) -> Floats:
        """Least own effort ``[..., n]`` that shows at least ``scores`` ``[..., n]``; 0 where no effort
        is needed, ``inf`` where none suffices. Budgets are not considered here."""
        raise NotImplementedError

    def shown(self, scores: Floats) -> Floats:
        """The least scores that may be shown and are at least ``scores``, where not all may be."""
        return scores

    def evaluate(self, game: Game, efforts: Floats, rng: np.random.Generator | None = None) -> Board:
        return game.board(self.score(game, efforts), self.ties)


def is_exact(protocol: Protocol) -> TypeGuard[DeterministicProtocol]:
    """Whether a board is a fixed function of own efforts, with ``score`` and ``effort_for``."""
    traits = protocol.traits
    return traits.own_score and traits.draws == "none" and not traits.remembers


def as_profiles(n: int, who: NDArray[np.int64], efforts: Floats) -> tuple[Floats, NDArray[np.int64]]:
    """Few profiles ``[rows, n]`` that hold the ``efforts`` ``[k]`` of developers ``who`` ``[k]``, and 0
    elsewhere; and the row of each, ``[k]``."""
    row = np.empty(who.size, dtype=np.int64)
    for i in range(n):
        mine = np.flatnonzero(who == i)
        row[mine] = np.arange(mine.size)
    profiles = np.zeros((row.max(initial=-1) + 1, n))
    profiles[row, who] = efforts
    return profiles, row


# What a class that is no `Protocol` may have besides ``evaluate``, ``traits`` and ``published``.
PARTS = ("name", "example", "ties", "start", "play", "distribution", "expected_prizes", "designer_cost")


class Adapted(Protocol):
    """A class with ``evaluate`` alone as a whole protocol. Of what else a protocol has, the class's own
    counts where it has one; to be exact it has to derive from `DeterministicProtocol`."""

    def __init__(self, rule: Any) -> None:
        self.rule = rule
        vars(self)["name"] = type(rule).__name__
        vars(self).update({part: getattr(rule, part) for part in PARTS if part in dir(rule)})

    def __repr__(self) -> str:
        plain = type(self.rule).__repr__ is object.__repr__
        return f"{type(self.rule).__name__}()" if plain else repr(self.rule)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Adapted) and self._value == other._value

    def __hash__(self) -> int:
        return hash(type(self.rule))

    @property
    def _value(self) -> Any:
        """What the rule is compared by: itself, or its attributes where its class does not say how."""
        says = type(self.rule).__eq__ is not object.__eq__
        return self.rule if says else (type(self.rule), vars(self.rule))

    @property
    def traits(self) -> Traits:
        given = getattr(self.rule, "traits", Traits(remembers="play" in dir(self.rule)))
        return replace(given, own_score=False, strict=False)

    @property
    def published(self) -> dict[str, float]:
        return getattr(self.rule, "published", {})

    def evaluate(self, game: Game, efforts: Floats, rng: np.random.Generator | None = None) -> Board:
        return self.rule.evaluate(game, efforts, rng)
