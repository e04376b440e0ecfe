"""Equilibria where shown scores are drawn independently (theory sections 6 and 7).

Noise makes a prize a smooth function of effort, so pure equilibria with positive effort may exist (a
rank-order tournament, Lazear and Rosen 1981). `pure_equilibrium` looks for one by best-response
iteration, `mixed_on_levels` for a mixed one on a grid of efforts; neither proves that there is no other.
Both certificates are NashConv over all efforts as `benchgame_env.metrics` finds it, with which this file
shares no code.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from benchgame_env import metrics
from benchgame_env.game import Game
from benchgame_env.metrics import regret
from benchgame_env.subgame import Subgame
from benchgame_env.theory.mixed.certified import MixedEquilibrium
from benchgame_env.theory.mixed.contest import Contest
from benchgame_env.theory.mixed.effort_choices import DrawnChoices, drawn_scores, shown_at_all
from benchgame_env.theory.mixed.one_thread import one_thread
from benchgame_env.validate import Floats, integer, number

TOLERANCE, MIXED_TOLERANCE = 1e-4, 1e-3
STARTS = (0.0, 0.3, 1.0)  # shares of the effort scale
ROUNDS, PATIENCE = 100, 12  # at most, and without a smaller move than before
DAMPING = 0.5
CLOSE, SETTLED = 1e-2, 1e-7  # moves, as shares of the effort scale: then look closely, then stop
ROUGH, FINE = 2, 7  # how often a best response zooms in, eightfold each time
LEVELS, ITERATIONS = 101, 2_500
LOOSE = 1e-2  # of the gains known: how much too high the NashConv of what is no equilibrium may be


@dataclass(frozen=True, eq=False)
class NoisyEquilibrium:
    """A profile of efforts, and how close it is to a pure equilibrium.

    Attributes
    ----------
    efforts : array of float
        ``[n]``, effort units.
    payoffs : array of float
        Expected payoffs ``[n]``, prize units.
    nash_conv : float
        Of ``efforts`` against deviations to any effort, prize units; an upper bound, within 1 % where
        ``converged`` is False.
    tolerance : float
        The NashConv, as a share of P, up to which the profile counts as an equilibrium.
    converged : bool
        Whether it is one to that tolerance. That there is no other is not claimed.
    method : str
        How it was found, one sentence.
    """

    efforts: Floats
    payoffs: Floats
    nash_conv: float
    tolerance: float
    converged: bool
    method: str


class Tournament(Contest):
    """Expected prizes of efforts in one subgame whose scores are drawn.

    Parameters
    ----------
    subgame : Subgame
        The game under a protocol.

    Attributes
    ----------
    top : array of float
        The largest effort that is tried, ``[n]``, effort units.

    Raises
    ------
    ValueError
        The protocol does not draw scores independently, or does not promise to reward effort.
    """

    def __init__(self, subgame: Subgame) -> None:
        if not is_tournament(subgame.game, subgame.rule):
            raise ValueError(
                f"protocol {subgame.rule!r}: no independent distribution that rewards effort is known"
            )
        game = subgame.game
        super().__init__(game.prizes, subgame.rule.ties)
        self.subgame = subgame
        self.top = np.where(np.isinf(game.effort_scale), game.finite_effort_scale, game.effort_scale)
        self._grid = _shares()[:, None] * self.top
        chances = drawn_scores(subgame, self._grid)
        self._scores = shown_at_all(chances)
        self._grid_chances = chances[..., self._scores]

    def chances(self, efforts: Floats) -> Floats:
        """Of each score that is shown on the grid, at efforts ``[..., n]``; ``[..., n, s]``, equal
        scores added up."""
        return drawn_scores(self.subgame, efforts)[..., self._scores]

    def best_responses(self, worth: Floats, zooms: int = FINE) -> Floats:
        """Efforts ``[n]`` that are best on a grid, then between its neighbours, ever finer."""
        efforts, chances = self._grid, self._grid_chances
        for zoom in range(zooms + 1):
            payoffs = np.einsum("mns,ns->mn", chances, worth) - self.subgame.game.cost(efforts)
            pick = np.argmax(payoffs, axis=0)
            near = [np.clip(pick + step, 0, len(efforts) - 1) for step in (-1, 0, 1)]
            low, best, high = (np.take_along_axis(efforts, k[None], axis=0)[0] for k in near)
            if zoom < zooms:
                # The best so far stays among the points, as an effort of 0 should.
                efforts = np.concatenate((np.linspace(low, best, 9), np.linspace(best, high, 9)[1:]))
                chances = self.chances(efforts)
        return best

    def gains(self, efforts: Floats) -> Floats:
        """What best responses to ``efforts`` ``[n]`` gain, ``[n]``, prize units; not a certificate."""
        worth = self.worth(self.chances(efforts))
        profiles = np.stack((self.best_responses(worth), efforts))
        best, now = np.einsum("kns,ns->kn", self.chances(profiles), worth) - self.subgame.game.cost(
            profiles
        )
        return np.maximum(best - now, 0.0)


def _scale(game: Game) -> float:
    """P, or the largest prize where all are equal."""
    return game.prize_range or float(np.abs(game.prizes).max())


@one_thread
def pure_equilibrium(
    game: Game | str, protocol: Any, tolerance: float = TOLERANCE, rounds: int = ROUNDS
) -> NoisyEquilibrium:
    """Look for a pure equilibrium by best-response iteration on exact expected payoffs.

    All developers move half of the way to their best responses until they stay, starting from no
    effort, from 30 % and from all of the effort scale. The first profile that is certified ends the
    search. If there is none, the one that best responses leave for the least gains is returned, with
    ``converged`` False.

    Parameters
    ----------
    game : Game or str
        The game, or its name.
    protocol : protocol, str or pair
        The protocol, its name, or ``(name, parameters)``.
    tolerance : float
        NashConv up to which a profile counts as an equilibrium, as a share of P, > 0.
    rounds : int
        Moves from each start at most, >= 1.

    Returns
    -------
    NoisyEquilibrium

    Raises
    ------
    ValueError
        A protocol that does not draw scores independently; unsuitable numbers.
    """
    number("tolerance", tolerance, low=0, strict=True)
    integer("rounds", rounds, low=1)
    contest = Tournament(Subgame(game, protocol))
    allowed, candidates = tolerance * _scale(contest.subgame.game), []
    for share in STARTS:
        efforts = _iterate(contest, share * contest.top, rounds)
        candidates.append((contest.gains(efforts).sum(), share, efforts))
        if candidates[-1][0] <= allowed:
            found = _certified(contest.subgame, efforts, tolerance, share)
            if found.converged:
                return found
    gains, share, efforts = min(candidates, key=lambda candidate: candidate[0])
    return _certified(contest.subgame, efforts, tolerance, share, LOOSE * gains)


@one_thread
def mixed_on_levels(
    game: Game | str,
    protocol: Any,
    tolerance: float = MIXED_TOLERANCE,
    levels: int = LEVELS,
    iterations: int = ITERATIONS,
) -> MixedEquilibrium:
    """A mixed equilibrium on a grid of efforts, certified over all efforts.

    On the grid it is exact where prizes are evenly spaced, and for two developers; else self-play finds
    it approximately. Its ``nash_conv`` says what it reaches over all efforts.

    Parameters
    ----------
    game : Game or str
        The game, or its name.
    protocol : protocol, str or pair
        The protocol, its name, or ``(name, parameters)``.
    tolerance : float
        NashConv at which self-play stops, as a share of P, > 0.
    levels : int
        Number of efforts on the grid, >= 2.
    iterations : int
        When self-play stops at the latest, >= 1.

    Returns
    -------
    MixedEquilibrium

    Raises
    ------
    ValueError
        A protocol that does not draw scores independently; unsuitable numbers.
    """
    goal = 0.5 * number("tolerance", tolerance, low=0, strict=True)
    contest = Tournament(Subgame(game, protocol))
    grid = np.linspace(0.0, contest.top, integer("levels", levels, low=2))
    choices = DrawnChoices(contest.subgame, grid)
    mixed, method = choices.solve(
        integer("iterations", iterations, low=1), goal * contest.subgame.game.prize_range
    )
    return MixedEquilibrium.certified(
        contest.subgame, choices.strategies(mixed), f"{method}, on {levels} levels of effort"
    )


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
    subgame: Subgame, efforts: Floats, tolerance: float, share: float, slack: float = 0.0
) -> NoisyEquilibrium:
    """The profile with its NashConv, which may be too high by ``slack``, prize units, where that is more
    than the grader allows itself."""
    game, rule = subgame.game, subgame.rule
    allowed = slack / (_scale(game) * game.n_developers)
    conv = metrics.nash_conv(game, rule, efforts, max(allowed, regret.TOLERANCE))
    return NoisyEquilibrium(
        efforts=efforts,
        payoffs=metrics.expected_payoffs(game, rule, efforts),
        nash_conv=conv,
        tolerance=tolerance,
        converged=conv <= tolerance * _scale(game),
        method=f"damped best-response iteration on exact expected payoffs from {share:.0%} of F",
    )


def _shares() -> Floats:
    """Of the effort scale: even, and denser towards 0."""
    return np.union1d(np.linspace(0.0, 1.0, 65), np.geomspace(1e-5, 1.0, 31))
