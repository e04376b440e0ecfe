"""Regrets by simulation, for any rule that makes boards (theory section 8, sampled play).

Boards are simulated once as played and once for each deviation that is tried, with the same random
numbers, so that much of the chance cancels in the difference. Of the rule only boards are asked.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import scipy

from benchgame_env.game import Game
from benchgame_env.metrics.exact import first_efforts
from benchgame_env.metrics.regret_bounds import RegretBounds
from benchgame_env.metrics.strategies import Strategy, empirical, read_strategies
from benchgame_env.numerics import above, publish
from benchgame_env.subgame import Subgame
from benchgame_env.turns import in_turn
from benchgame_env.validate import Floats, choice, integer, number, vector

BOARDS = 2_000
HORIZON = 20  # rounds of an episode
REVISIONS = ("simultaneous", "alternating", "random")
# Efforts tried first: evenly spaced in cost, and just above scores of rivals. Where it pays to pass a
# frequent effort of a rival, it pays over a range of costs as wide as the gain: 1 / 64 of P is hit.
GRID, MARKS = 65, 16
PEAKS, POINTS, ZOOMS = 2, 8, 3  # then closer and closer around the best ones
NUMBERS = 1 << 20  # efforts in a call: bounds memory
# A rule may use one draw for many boards of a call, unless it promises otherwise (`Traits.apart`): calls
# are then what is independent of each other.
BLOCKS = 20


def simulated_regrets(
    game: Game | str,
    protocol: Any,
    strategies: Any,
    rng: np.random.Generator,
    boards: int = BOARDS,
    confidence: float = 0.95,
    horizon: int = HORIZON,
    revision: str = "simultaneous",
    efforts: Any = None,
) -> RegretBounds:
    """What each developer could gain by another constant effort, with an interval, under any rule.

    Under a rule that remembers, the value is the mean payoff per round of an episode, without the board
    that opens it; a deviation is one effort in all rounds. Only finitely many constant efforts are
    tried, so the upper end bounds the largest gain *among the efforts tried*.

    Parameters
    ----------
    game : Game or str
        The game, or its name.
    protocol : protocol, str or pair
        The protocol, its name, or ``(name, parameters)``; any rule.
    strategies : array of float, or list of pairs
        Efforts ``[n]``, or one pair ``(efforts, probabilities)`` per developer, drawn anew in each
        round. Or an array of plays: independent draws of all efforts together, ``[N, n]``, each held
        for an episode, or the efforts of whole episodes, ``[N, horizon, n]``. Effort units.
    rng : Generator
        Source of all that is drawn.
    boards : int
        Boards to simulate for each deviation, >= 2 (episodes where the rule remembers). Plays are each
        used equally often, once at least.
    confidence : float
        In (0, 1). Each upper end holds with probability ``(1 + confidence) / 2``; all lower ends hold
        together with that probability.
    horizon : int
        Rounds of an episode, >= 1. Used where the rule remembers and no whole episodes are given.
    revision : {"simultaneous", "alternating", "random"}
        Who may change its effort in a round, as in `parallel_env`. Used where the rule remembers.
    efforts : array of float, optional
        The deviations to try, ``[m]``, effort units; those beyond a budget are left out. Default: a
        grid from 0 to the effort scale, even in cost, just above scores of rivals as far as the curves
        tell, and a closer search around the best of these.

    Returns
    -------
    RegretBounds
        ``samples`` is 0, and both ends are the estimate, where nothing is drawn.

    Raises
    ------
    ValueError
        Unsuitable arguments.

    Notes
    -----
    Upper end: the maximum over deviations of the mean gain plus its half width (Student's t). Lower end:
    the best deviation on one half of the simulations, graded on the other half. Both are moved out by
    ``z^2 / samples`` of P, for what is too rare to have been seen. Fewer than two independent parts
    leave the upper end at infinity. The parts are boards where the rule promises to draw them apart; of
    other rules 20 calls, because a rule may use one draw for all boards of a call.

    Examples
    --------
    >>> import benchgame_env as bg, numpy as np
    >>> found = bg.metrics.simulated_regrets("duel", "direct", [0.0, 0.0], np.random.default_rng(0))
    >>> found.estimate.round(3).tolist()
    [0.0, 0.5]
    """
    number("confidence", confidence, low=0, high=1, strict=True)
    choice("revision", revision, REVISIONS)
    integer("boards", boards, low=2)
    subgame = Subgame(game, protocol)
    plays, mixed = _plays(subgame, strategies, rng, boards, integer("horizon", horizon, low=1))
    drawn = _is_drawn(subgame)
    blocks, together = _blocks(subgame, plays, rng, boards, revision, drawn)
    simulation = _Simulation(subgame, revision, blocks, together, drawn)
    marks = None if efforts is None else vector("efforts", efforts)
    found = [_bounds(simulation, i, _tried(subgame, i, mixed, marks), confidence, marks is None)
             for i in range(subgame.n)]  # fmt: skip
    estimate, low, high = np.maximum(np.array(found).T, 0.0)
    samples = 0 if simulation.certain else simulation.samples
    how = "exact" if simulation.certain else f"{samples} simulated boards"
    return RegretBounds(estimate, low, high, samples, f"{how}, constant deviations that were tried")


@dataclass(frozen=True, eq=False)
class _Simulation:
    """Boards of the same plays, over and over with the same random numbers.

    ``blocks`` hold efforts ``[rows, rounds, n]`` and a seed. The independent units are rows, or blocks
    where rows of a block go ``together``. ``drawn`` says whether prizes are.
    """

    subgame: Subgame
    revision: str
    blocks: list[tuple[Floats, int]]
    together: bool
    drawn: bool

    @property
    def samples(self) -> int:
        return sum(len(efforts) for efforts, _ in self.blocks)

    @cached_property
    def certain(self) -> bool:
        """Whether there is nothing to draw: a single row, which is a unit of its own."""
        return not self.drawn and self.samples == 1 and not self._draws_turns

    @property
    def _draws_turns(self) -> bool:
        return self.revision == "random" and self.subgame.rule.traits.remembers

    @cached_property
    def played(self) -> list[Floats]:
        """Payoffs ``[units, n]`` of each block as played."""
        return [self._units(*block) for block in self.blocks]

    def gains(self, developer: int, tried: Floats, part: slice) -> Floats:
        """What each effort ``[m]`` gains the developer in each unit of some blocks, ``[m, units]``."""
        found = []
        for (efforts, seed), played in zip(self.blocks[part], self.played[part], strict=True):
            # Draws are the same for each effort: a call each. Where there are none, one call is enough.
            most = 1 if self.drawn else max(1, NUMBERS // efforts.size)
            payoffs = []
            for start in range(0, tried.size, most):
                some = tried[start : start + most]
                other = np.repeat(efforts[None], some.size, axis=0)
                other[..., developer] = some[:, None, None]
                payoffs.append(self._units(other, seed)[..., developer])
            found.append(np.concatenate(payoffs) - played[:, developer])
        return np.concatenate(found, axis=1)

    def _units(self, efforts: Floats, seed: int) -> Floats:
        """Payoffs ``[..., units, n]`` of efforts ``[..., rows, rounds, n]``."""
        payoffs = self._payoffs(efforts, *np.random.default_rng(seed).spawn(2))
        return payoffs.mean(axis=-2, keepdims=True) if self.together else payoffs

    def _payoffs(self, efforts: Floats, rng: np.random.Generator, turns: np.random.Generator) -> Floats:
        """Mean payoffs per round ``[..., rows, n]``."""
        game, rule = self.subgame.game, self.subgame.rule
        if not rule.traits.remembers:
            prizes = rule.expected_prizes(game, efforts) if not self.drawn else None
            if prizes is None:
                prizes = np.asarray(rule.evaluate(game, efforts, rng).prizes)
            return game.payoffs(prizes, efforts).mean(axis=-2)
        shape, rounds = (*efforts.shape[:-2], efforts.shape[-1]), efforts.shape[-2]
        held, total = np.zeros(shape), np.zeros(shape)
        nobody = np.zeros(shape, dtype=bool)
        _, state = rule.play(game, held, rule.start(game, shape), rng, nobody)
        for k in range(rounds):
            turn = np.broadcast_to(_turn(self.revision, k, shape[-2], shape[-1], turns), shape)
            held = np.where(turn, efforts[..., k, :], held)
            board, state = rule.play(game, held, state, rng, turn)
            total += game.payoffs(np.asarray(board.prizes), held)
        return total / rounds


def _turn(revision: str, k: int, rows: int, n: int, rng: np.random.Generator) -> Any:
    """Who may revise in round ``k``, ``[rows, n]``."""
    if revision == "simultaneous":
        return np.ones((rows, n), dtype=bool)
    movers = in_turn(k, n) if revision == "alternating" else rng.integers(n, size=(rows, 1))
    return np.broadcast_to(np.arange(n) == movers, (rows, n))


def _plays(
    subgame: Subgame, strategies: Any, rng: np.random.Generator, boards: int, horizon: int
) -> tuple[Floats, list[Strategy]]:
    """Efforts ``[samples, rounds, n]``, and what each developer mixes."""
    rounds = horizon if subgame.rule.traits.remembers else 1
    if isinstance(strategies, np.ndarray) and strategies.ndim > 1:
        plays = np.asarray(strategies, dtype=np.float64)
        if plays.ndim == 2:
            plays = np.repeat(plays[:, None], rounds, axis=1)
        if plays.ndim != 3 or plays.shape[2] != subgame.n or not plays.size:
            raise ValueError(f"strategies: need plays [N, {subgame.n}], got shape {strategies.shape}")
        return plays, read_strategies(subgame.game, empirical(plays.reshape(-1, subgame.n)))
    mixed = read_strategies(subgame.game, strategies)
    if all(efforts.size == 1 for efforts, _ in mixed):
        return np.tile([efforts[0] for efforts, _ in mixed], (1, rounds, 1)), mixed
    shape = (boards, rounds)
    return np.stack([rng.choice(e, shape, p=p / p.sum()) for e, p in mixed], axis=-1), mixed


def _is_drawn(subgame: Subgame) -> bool:
    """Whether the prizes of given efforts differ by chance, as far as they are known."""
    game, rule = subgame.game, subgame.rule
    if rule.traits.draws == "none":
        return False
    return bool(rule.traits.remembers or rule.expected_prizes(game, np.zeros(subgame.n)) is None)


def _blocks(
    subgame: Subgame, plays: Floats, rng: np.random.Generator, boards: int, revision: str, drawn: bool
) -> tuple[list[tuple[Floats, int]], bool]:
    """Plays in blocks with a seed each, and whether rows of a block depend on each other."""
    traits, single, repeats = subgame.rule.traits, len(plays) == 1, 1
    if drawn or (traits.remembers and revision == "random"):
        # A profile that is fixed may be played as often as one likes; plays count once each.
        repeats = boards if single else max(1, boards // len(plays))
    again = repeats > 1 and not single  # all rows of a play go together
    together = again or (drawn and not traits.apart)
    parts = plays if again else np.repeat(plays, repeats, axis=0)
    blocks = np.array_split(parts, min(BLOCKS if together else 2, len(parts)))
    if again:
        blocks = [np.repeat(block, repeats, axis=0) for block in blocks]
    seeds = rng.integers(2**63, size=len(blocks)).tolist()
    return list(zip(blocks, seeds, strict=True)), together


def _tried(subgame: Subgame, developer: int, mixed: list[Strategy], given: Floats | None) -> Floats:
    """The deviations of one developer that are tried first, ascending."""
    game = subgame.game
    budget = game.budget[developer]
    if given is not None:
        return np.unique(given[(given >= 0) & (given <= budget)])
    top = game.effort_scale[developer]
    top = min(budget, game.finite_effort_scale) if np.isinf(top) else top
    marks = _overtakes(subgame, developer, mixed)
    even = np.linspace(0.0, top, GRID)
    if game.cost.strictly_increasing:
        even = np.minimum(game.cost.inverse(game.cost(np.array(top)) * np.linspace(0.0, 1.0, GRID)), top)
    return np.unique(np.concatenate((even, marks[marks <= top])))


def _overtakes(subgame: Subgame, developer: int, mixed: list[Strategy]) -> Floats:
    """Least efforts that pass what rivals show, honest or as played, by the rule's own scores where they
    are a function of effort, else by the game's curves."""
    known = subgame if subgame.kind == "exact" else Subgame(subgame.game, "direct")
    shown = [
        known.own_scores(j, np.append(0.0, np.quantile(efforts, np.linspace(0, 1, 5))))
        for j, (efforts, _) in enumerate(mixed)
        if j != developer
    ]
    aims = above(np.unique(publish(np.concatenate(shown))))
    aims = aims[np.unique(np.linspace(0, aims.size - 1, MARKS).astype(int))]
    efforts, reached = first_efforts(known, aims, publish)
    return efforts[reached[:, developer], developer]


def _bounds(
    simulation: _Simulation, developer: int, tried: Floats, confidence: float, search: bool
) -> tuple[float, float, float]:
    """Estimate, lower and upper end of one developer's regret."""
    half = (len(simulation.blocks) + 1) // 2
    chosen_on = slice(half)
    graded_on = slice(half, None) if len(simulation.blocks) > 1 else chosen_on
    gains = simulation.gains(developer, tried, chosen_on)
    if search:
        finer, found = _searched(simulation, developer, tried, gains, chosen_on)
        best = np.argsort(-found.mean(axis=1), kind="stable")[:PEAKS]
        tried, gains = np.append(tried, finer[best]), np.concatenate((gains, found[best]))
    chosen = gains.mean(axis=1).argmax()
    if simulation.certain:
        exact = float(gains[chosen].mean())
        return exact, exact, exact
    again = simulation.gains(developer, tried, graded_on)
    tail = (1 - confidence) / 2
    low = _end(simulation, again[chosen], -1, tail / simulation.subgame.n, 2)
    both = np.concatenate((gains, again), axis=1)
    high = max(_end(simulation, gain, 1, tail, 1) for gain in both)
    return float(both.mean(axis=1).max()), low, max(high, 0.0)


def _searched(
    simulation: _Simulation, developer: int, tried: Floats, gains: Floats, part: slice
) -> tuple[Floats, Floats]:
    """More efforts ``[m]``, around the best ones, and their gains ``[m, units]``."""
    first = tried.size
    for _ in range(ZOOMS):
        order = np.argsort(tried)
        efforts, means = tried[order], gains[order].mean(axis=1)
        best = np.argsort(-means, kind="stable")[:PEAKS]
        left, right = efforts[np.maximum(best - 1, 0)], efforts[np.minimum(best + 1, efforts.size - 1)]
        finer = np.unique(np.linspace(left, right, POINTS + 2)[1:-1])
        finer = finer[~np.isin(finer, tried)]
        if not finer.size:
            break
        tried = np.append(tried, finer)
        gains = np.concatenate((gains, simulation.gains(developer, finer, part)))
    return tried[first:], gains[first:]


def _end(simulation: _Simulation, gains: Floats, sign: int, tail: float, parts: int) -> float:
    """The upper (``sign`` 1) or lower end for a mean of independent ``gains``."""
    if gains.size < 2:
        return sign * np.inf
    width = -float(scipy.special.stdtrit(gains.size - 1, tail)) * gains.std(ddof=1) / np.sqrt(gains.size)
    rare = float(scipy.special.stdtrit(np.inf, tail)) ** 2 / (simulation.samples / parts)
    return float(gains.mean() + sign * (width + rare * simulation.subgame.game.prize_range))
