"""Best-response dynamics under rules that keep a state from round to round (theory section 5).

Developers revise in turn and look one round ahead: each tries efforts by playing the rule from its
present state, and moves if it gains strictly. Only `Protocol.play` is used of the rule. The path depends
on the efforts tried, the order and the start, so the answer states them.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from benchgame_env.game import Board, Game
from benchgame_env.numerics import GAIN
from benchgame_env.subgame import Subgame
from benchgame_env.theory.dynamics.path import Cycle, movers_at, opening_and_lap, start_efforts, summary
from benchgame_env.theory.dynamics.rule_states import changed, fingerprint
from benchgame_env.validate import Floats, integer, number, vector

Outcome = Literal["settles", "cycles", "open"]
LEVELS, FINER = 51, 4  # efforts tried, and how many times as many when the answer is checked
RESOLUTION = 2e-3  # of the effort scale, to which the least effort of a higher prize is found
HALVINGS, AT_ONCE = 48, 4  # of a range, at most, to find that effort; and by one call of the rule
ROUNDS, NOISY_ROUNDS, DRAWS = 3_000, 100, 32


@dataclass(frozen=True, eq=False)
class Dynamics:
    """Where myopic best responses lead under a rule that may remember.

    Attributes
    ----------
    outcome : str
        ``settles``: efforts stay as they are; ``cycles``: they repeat; ``open``: neither within the
        rounds played.
    cycle : Cycle or None
        The efforts that repeat (of period 1 if play settles); None if open. Its ``resolution`` is a
        share of the effort scale.
    trajectory : array of float
        Efforts held at each board, the opening one first, ``[rounds + 1, n]``, effort units.
    ranks : array of int
        On each board, ``[rounds + 1, n]``.
    proven : bool
        True if efforts and the rule's state both returned to earlier values, so that the path repeats
        for ever. False if only efforts and ranks repeated, in the second half of all rounds; this is so
        where a state counts rounds, or boards are drawn.
    gain : float
        Certificate, prize units: the most that a reviser in any round of the cycle could have gained
        one round ahead, over four times as many efforts; NaN if open.
    method : str
        How it was found, one sentence.
    """

    outcome: Outcome
    cycle: Cycle | None
    trajectory: Floats
    ranks: NDArray[np.int64]
    proven: bool
    gain: float
    method: str


@dataclass(frozen=True)
class Table:
    """What stays the same in all rounds."""

    game: Game
    rule: Any
    levels: Floats  # [m, n]
    resolution: Floats  # [n], effort units
    opening: list[list[int]]  # who revises at first, step by step
    turns: list[list[int]]  # and then in each lap
    draws: int  # 1: boards are not drawn


class Round:
    """One round ahead: what efforts would earn from the present state."""

    def __init__(self, table: Table, state: Any, held: Floats, movers: list[int], seed: int) -> None:
        self.game, self.rule, self.state = table.game, table.rule, state
        self.held, self.movers = held, movers
        self.revised = np.zeros((1, held.size), dtype=bool)
        self.revised[0, movers] = True
        self._draws, self._seed = table.draws, seed
        self._tried: list[tuple[int, Floats, Board, Any]] = []  # the last boards that were not drawn

    def play(self, efforts: Floats, rng: np.random.Generator | None) -> tuple[Board, Any]:
        """The board of efforts ``[n]``, arrays ``[1, n]``, and the state after it."""
        for i, tried, board, after in self._tried if len(self.movers) == 1 else ():
            if (at := np.flatnonzero(tried == efforts[i])[:1]).size:  # the one who moves has tried it
                return Board._make(part[at] for part in board), changed(after, lambda part: part[at])
        return self.rule.play(self.game, efforts[None], self.state, rng, self.revised)

    def payoffs(self, i: int, tried: Floats) -> Floats:
        """Payoffs ``[m]`` of developer i for own efforts ``[m]`` while the others keep theirs; on drawn
        boards the mean over the same draws for each effort."""
        if self._draws == 1:
            return self._prizes(i, tried, None) - self.game.cost(tried)
        means = [
            self._prizes(i, np.full(self._draws, e), np.random.default_rng(self._seed)).mean()
            for e in tried
        ]
        return np.array(means) - self.game.cost(tried)

    def best_response(self, i: int, levels: Floats, resolution: float) -> float:
        """The effort that gains most, the least of several; held if nothing gains strictly."""
        tried = np.append(levels, self.held[i])
        payoffs = self.payoffs(i, tried)
        if self._draws == 1:  # prizes are steps of effort
            tried, payoffs = self._with_steps(i, tried, payoffs, resolution)
        slack = GAIN * self.game.prize_range
        now = payoffs[np.flatnonzero(tried == self.held[i])[0]]
        if payoffs.max() <= now + slack:
            return float(self.held[i])
        return float(tried[payoffs >= payoffs.max() - slack].min())

    def _with_steps(
        self, i: int, tried: Floats, payoffs: Floats, resolution: float
    ) -> tuple[Floats, Floats]:
        """Also the least efforts at which a higher prize is won, to ``resolution``: just-overtakes."""
        order = np.argsort(tried)
        tried, payoffs = tried[order], payoffs[order]
        prizes = payoffs + self.game.cost(tried)
        rises = np.flatnonzero(np.diff(prizes) > GAIN * self.game.prize_range)
        low, high, prize = tried[rises], tried[rises + 1], prizes[rises + 1]
        for _ in range(HALVINGS // AT_ONCE):
            wide = (high - low).max(initial=0.0) / resolution
            if wide <= 1:
                break
            parts = 2 ** min(AT_ONCE, math.ceil(math.log2(wide)))
            shares = np.linspace(0.0, 1.0, parts + 1)[:, None]
            points = low + (high - low) * shares
            points[-1] = high  # rounding
            enough = self._prizes(i, points.reshape(-1), None).reshape(points.shape) >= prize
            first = enough[1:].argmax(axis=0)
            low, high = (points[first + after, np.arange(first.size)] for after in (0, 1))
        return np.append(tried, high), np.append(payoffs, prize - self.game.cost(high))

    def _prizes(self, i: int, tried: Floats, rng: np.random.Generator | None) -> Floats:
        profiles = np.repeat(self.held[None], tried.size, axis=0)
        profiles[:, i] = tried
        revised = np.repeat(self.revised, tried.size, axis=0)
        state = changed(self.state, lambda part: np.repeat(part, tried.size, axis=0))
        board, after = self.rule.play(self.game, profiles, state, rng, revised)
        if rng is None:
            self._tried = [(i, tried, board, after), *self._tried[:1]]
        return board.prizes[:, i]


def best_response_dynamics(
    game: Game | str,
    protocol: Any,
    levels: Any = LEVELS,
    resolution: float = RESOLUTION,
    order: str | Sequence[int] = "round-robin",
    start: Any = None,
    rounds: int | None = None,
    draws: int = DRAWS,
    rng: np.random.Generator | None = None,
) -> Dynamics:
    """Follow myopic best responses, one round ahead, until efforts and state repeat or rounds are over.

    Parameters
    ----------
    game : Game or str
        The game, or its name.
    protocol : protocol, str or pair
        The protocol, its name, or ``(name, parameters)``; it may remember.
    levels : int or array_like, optional
        Number of evenly spaced efforts to try, up to the effort scale, >= 2; or the efforts themselves
        in ascending order, the same for every developer.
    resolution : float, optional
        Share of the effort scale, > 0, to which the least effort that wins a higher prize is found
        between two levels. Not used where boards are drawn.
    order : str or sequence of int, optional
        Who revises: ``simultaneous-first`` (all at once, then in turn, worst quality first), or as for
        `best_response_cycle`.
    start : array_like, optional
        Efforts of the opening board, ``[n]``; default all zero.
    rounds : int, optional
        Largest number of rounds to play, >= 2; default 3,000, or 100 where boards are drawn.
    draws : int, optional
        Number of boards over which payoffs are averaged where boards are drawn, >= 2.
    rng : np.random.Generator, optional
        Needed where boards are drawn.

    Raises
    ------
    ValueError
        Unsuitable arguments; no ``rng`` where boards are drawn; a state that is not made of arrays in
        tuples, lists or dicts.
    """
    subgame = Subgame(game, protocol)
    game, rule = subgame.game, subgame.rule
    noisy = rule.traits.draws != "none"
    if noisy and rng is None:
        raise ValueError(f"rng: boards of {rule!r} are drawn, which needs a generator")
    unit = number("resolution", resolution, low=0, strict=True) * np.minimum(_top(game), game.budget)
    table = Table(
        game,
        rule,
        _levels(game, levels),
        unit,
        *opening_and_lap(order, game.n_developers),
        integer("draws", draws, low=2) if noisy else 1,
    )
    default = NOISY_ROUNDS if noisy else ROUNDS
    most = integer("rounds", default if rounds is None else rounds, low=2)
    played, path, ranks, first = _follow(table, start_efforts(game, start), most, rng)
    proven = first is not None
    if first is None:
        first = _steady(path, path if noisy else np.hstack((path, ranks)), len(table.turns))
    if first is None:
        method = f"best responses one round ahead, {len(played)} rounds in {order} order"
        return Dynamics("open", None, path, ranks, False, math.nan, method)
    return _report(table, played[first:], path, ranks, first, proven, order, resolution)


def _follow(
    table: Table, efforts: Floats, most: int, rng: np.random.Generator | None
) -> tuple[list[Round], Floats, NDArray[np.int64], int | None]:
    """Play at most ``most`` rounds. Returns the rounds, efforts and ranks ``[rounds + 1, n]``, and the
    round to whose beginning efforts and state returned (None if they did not)."""
    begun = table.rule.start(table.game, (1, efforts.size))
    board, state = Round(table, begun, efforts, [], 0).play(efforts, rng)
    path, ranks, played = [efforts], [board.ranks[0]], []
    seen: dict[tuple[int, bytes], int] = {}
    first = None
    for step in range(most):
        turn = step - len(table.opening)  # negative before the laps begin
        turn = turn % len(table.turns) if turn >= 0 else turn
        key = (turn, path[-1].tobytes() + fingerprint(state))
        first = seen.get(key) if table.draws == 1 else None
        if first is not None:
            break
        seen[key] = step
        seed = 0 if rng is None else int(rng.integers(2**32))
        movers = movers_at(step, table.opening, table.turns)
        coming = Round(table, state, path[-1], movers, seed)
        chosen = coming.held.copy()
        for i in coming.movers:
            chosen[i] = coming.best_response(i, table.levels[:, i], table.resolution[i])
        board, state = coming.play(chosen, rng)
        played.append(coming)
        path.append(chosen)
        ranks.append(board.ranks[0])
    return played, np.array(path), np.array(ranks), first


def _steady(path: Floats, seen: NDArray[Any], lap: int) -> int | None:
    """The first round of the last period, if ``seen`` repeats at least twice in the second half of all
    rounds; else None."""
    late = seen[len(path) // 2 :]
    for period in range(lap, len(late) // 2 + 1, lap):
        if (late[period:] == late[:-period]).all():
            return len(path) - 1 - period
    return None


def _report(
    table: Table,
    played: list[Round],
    path: Floats,
    ranks: NDArray[np.int64],
    first: int,
    proven: bool,
    order: Any,
    resolution: float,
) -> Dynamics:
    """The answer where play repeats: ``played`` are the rounds from ``first`` on."""
    states, boards = path[first:-1], ranks[first:-1]
    gain = max(_missed(table, k, after) for k, after in zip(played, path[first + 1 :], strict=True))
    settled = bool((states == states[0]).all())
    if settled:
        states, boards = states[:1], boards[-1:]
    cycle = summary(
        table.game, states, boards, resolution=resolution, levels=None, order=order, start=path[0]
    )
    method = (
        f"best responses one round ahead in {order} order, among {len(table.levels)} efforts"
        + (" and just-overtakes" if table.draws == 1 else f", means of {table.draws} boards")
        + f"; {first} rounds before it "
        + ("settled" if settled else "began to repeat")
    )
    return Dynamics("settles" if settled else "cycles", cycle, path, ranks, proven, gain, method)


def _missed(table: Table, coming: Round, chosen: Floats) -> float:
    """The most that a mover could have gained over its choice, by any of finer levels."""
    worst = 0.0
    for i in coming.movers:
        levels = table.levels[:, i]
        shares = np.linspace(0.0, levels.size - 1.0, FINER * (levels.size - 1) + 1)
        finer = np.interp(shares, np.arange(levels.size), levels)
        tried = coming.payoffs(i, np.append(finer, chosen[i]))
        worst = max(worst, float(tried.max() - tried[-1]))
    return worst


def _top(game: Game) -> Floats:
    scale = game.effort_scale
    return np.where(np.isinf(scale), game.finite_effort_scale, scale)


def _levels(game: Game, levels: Any) -> Floats:
    """Efforts to try, ``[m, n]``, within budget."""
    if np.ndim(levels) == 0:
        return np.linspace(0.0, _top(game), integer("levels", levels, low=2))
    return np.minimum(vector("levels", levels)[:, None], game.budget)
