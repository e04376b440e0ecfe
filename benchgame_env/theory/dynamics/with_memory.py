"""Best-response dynamics where rounds hang together: rules that keep a state (theory section 5).

Developers revise in turn and look one round ahead: each tries efforts by playing the rule from the state
it is in, and moves on strict gain. Nothing is known of the rule but `Protocol.play`. What the path comes
to depends on the efforts tried, the order and the start, which the answer therefore states.
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
from benchgame_env.theory.dynamics.path import Cycle, summary, turns_of
from benchgame_env.theory.dynamics.rule_states import copies, fingerprint
from benchgame_env.validate import Floats, integer, number, vector

Outcome = Literal["settles", "cycles", "open"]
LEVELS, FINER = 51, 4  # efforts tried, and how many times as many when the answer is checked
RESOLUTION = 2e-3  # of the effort scale, to which the least effort of a higher prize is found
HALVINGS = 50  # at most, to find that effort
ROUNDS, NOISY_ROUNDS, DRAWS = 3_000, 100, 32


@dataclass(frozen=True, eq=False)
class Dynamics:
    """Where myopic best responses lead under a rule that may remember.

    Attributes
    ----------
    outcome: ``settles``: efforts stay as they are; ``cycles``: they repeat; ``open``: neither within
        the rounds played.
    cycle: efforts, peaks, troughs, share of wrong boards and cost of what repeats (of period 1 if it
        settles), or None if open; its ``resolution`` is a share of the effort scale.
    trajectory: efforts held at each board, the opening one first, ``[rounds + 1, n]``, effort units.
    ranks: on each board, ``[rounds + 1, n]``.
    proven: whether efforts and the rule's state came back to where they had been, so that the path
        repeats for ever; else efforts and ranks merely did for the second half of all rounds, as where
        a state counts rounds or boards are drawn.
    gain: certificate: in no round of the cycle would whoever could revise have gained more, looking one
        round ahead, by any of four times as many efforts, prize units; NaN if open.
    method: how it was found, one sentence.
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
    """Who plays what: fixed for all rounds."""

    game: Game
    rule: Any
    levels: Floats  # [m, n]
    resolution: Floats  # [n], effort units
    turns: list[list[int]]
    draws: int  # 1: boards are not drawn


class Round:
    """One round to come: what efforts would earn from the state as it is."""

    def __init__(self, table: Table, state: Any, held: Floats, movers: list[int], seed: int) -> None:
        self.game, self.rule, self.state = table.game, table.rule, state
        self.held, self.movers = held, movers
        self.revised = np.isin(np.arange(held.size), movers)[None]
        self._draws, self._seed = table.draws, seed

    def play(self, efforts: Floats, rng: np.random.Generator | None) -> tuple[Board, Any]:
        """The board of efforts ``[n]``, arrays ``[1, n]``, and the state after it."""
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
        for _ in range(HALVINGS):
            if not rises.size or (high - low).max() <= resolution:
                break
            middle = 0.5 * (low + high)
            enough = self._prizes(i, middle, None) >= prize
            low, high = np.where(enough, low, middle), np.where(enough, middle, high)
        return np.append(tried, high), np.append(payoffs, prize - self.game.cost(high))

    def _prizes(self, i: int, tried: Floats, rng: np.random.Generator | None) -> Floats:
        profiles = np.tile(self.held, (tried.size, 1))
        profiles[:, i] = tried
        revised = np.repeat(self.revised, tried.size, axis=0)
        state = copies(self.state, tried.size)
        return self.rule.play(self.game, profiles, state, rng, revised)[0].prizes[:, i]


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
    levels: how many even efforts up to the effort scale to try, >= 2, or the efforts themselves, in
        ascending order, for every developer.
    resolution: > 0; between two levels the least effort of the higher prize is found to this share of
        the effort scale, where boards are not drawn.
    order: who revises, see `best_response_cycle`.
    start: efforts of the opening board, ``[n]``; default all zero.
    rounds: to play at most, >= 2; default 3,000, or 100 where boards are drawn.
    draws: boards over which an effort is averaged where they are drawn, >= 2.
    rng: for drawn boards.

    Raises
    ------
    ValueError: unsuitable arguments; no ``rng`` where boards are drawn; a state that is no (nested
        tuple, list or dict of) arrays.
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
        turns_of(order, game.n_developers),
        integer("draws", draws, low=2) if noisy else 1,
    )
    default = NOISY_ROUNDS if noisy else ROUNDS
    most = integer("rounds", default if rounds is None else rounds, low=2)
    played, path, ranks, first = _follow(table, _start(game, start), most, rng)
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
    """Play at most so many rounds: they, efforts and ranks ``[rounds + 1, n]``, and the round to whose
    beginning efforts and state came back, None if they did not."""
    begun = table.rule.start(table.game, (1, efforts.size))
    board, state = Round(table, begun, efforts, [], 0).play(efforts, rng)
    path, ranks, played = [efforts], [board.ranks[0]], []
    seen: dict[tuple[int, bytes], int] = {}
    first = None
    for step in range(most):
        turn = step % len(table.turns)
        key = (turn, path[-1].tobytes() + fingerprint(state))
        first = seen.get(key) if table.draws == 1 else None
        if first is not None:
            break
        seen[key] = step
        seed = 0 if rng is None else int(rng.integers(2**32))
        coming = Round(table, state, path[-1], table.turns[turn], seed)
        chosen = coming.held.copy()
        for i in coming.movers:
            chosen[i] = coming.best_response(i, table.levels[:, i], table.resolution[i])
        board, state = coming.play(chosen, rng)
        played.append(coming)
        path.append(chosen)
        ranks.append(board.ranks[0])
    return played, np.array(path), np.array(ranks), first


def _steady(path: Floats, seen: NDArray[Any], lap: int) -> int | None:
    """The beginning of the last period, if what was ``seen`` repeats in the second half of all rounds,
    at least twice; else None."""
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
    """What the rounds ``played``, which begin at ``first`` and repeat, come to."""
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
    """How much more than by its choice a mover would have gained by any of finer levels."""
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


def _start(game: Game, efforts: Any) -> Floats:
    if efforts is None:
        return np.zeros(game.n_developers)
    efforts = vector("start", efforts)
    if efforts.size != game.n_developers or (efforts < 0).any() or (efforts > game.budget).any():
        raise ValueError(f"start: need {game.n_developers} efforts within budget, got {efforts}")
    return efforts
