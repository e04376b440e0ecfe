"""Rules that change another rule: what effort counts, or what of its scores is shown."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from benchgame_env.game import TIES, Board, Game, Ties
from benchgame_env.rules.contract import DeterministicProtocol, Protocol, Revised, Rng, Traits, is_exact
from benchgame_env.rules.registry import as_protocol
from benchgame_env.validate import Floats, choice


@dataclass(frozen=True, kw_only=True)
class Layer(Protocol):
    """A rule over a ``base`` rule. Override ``counted`` with ``needed``, or ``show`` with ``hidden``.

    It promises what its base does, but for being strict. Written with a plus sign, base first:
    ``make_protocol("tune-before-test+rounded", level=3000, decimals=2)``. A layer ranks anew by the
    scores it shows; ``ties`` are the base's where none are given.

    Raises
    ------
    ValueError
        The base's ranks do not follow from its scores; such a rule has to come last.
    """

    base: Any = "direct"
    ties: Ties = None  # type: ignore[assignment]

    def __post_init__(self) -> None:
        object.__setattr__(self, "base", as_protocol(self.base))
        if self.base.traits.ranks_by_score is False:
            raise ValueError(
                f"protocol {self.name!r} does not go over {self.base!r}: ranks there do not follow from "
                f"scores; name {self.base.name!r} last"
            )
        if self.ties is None:
            object.__setattr__(self, "ties", self.base.ties)
        choice("ties", self.ties, TIES)

    def counted(self, efforts: Floats) -> Floats:
        """Own efforts ``[..., n]`` to the efforts that count, non-decreasing."""
        return efforts

    def needed(self, counted: Floats) -> Floats:
        """Least own efforts of which at least ``counted`` counts; ``inf`` if none suffices."""
        return counted

    def show(self, scores: Floats) -> Floats:
        """The base's scores to shown ones, element by element, non-decreasing."""
        return scores

    def hidden(self, shown: Floats) -> Floats:
        """Least base scores that show at least ``shown``; ``inf`` if none does."""
        return shown

    @property
    def traits(self) -> Traits:
        return replace(self.base.traits, strict=False)

    @property
    def published(self) -> dict[str, float]:
        return {**self.base.published, **super().published}

    def score(self, game: Game, efforts: Floats) -> Floats:
        """The base's scores at the efforts that count, as this layer shows them; ``[..., n]``."""
        return self.show(self._exact_base().score(game, self.counted(efforts)))

    def effort_for(self, game: Game, scores: Floats) -> Floats:
        """Least own efforts that show ``scores``, ``[..., n]``, effort units."""
        return self.needed(self._exact_base().effort_for(game, self.hidden(np.asarray(scores))))

    def shown(self, scores: Floats) -> Floats:
        """What is shown when a score of ``scores`` is aimed at, ``[..., n]``."""
        return self.show(self._exact_base().shown(self.hidden(scores)))

    def start(self, game: Game, shape: tuple[int, ...]) -> Any:
        return self.base.start(game, shape)

    def play(
        self, game: Game, efforts: Floats, state: Any = None, rng: Rng = None, revised: Revised = None
    ) -> tuple[Board, Any]:
        board, state = self.base.play(game, self.counted(efforts), state, rng, revised)
        return game.board(self.show(board.scores), self.ties), state

    def distribution(self, game: Game, efforts: Floats) -> tuple[Floats, Floats] | None:
        found = None
        if self.traits.draws == "independent":
            found = self.base.distribution(game, self.counted(efforts))
        return None if found is None else _merged(self.show(found[0]), found[1])

    def designer_cost(self, game: Game) -> dict[str, float]:
        return dict(self.base.designer_cost(game))

    def _exact_base(self) -> DeterministicProtocol:
        if not is_exact(self.base):
            raise ValueError(f"protocol {self!r}: the scores of {self.base!r} are no function of effort")
        return self.base


def _merged(scores: Floats, chances: Floats) -> tuple[Floats, Floats]:
    """Ascending scores ``[m]`` with each once, and the chances ``[..., m]`` of equal ones added up."""
    first = np.flatnonzero(np.diff(scores, prepend=-np.inf))
    return scores[first], np.add.reduceat(chances, first, axis=-1)
