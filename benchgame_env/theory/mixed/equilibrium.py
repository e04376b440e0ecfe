"""Mixed equilibria, each with its certificate (theory sections 5 and 6).

The solvers are in `duel` (closed form), `quantal` (numerical, on the `cells` of the score axis) and
`steps` (for boards that show few scores). The certificate is computed by `benchgame_env.metrics`, which
shares no code with them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from benchgame_env import metrics
from benchgame_env.game import Game
from benchgame_env.rules import DeterministicProtocol
from benchgame_env.theory.mixed.duel import duel_equilibrium
from benchgame_env.theory.mixed.few_scores import step_equilibrium
from benchgame_env.theory.mixed.quantal_path import Path
from benchgame_env.theory.mixed.score_cells import CellGame, Strategies
from benchgame_env.theory.pure.overtaking import exact_rule, largest_temptation, reduced
from benchgame_env.validate import Floats, integer, number

TOLERANCE = 5e-3
MAX_STEPS = 600
# Most developers without a closed form: there are n equations a cell, and solving takes their cube.
LARGEST = 100
# Points that stand for a whole strategy, tried in turn; the certificate is for exactly these.
POINTS = (800, 3200)
MOST_POINTS = 20_000  # of all strategies together, so that the certificate takes seconds


class NoSolverError(ValueError):
    """The game is one that no solver here can search."""


@dataclass(frozen=True, eq=False)
class MixedEquilibrium:
    """An approximate equilibrium and how good it is.

    Attributes
    ----------
    strategies: per developer ``(efforts, probabilities)``.
    payoffs: expected payoffs ``[n]``, prize units.
    nash_conv: of exactly these strategies against deviations to any effort, prize units.
    method: how it was found.
    unique: whether it is known to be the only equilibrium: the duel's closed form is, where every bit
        of effort costs something and raises the score.
    """

    strategies: Strategies
    payoffs: Floats
    nash_conv: float
    method: str
    unique: bool = False

    @property
    def mean_efforts(self) -> Floats:
        """``[n]``, effort units."""
        return np.array([efforts @ chances for efforts, chances in self.strategies])


def mixed_equilibrium(
    game: Game,
    protocol: Any,
    tolerance: float = TOLERANCE,
    max_steps: int = MAX_STEPS,
    cells: int | None = None,
    progress: Callable[[float], None] = lambda nash_conv: None,
) -> MixedEquilibrium:
    """An equilibrium of ``game``: all-zero if that is one, the duel's closed form, else numerical.

    Parameters
    ----------
    tolerance: NashConv, as a share of P, at which the numerical solver stops, > 0.
    max_steps: Newton steps after which it stops at the latest, >= 1.
    cells: how finely it cuts the score axis to begin with, >= 2, beside the cuts at honest scores;
        it refines where that pays. Default: 60 for a duel, fewer for many developers.
    progress: called now and then with the NashConv so far, as a share of P.

    The answer need not reach the tolerance; its ``nash_conv`` says what it reaches.

    Raises
    ------
    NoSolverError: effort without bound that never costs what it may win; no closed form and more than
        `LARGEST` developers.
    ValueError: unsuitable arguments.
    """
    rule = exact_rule(protocol)
    number("tolerance", tolerance, low=0, strict=True)
    integer("max_steps", max_steps, low=1)
    cells = integer("cells", max(12, 62 - game.n_developers) if cells is None else cells, low=2)
    if largest_temptation(game, rule)[1] is None:
        nothing = [(np.zeros(1), np.ones(1))] * game.n_developers
        return _certified(game, rule, nothing, "all-zero effort, which nobody gains by leaving")
    if not np.isfinite(game.effort_scale).all():
        raise NoSolverError("effort scale: must be finite to search it; set a budget")
    plain = reduced(game, rule)
    closed = duel_equilibrium(*plain)
    if closed is not None:
        method = "closed form: an all-pay contest with a head start"
        unique = game.n_developers == 2 and _strict(*plain)
        found = _certified(game, rule, closed, method, unique)
        if found.nash_conv <= tolerance * game.prize_range:
            return found
    if game.n_developers > LARGEST:
        raise NoSolverError(
            f"{game.n_developers} developers: mixed equilibria without a closed form are computed for "
            f"up to {LARGEST}"
        )
    if not plain[1].traits.strict:  # with few scores to show, ties decide, which cells leave out
        steps = step_equilibrium(*plain, goal=0.5 * tolerance * game.prize_range)
        if steps is not None:
            return _certified(game, rule, steps, "predictive regret matching+ on the scores to be shown")
    path = Path(CellGame.of(*plain, cells))
    return _numerical(game, rule, path, tolerance, max_steps, progress)


def _numerical(
    game: Game,
    rule: DeterministicProtocol,
    path: Path,
    tolerance: float,
    max_steps: int,
    progress: Callable[[float], None],
) -> MixedEquilibrium:
    """Follow ``path`` until the certificate of what it has come to is within ``tolerance``."""
    allowed = tolerance * game.prize_range
    goal, best = allowed, None

    def certificate(cells: CellGame, mixed: Floats) -> MixedEquilibrium:
        method = "continuation of logit quantal responses"
        found = _certified(game, rule, cells.strategies(mixed, POINTS[0]), method)
        if found.nash_conv <= allowed:
            return found
        many = cells.strategies(mixed, POINTS[1])
        few_enough = sum(efforts.size for efforts, _ in many) <= MOST_POINTS
        return _certified(game, rule, many, method) if few_enough else found

    least, closest = np.inf, (path.cells, path.mixed)
    for nash_conv in path.follow(max_steps, allowed):
        progress(nash_conv / game.prize_range)
        if nash_conv < least:
            least, closest = nash_conv, (path.cells, path.mixed)
        if nash_conv <= goal:
            found = certificate(*closest)
            if best is None or found.nash_conv < best.nash_conv:
                best = found
            if found.nash_conv <= allowed:
                return best
            goal = 0.5 * nash_conv  # the points that stand for cells cost some of the tolerance
    last = certificate(*closest)
    return last if best is None or last.nash_conv < best.nash_conv else best


def _strict(game: Game, rule: DeterministicProtocol) -> bool:
    """Whether no effort is free and none is in vain: else several efforts may do as well."""
    rises = rule.traits.strict and getattr(game.curves, "strictly_increasing", False)
    return bool(rises and game.cost.strictly_increasing)


def _certified(
    game: Game,
    rule: DeterministicProtocol,
    strategies: Strategies,
    method: str,
    unique: bool = False,
) -> MixedEquilibrium:
    return MixedEquilibrium(
        strategies=strategies,
        payoffs=metrics.expected_payoffs(game, rule, strategies),
        nash_conv=metrics.nash_conv(game, rule, strategies),
        method=method,
        unique=unique,
    )
