"""A prediction as data, for machines and for `benchgame_env.cli.pages`."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from benchgame_env import metrics, theory
from benchgame_env.rules import Direct, TuneBeforeTest, is_exact

# Number of overtakes listed, and number of developers up to which all pairs are compared for the list.
MOST_PAIRS, LARGEST_TABLE = 6, 200
# Number of developers up to which the levels that would stop them are searched for.
LARGEST_SEARCH = 60

SLOW = ("mixed", "best_response_cycle")  # concepts that are asked only on request

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
    game = p.game
    nobody = np.zeros(game.n_developers)
    honest = _outcomes_of(p, nobody)
    found = p.mixed if mixed else None
    return {
        "protocol": repr(p.protocol),
        "ties": p.protocol.ties,
        "developers": list(game.names),
        "regime": p.regime,
        "reason": p.reason,
        "method": p.method,
        "card": p.card,
        "temptation": p.temptation,
        "temptation_error": p.temptation_error,
        "tempted": tempted(p),
        "stable_levels": _stable_levels(p),
        "equilibrium": None if p.equilibrium is None else p.equilibrium.tolist(),
        "certificate": _certificate(p, nobody if p.equilibrium is None else p.equilibrium),
        "board": [game.names[i] for i in p.ranking],
        "honest_kendall_tau": honest.kendall_tau,
        "mixed": found and _mixed_facts(found),
        "solutions": _solutions(p, ["mixed"] * mixed + ["best_response_cycle"] * cycle),
        "dynamics": p.dynamics and p.dynamics.outcome,
        "cycle": _cycle_facts(p.cycle) if cycle and p.cycle else None,
        "grid_equilibria": None if p.equilibria is None else p.equilibria.tolist(),
        "outcomes": _outcomes(*_judged(p, found, honest)),
        "assumptions": p.assumptions,
    }


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
    return [
        {
            "concept": found.concept,
            "method": found.method,
            "certificate": found.certificate,
            "certifies": found.certifies,
            "largest_regret": found.largest_regret,
        }
        for found in p.solutions_of(
            [name for name in theory.CONCEPTS if name not in SLOW or name in slow]
        )
    ]


def _mixed_facts(found: theory.MixedEquilibrium) -> Facts:
    return {
        "method": found.method,
        "nash_conv": found.nash_conv,
        "largest_regret": found.largest_regret,
        "is_equilibrium": found.is_equilibrium,
        "mean_efforts": found.mean_efforts.tolist(),
        "payoffs": found.payoffs.tolist(),
    }


def _cycle_facts(cycle: theory.Cycle) -> Facts:
    return {
        "order": cycle.order,
        "resolution": cycle.resolution,
        "levels": None if cycle.levels is None else len(cycle.levels),
        "period": cycle.period,
        "peaks": cycle.peaks.tolist(),
        "troughs": cycle.troughs.tolist(),
        "misranked": cycle.misranked,
        "cost": cycle.cost,
    }


def _outcomes(kind: str, found: metrics.Outcomes) -> Facts:
    """The designer's measures (theory section 9), and the play that they are about."""
    return {
        "of": kind,
        "kendall_tau": found.kendall_tau,
        "best_on_top": found.best_on_top,
        "cost_share": found.cost_share,
        "designer_cost": found.designer_cost,
        "exact": found.exact,
    }


def _judged(
    p: theory.Prediction, mixed: theory.MixedEquilibrium | None, honest: metrics.Outcomes
) -> tuple[str, metrics.Outcomes]:
    """The predicted play, in words, and its outcomes; honest play if no play is predicted."""
    if p.dynamics is not None and p.dynamics.cycle is not None:  # the rule remembers
        last = slice(-p.dynamics.cycle.period, None)
        efforts, ranks = p.dynamics.trajectory[last], p.dynamics.ranks[last]
        found = metrics.played_outcomes(p.game, p.protocol, efforts[None], ranks[None])
        kind = f"where best responses {'settle' if p.dynamics.outcome == 'settles' else 'repeat'}"
        return kind, replace(found, exact=p.protocol.traits.draws == "none")
    if p.equilibrium is not None and p.regime == "pure":
        return "the pure equilibrium", _outcomes_of(p, p.equilibrium)
    if mixed is not None:
        kind = "the mixed equilibrium" if mixed.is_equilibrium else "the closest profile found"
        return kind, _outcomes_of(p, mixed.strategies)
    return "honest play", honest


def _outcomes_of(p: theory.Prediction, play: Any) -> metrics.Outcomes:
    return metrics.outcomes(p.game, p.protocol, play, rng=np.random.default_rng(0))
