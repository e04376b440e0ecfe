"""A prediction as data, for machines and for `benchgame_env.cli.pages`."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from benchgame_env import metrics, theory
from benchgame_env.named_games import statement
from benchgame_env.rules import Direct, TuneBeforeTest, is_exact

# Number of overtakes listed, and number of developers up to which all pairs are compared for the list.
MOST_PAIRS, LARGEST_TABLE = 6, 200
# Number of developers up to which the levels that would stop them are searched for.
LARGEST_SEARCH = 60

SLOW = ("mixed", "best_response_cycle", "random_order")  # concepts that are asked only on request

# Fields that are kept of a mixed equilibrium, of a cycle and of outcomes (theory section 9).
MIXED = ("method", "nash_conv", "largest_regret", "is_equilibrium", "mean_efforts", "payoffs")
CYCLE = ("order", "resolution", "period", "peaks", "troughs", "misranked", "cost")
OUTCOMES = ("kendall_tau", "best_on_top", "cost_share", "designer_cost", "exact")

Facts = dict[str, Any]


def of(prediction: theory.Prediction, mixed: bool = True, cycle: bool = False) -> Facts:
    """What a prediction says, as numbers, strings, lists and dicts; None or NaN for what is not known.

    Parameters
    ----------
    prediction : Prediction
        The prediction to describe.
    mixed : bool, optional
        Whether to find the mixed equilibrium where there is no pure one, which may take seconds.
    cycle : bool, optional
        Whether to follow best responses until they repeat, which may take seconds too.

    Returns
    -------
    dict
    """
    p = prediction
    nobody = np.zeros(p.game.n_developers)
    honest = _outcomes_of(p, nobody)
    found = p.mixed if mixed else None
    play, outcomes = _judged(p, found, honest)
    return {
        "protocol": repr(p.protocol),
        "ties": p.protocol.ties,
        "developers": list(p.game.names),
        **_fields(p, "regime", "reason", "method", "card", "temptation", "temptation_error"),
        "tempted": tempted(p),
        "assumed": statement(p.game),
        "worth": p.game.worth,
        "largest_worth": theory.largest_worth(p.game, p.protocol) if is_exact(p.protocol) else None,
        "stable_levels": _stable_levels(p),
        "certificate": _certificate(p, nobody if p.equilibrium is None else p.equilibrium),
        "board": [p.game.names[i] for i in p.ranking],
        "board_of": p.order.profile,
        "level_on_board": [[p.game.names[i], p.game.names[j]] for i, j in p.order.tied],
        "honest_kendall_tau": honest.kendall_tau,
        "mixed": found and _fields(found, *MIXED),
        "solutions": _solutions(p, ["mixed"] * mixed + ["best_response_cycle", "random_order"] * cycle),
        "dynamics": p.dynamics and p.dynamics.outcome,
        "cycle": _cycle_facts(p.cycle) if cycle and p.cycle else None,
        "grid_equilibria": None if p.equilibria is None else p.equilibria.tolist(),
        "outcomes": {"of": play, **_fields(outcomes, *OUTCOMES)},
        **_fields(p, "equilibrium", "assumptions"),
    }


def _cycle_facts(cycle: theory.Cycle) -> Facts:
    levels = None if cycle.levels is None else len(cycle.levels)
    return {**_fields(cycle, *CYCLE), "levels": levels}


def tempted(p: theory.Prediction) -> list[Facts]:
    """The overtakes on the honest board that gain, with their efforts, largest gain first."""
    game = p.game
    if p.binding is None or not is_exact(p.protocol):
        return []
    overtaken = range(game.n_developers) if game.n_developers <= LARGEST_TABLE else [p.binding[1]]
    efforts, gains = theory.overtakes(game, p.protocol, overtaken)
    best = np.argsort(-gains, axis=None, kind="stable")[:MOST_PAIRS]
    pairs = zip(*np.unravel_index(best, gains.shape), strict=True)
    return [
        {
            "overtaker": game.names[r],
            "overtaken": game.names[overtaken[k]],
            "effort": float(efforts[r, k]),
            "gain": float(gains[r, k]),
        }
        for r, k in pairs
        if gains[r, k] > 0
    ]


def _stable_levels(p: theory.Prediction) -> list[list[float]] | None:
    """Tune-before-test levels that stop everybody, where that question makes sense."""
    if not isinstance(p.protocol, (Direct, TuneBeforeTest)) or p.game.n_developers > LARGEST_SEARCH:
        return None
    return [list(interval) for interval in theory.stabilizing_levels(p.game)]


def _certificate(p: theory.Prediction, efforts: Any) -> float | None:
    """NashConv of the equilibrium, or of zero effort where there is none, computed by the grader."""
    if p.certificate is not None:
        return p.certificate
    if not is_exact(p.protocol):
        return None
    return metrics.nash_conv(p.game, p.protocol, efforts)


def _solutions(p: theory.Prediction, slow: list[str]) -> list[Facts]:
    """What each concept found, without the play; of the slow concepts only those in ``slow``."""
    names = [name for name in theory.CONCEPTS if name not in SLOW or name in slow]
    return [
        _fields(found, "concept", "method", "certificate", "certifies", "largest_regret")
        for found in p.solutions_of(names)
    ]


def _fields(found: Any, *names: str) -> Facts:
    """Some fields of ``found``, arrays as lists."""
    values = {name: getattr(found, name) for name in names}
    return {k: v.tolist() if isinstance(v, np.ndarray) else v for k, v in values.items()}


def _judged(
    p: theory.Prediction, mixed: theory.MixedEquilibrium | None, honest: metrics.Outcomes
) -> tuple[str, metrics.Outcomes]:
    """The predicted play, in words, and its outcomes; honest play if no play is predicted."""
    if p.dynamics is not None and p.dynamics.cycle is not None:  # the rule remembers
        last = slice(-p.dynamics.cycle.period, None)
        efforts, ranks = p.dynamics.trajectory[last], p.dynamics.ranks[last]
        found = metrics.played_outcomes(p.game, p.protocol, efforts[None], ranks[None])
        kind = f"where best responses {'settle' if p.dynamics.outcome == 'settles' else 'repeat'}"
        kind += f", {next(iter(p.orders))}; other orders differ" if p.depends_on_order else ""
        return kind, replace(found, exact=p.protocol.traits.draws == "none")
    if p.equilibrium is not None and p.regime == "pure":
        return "the pure equilibrium", _outcomes_of(p, p.equilibrium)
    if mixed is not None:
        kind = "the mixed equilibrium" if mixed.is_equilibrium else "the closest profile found"
        return kind, _outcomes_of(p, mixed.strategies)
    return "honest play, which is no prediction", honest


def _outcomes_of(p: theory.Prediction, play: Any) -> metrics.Outcomes:
    if is_exact(p.protocol) and isinstance(play, np.ndarray):  # one board, which needs no chances
        ranks = p.protocol.evaluate(p.game, play).ranks
        return metrics.played_outcomes(p.game, p.protocol, play[None, None], ranks[None, None])
    return metrics.outcomes(p.game, p.protocol, play, rng=np.random.default_rng(0))
