"""Equilibria where shown scores are drawn independently (theory sections 6 and 7).

Noise makes a prize a smooth function of effort, so pure equilibria with positive effort may exist (a
rank-order tournament, Lazear and Rosen 1981). `pure_equilibrium` looks for one by best-response
iteration, `mixed_on_levels` for a mixed one on a grid of efforts; neither proves that there is no other.
Both certificates are NashConv over all efforts as `benchgame_env.metrics` finds it, with which this
file shares no code (`contest` splits ties by integrating over a random tie-break).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from benchgame_env import metrics
from benchgame_env.game import Game
from benchgame_env.rules import as_protocol
from benchgame_env.subgame import Subgame
from benchgame_env.theory.mixed.contest import Contest
from benchgame_env.theory.mixed.equilibrium import MixedEquilibrium
from benchgame_env.theory.mixed.regret_matching import regret_matching
from benchgame_env.validate import Floats, integer, number

TOLERANCE, MIXED_TOLERANCE = 1e-4, 1e-3
STARTS = (0.0, 0.3, 1.0)  # shares of the effort scale
ROUNDS, PATIENCE = 100, 12  # at most, and without a smaller move than before
DAMPING = 0.5
CLOSE, SETTLED = 1e-2, 1e-7  # moves, as shares of the effort scale: then look closely, then stop
ROUGH, FINE = 2, 7  # how often a best response zooms in, eightfold each time
LEVELS, ITERATIONS = 101, 2_500
NEGLIGIBLE = 1e-6  # levels that hold less than this of a strategy are not played


@dataclass(frozen=True, eq=False)
class NoisyEquilibrium:
    """A profile of efforts and how close it is to a pure equilibrium.

    Attributes
    ----------
    efforts: ``[n]``, effort units.
    payoffs: expected payoffs ``[n]``, prize units.
    nash_conv: of ``efforts`` against deviations to any effort, prize units; an upper bound.
    tolerance: the NashConv, as a share of P, up to which it counts as an equilibrium.
    converged: whether it is one to that tolerance. That no other exists is not claimed.
    method: how it was found, one sentence.
    """

    efforts: Floats
    payoffs: Floats
    nash_conv: float
    tolerance: float
    converged: bool
    method: str


class Tournament(Contest):
    """Expected prizes of efforts in one game under one rule that draws scores."""

    def __init__(self, game: Game, rule: Any) -> None:
        super().__init__(game, rule.ties)
        self.rule = rule
        scale = game.effort_scale
        self.top = np.where(np.isinf(scale), game.finite_effort_scale, scale)
        self._grid = _shares()[:, None] * self.top
        self._grid_chances = self.chances(self._grid)

    def chances(self, efforts: Floats) -> Floats:
        """Of each shown score at efforts ``[..., n]``; ``[..., n, s]``, equal scores added up."""
        scores, chances = self.rule.distribution(self.game, efforts)
        firsts = np.flatnonzero(np.diff(scores, prepend=-np.inf) > 0)
        return np.add.reduceat(chances, firsts, axis=-1)

    def best_responses(self, worth: Floats, zooms: int = FINE) -> Floats:
        """Efforts ``[n]`` that are best on a grid, then between its neighbours, ever finer."""
        efforts, chances = self._grid, self._grid_chances
        for zoom in range(zooms + 1):
            payoffs = np.einsum("mns,ns->mn", chances, worth) - self.game.cost(efforts)
            pick = np.argmax(payoffs, axis=0)
            near = [np.clip(pick + step, 0, len(efforts) - 1) for step in (-1, 0, 1)]
            low, best, high = (np.take_along_axis(efforts, k[None], axis=0)[0] for k in near)
            if zoom < zooms:
                # The best so far stays among the points, as an effort of 0 should.
                efforts = np.concatenate((np.linspace(low, best, 9), np.linspace(best, high, 9)[1:]))
                chances = self.chances(efforts)
        return best


def pure_equilibrium(
    game: Game, protocol: Any, tolerance: float = TOLERANCE, rounds: int = ROUNDS
) -> NoisyEquilibrium:
    """Look for a pure equilibrium by best-response iteration on exact expected payoffs.

    All developers move half of the way to their best responses until they stay, ``rounds`` at most, from
    no effort, 30 % and all of the effort scale. The first that is certified ends the search; else
    the one with the least NashConv is returned, with ``converged`` False.

    Raises
    ------
    ValueError: a rule that does not draw scores independently; unsuitable numbers.
    """
    rule = independent_rule(game, protocol)
    number("tolerance", tolerance, low=0, strict=True)
    integer("rounds", rounds, low=1)
    contest, best = Tournament(game, rule), None
    for share in STARTS:
        efforts = _iterate(contest, share * contest.top, rounds)
        found = _certified(game, rule, efforts, tolerance, share)
        if best is None or found.nash_conv < best.nash_conv:
            best = found
        if best.converged:
            break
    assert best is not None  # there are starts
    return best


def mixed_on_levels(
    game: Game,
    protocol: Any,
    tolerance: float = MIXED_TOLERANCE,
    levels: int = LEVELS,
    iterations: int = ITERATIONS,
) -> MixedEquilibrium:
    """A mixed equilibrium on a grid of ``levels`` efforts by predictive regret matching+.

    It need not reach the tolerance (a share of P); its ``nash_conv``, over all efforts, says what it
    reaches.
    """
    rule = independent_rule(game, protocol)
    number("tolerance", tolerance, low=0, strict=True)
    grid = EffortLevels(Tournament(game, rule), integer("levels", levels, low=2))
    shape = (game.n_developers, levels)
    goal = 0.5 * tolerance * game.prize_range
    mixed = regret_matching(grid.payoffs, shape, integer("iterations", iterations, low=1), goal)
    strategies = grid.strategies(mixed)
    return MixedEquilibrium(
        strategies=strategies,
        payoffs=metrics.expected_payoffs(game, rule, strategies),
        nash_conv=metrics.nash_conv(game, rule, strategies),
        method=f"predictive regret matching+ on {levels} efforts, on exact expected payoffs",
    )


class EffortLevels:
    """The game on an even grid of efforts for every developer."""

    def __init__(self, contest: Tournament, levels: int) -> None:
        self.contest = contest
        self.efforts = np.linspace(0.0, contest.top, levels)  # [levels, n]
        self._chances = np.ascontiguousarray(contest.chances(self.efforts).transpose(1, 0, 2))
        self._cost = np.asarray(contest.game.cost(self.efforts)).T

    def payoffs(self, mixed: Floats) -> Floats:
        """Expected payoffs ``[n, levels]`` against mixed strategies ``[n, levels]``."""
        worth = self.contest.worth((mixed[:, None] @ self._chances)[:, 0])
        return (self._chances @ worth[..., None])[..., 0] - self._cost

    def strategies(self, mixed: Floats) -> list[tuple[Floats, Floats]]:
        kept = np.where(mixed > NEGLIGIBLE, mixed, 0.0)
        return [(self.efforts[own > 0, i], own[own > 0] / own.sum()) for i, own in enumerate(kept)]


def independent_rule(game: Game, protocol: Any) -> Any:
    """The protocol, if it draws scores independently and rewards effort; else ValueError."""
    rule = as_protocol(protocol)
    if not is_tournament(game, rule):
        raise ValueError(f"protocol {rule!r}: no independent distribution that rewards effort is known")
    return rule


def is_tournament(game: Game, rule: Any) -> bool:
    """Whether scores are drawn independently by a `Protocol.distribution` that rewards effort."""
    subgame = Subgame(game, rule)
    return subgame.kind == "independent" and subgame.rule.traits.rewards_effort


def _iterate(contest: Tournament, efforts: Floats, rounds: int) -> Floats:
    """Move half of the way to best responses until they stay, or do not come closer for long."""
    least, since, zooms = np.inf, 0, ROUGH
    for _ in range(rounds):
        target = contest.best_responses(contest.worth(contest.chances(efforts)), zooms)
        move = float(np.max(np.abs(target - efforts) / np.where(contest.top > 0, contest.top, 1.0)))
        if move <= SETTLED and zooms == FINE:
            return target
        least, since = (move, 0) if move < least else (least, since + 1)
        if since >= PATIENCE:
            break
        zooms = FINE if move <= CLOSE else ROUGH
        efforts = efforts + DAMPING * (target - efforts)
    return efforts


def _certified(
    game: Game, rule: Any, efforts: Floats, tolerance: float, share: float
) -> NoisyEquilibrium:
    conv = metrics.nash_conv(game, rule, efforts)
    scale = game.prize_range or float(np.abs(game.prizes).max())
    return NoisyEquilibrium(
        efforts=efforts,
        payoffs=metrics.expected_payoffs(game, rule, efforts),
        nash_conv=conv,
        tolerance=tolerance,
        converged=conv <= tolerance * scale,
        method=f"damped best-response iteration on exact expected payoffs from {share:.0%} of F",
    )


def _shares() -> Floats:
    """Of the effort scale: even, and denser towards 0."""
    return np.union1d(np.linspace(0.0, 1.0, 65), np.geomspace(1e-5, 1.0, 31))
