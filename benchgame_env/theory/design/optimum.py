"""The rule to announce: the designer's optimum over families of rules (theory section 13.2).

The loss is known exactly where honest play is stable, and for two developers by quadrature. Elsewhere
the answer is the best of what was tried, each with a certificate, and says so.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from benchgame_env.game import Game
from benchgame_env.named_games import as_game
from benchgame_env.theory.design.families import families_of
from benchgame_env.theory.design.loss import DesignLoss
from benchgame_env.theory.design.outcome import SELECTIONS, Selection
from benchgame_env.theory.design.result import OptimalDesign, comparable
from benchgame_env.theory.design.task import FINE, Task
from benchgame_env.validate import choice, integer, number


def optimal_design(
    game: Game | str,
    families: Iterable[Any] = ("tune-before-test",),
    loss: DesignLoss | Mapping[str, float] | None = None,
    price: float | None = None,
    selection: Selection = "pessimistic",
    tolerance: float = FINE,
    tries: int | None = None,
    progress: Callable[[int], None] = lambda done: None,
    draws: Sequence[Game] | None = None,
) -> OptimalDesign:
    """The rule with which a designer who moves first has the least loss, by predicted play.

    Parameters
    ----------
    game : Game or str
        The game, or its name.
    families : iterable
        Names of protocols, pairs ``(name, parameters)`` or `Family` objects, see `Family.of`.
        Tune-before-test at level 0 is direct evaluation.
    loss : DesignLoss or mapping, optional
        See `DesignLoss.of`. Default: tau and burnt, 1 each.
    price : float, optional
        Of one effort unit of tuning for one model, in units of loss. Default: that of ``loss``.
    selection : {"pessimistic", "optimistic"}
        Which of several equilibria is expected.
    tolerance : float
        NashConv, as a share of P, of the certificates around what may be least. Coarse ones move optima.
    tries : int, optional
        Points looked at after the first look on each range, >= 1.
    progress : callable
        Called with the number of rules that were tried in a family.
    draws : Draws or sequence of Game, optional
        Draws of the game's curves, such as `benchgame_env.calibration.draws`: the loss is then the mean
        over them, each with its own order of quality and its own predicted play (developers know their
        curves, the designer does not). Nothing is proved of a mean.

    Returns
    -------
    OptimalDesign

    Raises
    ------
    ValueError
        Unknown names, unsuitable parameters, or no rule with a predicted play.

    Examples
    --------
    >>> import benchgame_env as bg
    >>> found = bg.theory.optimal_design("scaling-laws", price=0.01)
    >>> round(found.level, 3), round(found.loss, 3), len(found.optima)
    (1.312, 0.039, 1)
    """
    game, weights = as_game(game), DesignLoss.of(loss, price)
    choice("selection", selection, SELECTIONS)
    number("tolerance", tolerance, low=0, strict=True)
    if tries is not None:
        integer("tries", tries, low=1)
    if draws is not None and not len(draws):
        raise ValueError("draws: need at least one")
    task = Task(game, weights, selection, tolerance, tries, progress, draws or ())
    found = [task.of_family(family) for family in families_of(families, game)]
    tried = tuple(one for part in found for one in part.tried)
    known = comparable(tried)
    if not known:
        raise ValueError(f"families: no play is predicted: {tried[0].outcome.scope}")
    best = min(known, key=lambda one: one.loss)
    listed = (one for part in found for one in part.optima if one in known)
    optima = sorted(listed, key=lambda one: one.loss)
    ties = [one for one in known if one not in optima and one.loss - one.error <= best.loss + best.error]
    alone = found[0] if len(found) == 1 else None
    return OptimalDesign(
        best=best,
        optima=tuple(optima),
        ties=tuple(sorted(ties, key=lambda one: one.loss)),
        tried=tried,
        weights=weights,
        selection=selection,
        exact=all(part.exact for part in found),
        scope="; ".join(dict.fromkeys(part.scope for part in found)),
        switch_price=alone.switch_price if alone else None,
        trap_price=alone.trap_price if alone else None,
    )
