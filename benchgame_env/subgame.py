"""The developer subgame: a game under a protocol.

Theory works with scores and their costs (`Subgame.price`); only this module knows how efforts make a
score.
"""

from __future__ import annotations

from dataclasses import replace
from functools import cached_property
from typing import Any, Literal

import numpy as np

from benchgame_env.game import Board, Game
from benchgame_env.named_games import as_game
from benchgame_env.numerics import publish
from benchgame_env.rules import Capped, as_protocol, is_exact
from benchgame_env.validate import Floats

Kind = Literal["exact", "independent", "stateful", "opaque"]


class Subgame:
    """A game under a protocol.

    Parameters
    ----------
    game : Game or str
        The game, or the name of one.
    protocol : protocol, str or pair
        The protocol, its name, or ``(name, parameters)``.

    Attributes
    ----------
    game : Game
        The game itself.
    rule : Protocol
        The protocol itself.
    n : int
        Number of developers.
    notes : dict
        Where theory keeps what it worked out of the subgame, to be found again.

    Raises
    ------
    ValueError
        An unknown name, or unsuitable parameters.
    """

    def __init__(self, game: Game | str, protocol: Any) -> None:
        self.game = as_game(game)
        self.rule: Any = as_protocol(protocol)
        self.notes: dict[Any, Any] = {}

    @classmethod
    def exact(cls, game: Game | str, protocol: Any) -> Subgame:
        """As the constructor; ValueError if the board is not a fixed function of own efforts."""
        subgame = cls(game, protocol)
        if subgame.kind != "exact":
            raise ValueError(f"protocol {subgame.rule!r}: exact theory needs a DeterministicProtocol")
        return subgame

    @property
    def n(self) -> int:
        """Number of developers."""
        return self.game.n_developers

    @cached_property
    def kind(self) -> Kind:
        """What the rule's traits say of its boards.

        ``exact``: each shown score is a fixed, non-decreasing function of own effort.
        ``independent``: scores are drawn independently, without state, from known distributions.
        ``stateful``: boards depend on earlier rounds. ``opaque``: anything else.
        """
        if is_exact(self.rule):
            return "exact"
        if self.rule.traits.remembers:
            return "stateful"
        return "independent" if self.rule.traits.draws == "independent" else "opaque"

    def reduced(self) -> Subgame:
        """The subgame with a cap on effort replaced by a budget. Effort beyond a cap wins nothing, so
        the equilibria are the same unless effort is free. Profiles of the two games are the same."""
        game, rule = self.game, self.rule
        while isinstance(rule, Capped) and is_exact(rule.base) and rule.ties == rule.base.ties:
            game, rule = replace(game, budget=np.minimum(game.budget, rule.effort)), rule.base
        return self if rule is self.rule else Subgame(game, rule)

    def declares(self, what: str) -> bool | None:
        """Whether scores are ``continuous`` or ``strictly_increasing`` in effort by the curves' formula,
        under a rule that keeps that; None if the curves do not say."""
        return getattr(self.game.curves, what, None) if self.rule.traits.strict else False

    # --- exact rules: efforts, scores and what they cost ------------------------------------------

    def scores(self, efforts: Floats) -> Floats:
        """Scores ``[..., n]``, not yet published, at own efforts ``[..., n]``, or ``[..., 1]`` if all
        developers have the same."""
        return np.asarray(self.rule.score(self.game, self._profiles(efforts)), dtype=np.float64)

    def shown(self, efforts: Floats) -> Floats:
        """Published scores ``[..., n]`` at own efforts ``[..., n]``."""
        return publish(self.scores(efforts))

    def board(self, efforts: Floats) -> Board:
        """The board of own efforts ``[..., n]``."""
        return self.game.board(self.scores(efforts), self.rule.ties)

    @cached_property
    def honest_scores(self) -> Floats:
        """Scores ``[n]`` at zero effort, not yet published."""
        return self.scores(np.zeros(self.n))

    @cached_property
    def limited(self) -> bool:
        """Whether anybody has a budget."""
        return bool(np.isfinite(self.game.budget).any())

    @cached_property
    def top_scores(self) -> Floats:
        """Scores ``[n]`` at the whole budget, not yet published; ``inf`` without a budget."""
        limited = np.isfinite(self.game.budget)
        scores = self.scores(np.where(limited, self.game.budget, 0.0))
        return np.where(limited, scores, np.inf)

    @cached_property
    def full_efforts(self) -> Floats:
        """Least efforts ``[n]`` that show what the whole budget shows: the budget, unless the score
        stops rising before it; 0 without a budget. Effort units."""
        most = np.where(np.isfinite(self.game.budget), self.game.budget, 0.0)
        least = self.efforts_for(publish(self.scores(most)))
        return np.where(least < most * (1 - 1e-6), least, most)

    def efforts_for(self, scores: Floats) -> Floats:
        """Least own efforts ``[..., n]`` within budget that show at least ``scores``, effort units;
        ``inf`` where there is none. Scores ``[..., n]``, or ``[..., 1]`` if all have the same."""
        scores = self._profiles(scores)
        effort = np.asarray(self.rule.effort_for(self.game, scores), dtype=np.float64)
        # The inverse may miss the budget by rounding: at the budget, published scores decide.
        if self.limited:
            within = publish(self.top_scores) >= publish(scores)
            effort = np.where(within, np.minimum(effort, self.game.budget), np.inf)
        return effort

    def price(self, scores: Floats) -> Floats:
        """The least cost ``[..., n]`` of showing at least ``scores``, prize units; ``inf`` where no
        effort within budget does. Scores as in `efforts_for`."""
        return self.cost(self.efforts_for(scores))

    def cost(self, efforts: Floats) -> Floats:
        """Cost of own efforts ``[..., n]``, prize units; ``inf`` for infinite ones."""
        finite = np.isfinite(efforts)
        return np.where(finite, self.game.cost(np.where(finite, efforts, 0.0)), np.inf)

    # --- one developer alone -----------------------------------------------------------------------

    def own_scores(self, developer: int, efforts: Floats) -> Floats:
        """Scores ``[...]`` of ``developer``, not yet published, at own efforts ``[...]``."""
        return self.scores(np.asarray(efforts)[..., None])[..., developer]

    def own_efforts_for(self, developer: int, scores: Floats) -> Floats:
        """As `efforts_for`, for the scores ``[...]`` of one developer."""
        return self.efforts_for(np.asarray(scores)[..., None])[..., developer]

    def _profiles(self, values: Floats) -> Floats:
        """Values ``[..., n]`` or ``[..., 1]`` as ``[..., n]``, which is what rules take."""
        values = np.asarray(values, dtype=np.float64)
        return np.broadcast_to(values, (*values.shape[:-1], self.n))
