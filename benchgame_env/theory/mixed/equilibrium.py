"""Mixed equilibria, each with its certificate (theory sections 5 and 6).

The solvers are in `duel` (closed form), `quantal_path` (numerical, on the `score_cells`) and
`few_scores` (for boards that show few scores). The certificate is computed by `benchgame_env.metrics`,
which shares no code with them.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from benchgame_env.game import Game
from benchgame_env.subgame import Subgame
from benchgame_env.theory.mixed.certified import MixedEquilibrium
from benchgame_env.theory.mixed.duel import duel_equilibrium
from benchgame_env.theory.mixed.few_scores import step_equilibrium
from benchgame_env.theory.mixed.levels import level_equilibrium
from benchgame_env.theory.mixed.quantal_path import Path
from benchgame_env.theory.mixed.score_cells import CellGame
from benchgame_env.theory.pure.overtaking import largest_temptation
from benchgame_env.validate import Floats, integer, number

Progress = Callable[[float], None]

TOLERANCE = 5e-3
MAX_STEPS = 600
# Most developers without a closed form: there are n equations a cell, and solving takes their cube.
LARGEST = 100
# Points that stand for a whole strategy, tried in turn; the certificate is for exactly these.
POINTS = (800, 3200)
MOST_POINTS = 20_000  # of all strategies together, so that the certificate takes seconds


class NoSolverError(ValueError):
    """The game is one that no solver here can search."""


def mixed_equilibrium(
    game: Game | str,
    protocol: Any,
    tolerance: float = TOLERANCE,
    max_steps: int = MAX_STEPS,
    cells: int | None = None,
    progress: Progress = lambda nash_conv: None,
    levels: ArrayLike | None = None,
) -> MixedEquilibrium:
    """A mixed equilibrium, with its certificate.

    It is all-zero effort if that is an equilibrium, else the duel's closed form where it applies, else
    a numerical solution. The answer need not reach the tolerance: its ``nash_conv`` and
    ``largest_regret`` say what it reaches, and ``is_equilibrium`` whether it may be called one.

    Parameters
    ----------
    game : Game or str
        The game, or its name.
    protocol : protocol, str or pair
        The protocol, its name, or ``(name, parameters)``.
    tolerance : float
        NashConv at which the numerical solver stops, as a share of P, > 0.
    max_steps : int
        Newton steps after which it stops at the latest, >= 1.
    cells : int, optional
        Number of parts into which it cuts the score axis at first, >= 2, beside the cuts at honest
        scores. It refines them where that pays. Default: 60 for a duel, fewer for many developers.
    progress : callable, optional
        Called now and then with the NashConv so far, as a share of P.
    levels : array_like, optional
        Efforts ``[m]``, or ``[n, m]`` if each developer has its own: the answer is an equilibrium of the
        game in which nothing but those within budget can be chosen, and ``nash_conv`` and
        ``largest_regret`` are among them. Scores may be drawn, if independently. Exact where prizes are
        evenly spaced, and for two developers. Default: all efforts.

    Returns
    -------
    MixedEquilibrium

    Raises
    ------
    NoSolverError
        Effort has no bound and never costs what it may win; or there is no closed form, and there are
        more than `LARGEST` developers.
    ValueError
        Unsuitable arguments.

    Examples
    --------
    >>> import benchgame_env as bg
    >>> found = bg.theory.mixed_equilibrium("duel", "direct")
    >>> found.is_equilibrium, round(float(found.payoffs[0]), 3)  # the better model earns its lead of 0.5
    (True, 0.5)
    >>> found = bg.theory.mixed_equilibrium("duel", "direct", levels=[0.0, 0.3, 0.6, 0.9])
    >>> found.nash_conv < 1e-9, round(float(found.payoffs[0]), 3)  # nothing of the other's beats 0.6
    (True, 0.4)
    """
    number("tolerance", tolerance, low=0, strict=True)
    if levels is not None:
        chosen = Subgame(game, protocol)
        return level_equilibrium(chosen, levels, tolerance * chosen.game.prize_range)
    subgame = Subgame.exact(game, protocol)
    integer("max_steps", max_steps, low=1)
    cells = integer("cells", max(12, 62 - subgame.n) if cells is None else cells, low=2)
    tempted = largest_temptation(subgame)
    if tempted.pair is None:
        nothing = [(np.zeros(1), np.ones(1))] * subgame.n
        gains = "gains" if tempted.resolved else "surely gains"
        method = f"all-zero effort, which nobody {gains} by leaving"
        return MixedEquilibrium.certified(subgame, nothing, method)
    if not np.isfinite(subgame.game.effort_scale).all():
        raise NoSolverError("effort scale: must be finite to search it; set a budget")
    plain, allowed = subgame.reduced(), tolerance * subgame.game.prize_range
    closed = duel_equilibrium(plain)
    if closed is not None:
        unique = subgame.n == 2 and _strict(plain)
        found = MixedEquilibrium.certified(
            subgame, closed, "closed form: an all-pay contest with a head start", unique
        )
        if found.nash_conv <= allowed:
            return found
    if subgame.n > LARGEST:
        raise NoSolverError(
            f"{subgame.n} developers: mixed equilibria without a closed form are computed for "
            f"up to {LARGEST}"
        )
    if not plain.rule.traits.strict:  # with few scores to show, ties decide, which cells leave out
        steps = step_equilibrium(plain, goal=0.5 * allowed)
        if steps is not None:
            return MixedEquilibrium.certified(subgame, *steps)
    return _numerical(subgame, Path(CellGame.of(plain, cells)), allowed, max_steps, progress)


def _numerical(
    subgame: Subgame, path: Path, allowed: float, max_steps: int, progress: Progress
) -> MixedEquilibrium:
    """Follow ``path`` until what it has come to is certified with a NashConv of ``allowed``, prize
    units."""
    goal, best = allowed, None
    least, closest = np.inf, (path.cells, path.mixed)
    for nash_conv in path.follow(max_steps, allowed):
        progress(nash_conv / subgame.game.prize_range)
        if nash_conv < least:
            least, closest = nash_conv, (path.cells, path.mixed)
        if nash_conv <= goal:
            best = _better(best, _by_points(subgame, *closest, allowed))
            if best.nash_conv <= allowed:
                return best
            goal = 0.5 * nash_conv  # the points that stand for cells cost some of the tolerance
    return _better(best, _by_points(subgame, *closest, allowed))


def _better(first: MixedEquilibrium | None, second: MixedEquilibrium) -> MixedEquilibrium:
    return second if first is None or second.nash_conv < first.nash_conv else first


def _by_points(subgame: Subgame, cells: CellGame, mixed: Floats, allowed: float) -> MixedEquilibrium:
    """Points that stand for the play ``mixed`` of the cells: few, or more if few cost too much."""
    method = "continuation of logit quantal responses"
    few, many = (cells.strategies(mixed, points) for points in POINTS)
    found = MixedEquilibrium.certified(subgame, few, method)
    if found.nash_conv <= allowed or sum(efforts.size for efforts, _ in many) > MOST_POINTS:
        return found
    return MixedEquilibrium.certified(subgame, many, method)


def _strict(subgame: Subgame) -> bool:
    """Whether every bit of effort costs something and raises the score; else several efforts may be
    equally good."""
    return bool(subgame.declares("strictly_increasing") and subgame.game.cost.strictly_increasing)
