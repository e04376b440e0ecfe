"""Mixed equilibria, each with its certificate (theory sections 5 and 6).

The solvers are in `duel` (closed form), `quantal_path` (numerical, on the `score_cells`) and
`few_scores` (for boards that show few scores). The certificate is computed by `benchgame_env.metrics`,
which shares no code with them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from benchgame_env.game import Game
from benchgame_env.subgame import Subgame
from benchgame_env.theory.mixed.cell_play import play_out
from benchgame_env.theory.mixed.cell_program import can_polish, polish, refine
from benchgame_env.theory.mixed.certified import MixedEquilibrium
from benchgame_env.theory.mixed.duel import duel_equilibrium
from benchgame_env.theory.mixed.few_scores import step_equilibrium
from benchgame_env.theory.mixed.levels import level_equilibrium
from benchgame_env.theory.mixed.linear_program import even_step
from benchgame_env.theory.mixed.one_thread import one_thread
from benchgame_env.theory.mixed.quantal_path import Path
from benchgame_env.theory.mixed.score_cells import Approach, CellGame
from benchgame_env.theory.pure.overtaking import largest_temptation
from benchgame_env.validate import integer, number

Progress = Callable[[float], None]

TOLERANCE = 5e-3
MAX_STEPS = 600
# Most developers without a closed form: where prizes are evenly spaced, and else, where there are n
# equations a cell, and solving takes their cube.
LARGEST, LARGEST_UNEVEN = 200, 100
MOST_CHOICES = 12_000  # of a first program: beyond, self-play is faster
NEAR = 0.05  # NashConv, as a share of P, from which programs nearby are better than the path
CELLS_SHARE = 0.3  # of the tolerance: what the play on cells may cost, points the rest
# How many numbers of points are tried to stand for a strategy; the certificate is for exactly these.
TRIES = 3
MOST_POINTS = 12_000  # of all strategies together, so that the certificate takes seconds


class NoSolverError(ValueError):
    """The game is one that no solver here can search."""


@one_thread
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
        Newton steps, or linear programs, after which it stops at the latest, >= 1.
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
        more than `LARGEST` developers, or `LARGEST_UNEVEN` where prizes are not evenly spaced.
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
    even = even_step(subgame.game.prizes) is not None
    if subgame.n > (LARGEST if even else LARGEST_UNEVEN):
        raise NoSolverError(
            f"{subgame.n} developers: mixed equilibria without a closed form are computed for "
            f"up to {LARGEST}, or {LARGEST_UNEVEN} where prizes are not evenly spaced"
        )
    if not plain.rule.traits.strict:  # with few scores to show, ties decide, which cells leave out
        steps = step_equilibrium(plain, goal=0.5 * allowed)
        if steps is not None:
            return MixedEquilibrium.certified(subgame, *steps)
    return _numerical(subgame, _approaches(plain, cells, max_steps, allowed), allowed, progress)


def _approaches(subgame: Subgame, cells: int, max_steps: int, allowed: float) -> Iterator[Approach]:
    """Closer and closer to an equilibrium."""
    first = CellGame.of(subgame, cells)
    if even_step(subgame.game.prizes) is not None:
        search = refine if first.allowed.sum() <= MOST_CHOICES else play_out
        yield from search(first, max_steps)
        return
    closest = None
    for approach in Path(first).follow(max_steps, allowed):
        yield approach
        closest = min(closest or approach, approach, key=lambda found: found.nash_conv)
        if closest.nash_conv <= NEAR * subgame.game.prize_range and can_polish(closest):
            break
    if closest is not None:
        yield from polish(closest, max_steps)


def _numerical(
    subgame: Subgame, approaches: Iterator[Approach], allowed: float, progress: Progress
) -> MixedEquilibrium:
    """The closest approach, the first that leaves most of ``allowed`` (prize units) to the points."""
    closest: Approach | None = None
    for approach in approaches:
        progress(approach.nash_conv / subgame.game.prize_range)
        if closest is None or approach.nash_conv < closest.nash_conv:
            closest = approach
        if approach.nash_conv <= CELLS_SHARE * allowed:
            break
    if closest is None:
        raise NoSolverError("no program or path of responses has a solution on the cells of this game")
    return _by_points(subgame, closest, allowed)


def _by_points(subgame: Subgame, approach: Approach, allowed: float) -> MixedEquilibrium:
    """Points that stand for the play on cells: more, if they cost too much, and fewer, if they are too
    close to each other for the grader.

    Whoever passes one of a rival's points gains half of what it holds, on average, and a rank is worth a
    step of the prizes.
    """
    rank = float(-np.diff(subgame.game.prizes).min())
    spare = max(allowed - approach.nash_conv, 0.25 * allowed)
    points = min(int(subgame.n * rank / (2 * spare)) + 1, MOST_POINTS // subgame.n)
    best: MixedEquilibrium | None = None
    for _ in range(TRIES):
        strategies = approach.cells.strategies(approach.mixed, points)
        if best is not None and sum(efforts.size for efforts, _ in strategies) > MOST_POINTS:
            break
        found = MixedEquilibrium.certified(subgame, strategies, approach.method)
        if best is None or not best.nash_conv <= found.nash_conv:
            best = found
        if best.nash_conv <= allowed:
            break
        points = 2 * points if np.isfinite(found.nash_conv) else points // 4 + 1
    assert best is not None
    return best


def _strict(subgame: Subgame) -> bool:
    """Whether every bit of effort costs something and raises the score; else several efforts may be
    equally good."""
    return bool(subgame.declares("strictly_increasing") and subgame.game.cost.strictly_increasing)
