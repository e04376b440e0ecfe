"""Many draws of the score curves of one game: what the same checkpoints allow."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from functools import cached_property
from typing import Any, overload

import numpy as np
from numpy.typing import NDArray

from benchgame_env.curves import ScalingLaw
from benchgame_env.game import Game


@dataclass(frozen=True, eq=False)
class Draws(Sequence[Game]):
    """Games that differ in their scaling laws, and so in who is better; a sequence of games.

    Parameters
    ----------
    game : Game
        Names, prizes, cost and budgets, the same in every draw.
    curves : ScalingLaw
        Parameters ``[draws, n]``, in each row by the developers of ``game``.
    quality : array_like, optional
        Latent quality ``[draws, n]``; default: the ceilings. Within a draw, ties go by it, and at equal
        quality by the order in ``game``.

    Raises
    ------
    ValueError
        Arrays of another shape, no draw, or quality that is not finite.
    """

    game: Game
    curves: ScalingLaw
    quality: Any = None

    def __post_init__(self) -> None:
        n, shape = self.game.n_developers, self.curves.lower.shape
        if len(shape) != 2 or shape[1] != n:
            raise ValueError(f"curves: need parameters of shape (draws, {n}), got {shape}")
        if not shape[0]:
            raise ValueError("curves: need at least one draw")
        quality = np.array(self.curves.upper if self.quality is None else self.quality, dtype=np.float64)
        if quality.shape != shape or not np.isfinite(quality).all():
            raise ValueError(f"quality: need finite numbers of shape {shape}, got shape {quality.shape}")
        object.__setattr__(self, "quality", quality)

    @classmethod
    def of(cls, games: Iterable[Game]) -> Draws:
        """The same games as one object.

        Parameters
        ----------
        games : iterable of Game
            At least one, on scaling laws, with the same names in any order, prizes, cost and budgets.

        Returns
        -------
        Draws
            In each row the developers of the first game.

        Raises
        ------
        ValueError
            Games that differ in something else.
        """
        games = list(games)
        if not games:
            raise ValueError("games: need at least one")
        first, places = games[0], []
        for number, game in enumerate(games):
            wrong = _difference(first, game)
            if wrong:
                raise ValueError(f"games: number {number} has {wrong}")
            places.append([game.names.index(name) for name in first.names])
        laws: list[Any] = [game.curves for game in games]
        parameters = (
            [getattr(law, field.name)[place] for law, place in zip(laws, places, strict=True)]
            for field in fields(ScalingLaw)
        )
        quality = [game.quality[place] for game, place in zip(games, places, strict=True)]
        return cls(first, ScalingLaw(*parameters), quality)

    @cached_property
    def order(self) -> NDArray[np.int64]:
        """The developers of each draw by quality, best first, ``[draws, n]``."""
        return np.argsort(-self.quality, axis=1, kind="stable")

    def __len__(self) -> int:
        return len(self.quality)

    @overload
    def __getitem__(self, draw: int) -> Game: ...
    @overload
    def __getitem__(self, draw: slice) -> Draws: ...
    def __getitem__(self, draw: int | slice) -> Game | Draws:
        """One game, its developers best first in that draw; or some of the draws."""
        if isinstance(draw, slice):
            return Draws(self.game, self.curves[draw], self.quality[draw])
        order, game = self.order[draw], self.game
        return Game(
            self.curves[draw, order],
            game.cost,
            game.prizes,
            self.quality[draw, order],
            [game.names[i] for i in order],
            game.budget[order],
        )


def _difference(first: Game, game: Game) -> str:
    """In what ``game`` is no draw of the same game as ``first``; empty if it is."""
    if not isinstance(game.curves, ScalingLaw):
        return "curves that are no scaling laws"
    if sorted(game.names) != sorted(first.names):
        return f"other names, {list(game.names)}"
    if not np.array_equal(game.prizes, first.prizes):
        return f"other prizes, {game.prizes.tolist()}"
    if game.cost != first.cost:
        return f"another cost, {game.cost}"
    budgets = [dict(zip(each.names, each.budget, strict=True)) for each in (first, game)]
    return "" if budgets[0] == budgets[1] else f"other budgets, {game.budget.tolist()}"
