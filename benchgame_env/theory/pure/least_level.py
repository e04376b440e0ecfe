"""The least tune-before-test level from which on most draws of the curves are stable.

The levels are halved, from the largest one downwards, as in
`benchgame_env.theory.pure.level_boxes`, but for all draws together: a range of levels is settled once
enough draws are proved stable at every level in it. So only the few draws that change near the answer
are looked at closely.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import scipy

from benchgame_env.curves import ScalingLaw
from benchgame_env.draws import Draws
from benchgame_env.game import Game
from benchgame_env.rules import TuneBeforeTest
from benchgame_env.theory.pure.draws import levels_by_draw
from benchgame_env.theory.pure.level_bounds import SAME, Bounds, Laws
from benchgame_env.theory.pure.level_boxes import EDGE, PAIRS, first_edges, middle
from benchgame_env.theory.pure.worth import largest_worth
from benchgame_env.validate import integer, number

NARROW = 2.0**-20  # relative width of a range of levels that is not halved again
CERTAIN = 0.95  # probability of the intervals


@dataclass(frozen=True)
class LeastLevel:
    """A level that can be announced, or that the data support none.

    Attributes
    ----------
    level : float
        From here to ``max_level`` honest play is an equilibrium in at least ``confidence`` of the draws,
        proved at every level; a level lower by a millionth is not proved. Effort units; ``inf`` if there
        is no such level.
    interval : (float, float)
        The same with as many unstable draws as chance may add or take away, 95 %: how far the number of
        draws determines the level.
    share : float
        Share of the draws that are proved stable at ``level``, or at ``max_level`` if there is none.
    unclear : float
        Share of the draws of which one step of the grid of published scores decides there.
    worth : (float, float, float)
        The largest worth of a rank that the level (or ``max_level``) withstands: of 2.5, 50 and 97.5 %
        of the draws; effort units, see `benchgame_env.theory.largest_worth`.
    assumed_worth : float
        What a rank is taken to be worth; effort units.
    confidence : float
        The share asked for.
    draws : int
        The number of draws.
    entrants : int
        How many more models join each draw.
    max_level : float
        The largest level looked at, effort units.
    beyond : tuple of str
        Models whose last checkpoint lies below the level: there, their curves are extrapolated.
    """

    level: float
    interval: tuple[float, float]
    share: float
    unclear: float
    worth: tuple[float, float, float]
    assumed_worth: float
    confidence: float
    draws: int
    entrants: int
    max_level: float
    beyond: tuple[str, ...]

    @property
    def supported(self) -> bool:
        """Whether the data support a level."""
        return math.isfinite(self.level)


def least_level(
    draws: Draws,
    confidence: float = 0.95,
    entrants: int = 0,
    population: Any = None,
    rng: np.random.Generator | None = None,
    max_level: float | None = None,
    checkpoints: Mapping[str, tuple[float, float]] | None = None,
) -> LeastLevel:
    """The least tune-before-test level from which on enough draws are stable.

    Draws need not be stable from some level on, so the share need not grow with the level: what counts
    is that it suffices at every level from there to ``max_level``. That follows from the curves
    themselves, whether boards can show it or not.

    Parameters
    ----------
    draws : Draws
        Draws of a game, see `benchgame_env.draws.Draws`.
    confidence : float, optional
        Share of the draws that have to be stable, in (0, 1].
    entrants : int, optional
        Models that join each draw, >= 0. Prizes are extended by as many steps, each worth a rank.
    population : object, optional
        Where entrants come from: ``population.sample(draws, entrants, rng)`` returns scaling laws with
        parameters ``[draws, entrants]``. Or scaling laws ``[m]``, which are drawn from at random.
    rng : numpy.random.Generator, optional
        For the entrants.
    max_level : float, optional
        Largest level looked at, effort units, > 0. Default: 100 times what the prizes are worth.
    checkpoints : dict, optional
        First and last measured effort by model, for ``beyond``; see `benchgame_env.named_games`.

    Returns
    -------
    LeastLevel
        See there.

    Raises
    ------
    ValueError
        Unsuitable numbers, or entrants without a population or a stream.

    Examples
    --------
    >>> import benchgame_env as bg
    >>> from benchgame_env.draws import Draws
    >>> draws = Draws.of([bg.load_game("pythia-gsm8k")])
    >>> round(bg.theory.least_level(draws).level, 1)
    2248.3
    """
    number("confidence", confidence, low=0, high=1, strict=True)
    count = integer("entrants", entrants, low=0)
    max_level = 100 * draws.game.finite_effort_scale if max_level is None else max_level
    max_level = number("max_level", max_level, low=0, strict=True)
    if count:
        draws = with_entrants(draws, count, population, rng)
    unstable, n = 1 - confidence, len(draws)
    chance = (1 - CERTAIN) / 2
    sweep = _Sweep(draws, max_level)
    high = sweep.down_to(int(scipy.stats.binom.ppf(chance, n, unstable)) - 1)
    level = sweep.down_to(_allowed(confidence, n))
    share = 1 - sweep.unstable / n
    low = sweep.down_to(int(scipy.stats.binom.isf(chance, n, unstable)))
    at = TuneBeforeTest(min(level, max_level))
    unclear = float(np.isnan(levels_by_draw(draws, [at.level]).temptation).mean())
    worths = np.nan_to_num(largest_worth(draws, at), nan=0.0, posinf=np.inf)
    ends = np.quantile(worths, (chance, 0.5, 1 - chance), method="inverted_cdf")
    last = {name: ends[1] for name, ends in (checkpoints or {}).items()}
    return LeastLevel(
        level,
        (low, high),
        share,
        unclear,
        (float(ends[0]), float(ends[1]), float(ends[2])),
        draws.game.worth,
        confidence,
        n,
        count,
        max_level,
        tuple(name for name in draws.game.names if last.get(name, math.inf) < at.level),
    )


def stable_from(draws: Draws, shares: Sequence[float], max_level: float | None = None) -> list[float]:
    """The least levels from which on honest play is stable in given shares of the draws.

    Parameters
    ----------
    draws : Draws
        Draws of a game.
    shares : sequence of float
        Shares in [0, 1].
    max_level : float, optional
        As for `least_level`.

    Returns
    -------
    list of float
        As ``least_level(draws, share).level``, for each share; one search for all. Where each draw is
        stable from some level on, these are quantiles of the draws' least stable levels.

    Examples
    --------
    >>> import benchgame_env as bg
    >>> from benchgame_env.draws import Draws
    >>> draws = Draws.of([bg.load_game("pythia-gsm8k", steps_per_rank=worth) for worth in (1e3, 2e3)])
    >>> [round(level) for level in bg.theory.stable_from(draws, (0.5, 1.0))]
    [1222, 2248]
    """
    asked = [number("shares", share, low=0, high=1) for share in shares]
    max_level = 100 * draws.game.finite_effort_scale if max_level is None else max_level
    sweep = _Sweep(draws, number("max_level", max_level, low=0, strict=True))
    levels = {share: sweep.down_to(_allowed(share, len(draws))) for share in sorted(asked, reverse=True)}
    return [levels[share] for share in asked]


def _allowed(share: float, draws: int) -> int:
    """How many draws may be unstable where a share of them has to be stable."""
    return math.floor((1 - share) * draws * (1 + 1e-12))


def with_entrants(
    draws: Draws, entrants: int, population: Any, rng: np.random.Generator | None
) -> Draws:
    """The draws with more models in each, and as many more prizes.

    Quality is the ceiling of each model's own curve. Prizes go on below the last one in steps of the
    mean size, and all are raised so that the last prize stays what it is. Budgets of entrants are the
    largest that there is.
    """
    if population is None or rng is None:
        raise ValueError("entrants: need a population to draw them from, and rng")
    laws, game = _sampled(population, len(draws), entrants, rng), draws.game
    step = game.rank_step * np.arange(1, entrants + 1)
    curves = _side_by_side(draws.curves, laws)
    joined = Game(
        curves[0],
        game.cost,
        np.concatenate((game.prizes + step[-1], game.prizes[-1] + step[::-1] - step[0])),
        np.zeros(curves.n_developers),
        [*game.names, *(f"entrant {k + 1}" for k in range(entrants))],
        np.concatenate((game.budget, np.full(entrants, game.budget.max()))),
    )
    return Draws(joined, curves)


def _sampled(population: Any, n: int, entrants: int, rng: np.random.Generator) -> ScalingLaw:
    if not isinstance(population, ScalingLaw):
        laws = population.sample(n, entrants, rng)
        return laws if isinstance(laws, ScalingLaw) else ScalingLaw(*laws)
    if population.lower.ndim != 1:
        raise ValueError("population: need scaling laws with parameters [m], or a method sample")
    return population[rng.integers(population.n_developers, size=(n, entrants))]


def _side_by_side(*laws: ScalingLaw) -> ScalingLaw:
    names = ("lower", "upper", "intercept", "slope")
    return ScalingLaw(*(np.concatenate([getattr(law, name) for law in laws], axis=1) for name in names))


class _Box(NamedTuple):
    """A range of levels, and what is known of the draws that are not proved stable throughout."""

    low: float
    high: float
    draw: Any  # [m]
    ahead: Any  # k is above r on the published board at every level, [m, k, r]
    worth: Any  # somebody may gain by passing k, [m, k]
    looked: bool = False

    def part(self, some: Any) -> _Box:
        return self._replace(draw=self.draw[some], ahead=self.ahead[some], worth=self.worth[some])


class _Sweep:
    """Goes down the levels from the largest one as far as enough draws are stable."""

    def __init__(self, draws: Draws, max_level: float) -> None:
        self._game, n, d = draws.game, draws.game.n_developers, len(draws)
        order = draws.order
        self._laws = Laws(draws.curves[np.arange(d)[:, None], order], draws.game.budget[order])
        self._unit, edges = first_edges(draws.game, max_level)
        nobody, everybody = np.zeros((d, n, n), dtype=bool), np.ones((d, n), dtype=bool)
        # From the lowest to the highest range; what lies above the last one is settled.
        self._left = [
            _Box(low, high, np.arange(d), nobody, everybody)
            for low, high in zip(edges[:-1].tolist(), edges[1:].tolist(), strict=True)
        ]
        self._top, self.unstable = max_level, 0

    def down_to(self, allowed: int) -> float:
        """The least level from which on no more than ``allowed`` draws may be unstable; ``inf`` if that
        is none. Later calls allow more. How many there are just above is then ``unstable``."""
        while self._left:
            box = self._left.pop()
            if not box.looked:
                box = self._look(box)
            if box.draw.size <= allowed:
                self.unstable = box.draw.size
                continue
            if box.high - box.low <= NARROW * (box.high + self._unit):
                self._left.append(box)
                if box.high < self._top:
                    return box.high
                self.unstable = box.draw.size
                return math.inf
            cut = float(middle(box.low, box.high, self._unit))
            self._left += [box._replace(high=cut, looked=False), box._replace(low=cut, looked=False)]
        return 0.0

    def _look(self, box: _Box) -> _Box:
        """The box without the draws that are stable throughout."""
        size = max(1, PAIRS // self._game.n_developers**2)
        parts = [self._open(box.part(slice(k, k + size))) for k in range(0, box.draw.size, size)]
        if not parts:
            return box._replace(looked=True)
        draw, ahead, worth = (np.concatenate(field) for field in list(zip(*parts, strict=True))[2:5])
        return _Box(box.low, box.high, draw, ahead, worth, looked=True)

    def _open(self, box: _Box) -> _Box:
        low, high = (np.full(box.draw.size, end) for end in (box.low, box.high))
        bounds = Bounds(self._game, low, high, box.ahead, box.worth, self._laws.part(box.draw))
        edge = EDGE * self._game.prize_range
        stable = (bounds.most_gain[SAME] <= edge) & bounds.sound
        worth = bounds.worth_passing(edge) | ~bounds.sound[:, None]
        return box._replace(ahead=bounds.ahead, worth=worth).part(~stable)
