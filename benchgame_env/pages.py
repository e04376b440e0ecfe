"""Predictions for people who design benchmarks, and the same for machines."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from benchgame_env import commands, metrics, theory
from benchgame_env.protocols import Direct, TuneBeforeTest, is_exact

# Pairs of overtakers and overtaken listed, and developers up to which every pair is looked at for it.
MOST_PAIRS, LARGEST_TABLE = 6, 200
# Developers up to which levels that would stop them are searched for.
LARGEST_SEARCH = 60

Facts = dict[str, Any]
Progress = Callable[[float], None]


def facts(
    prediction: theory.Prediction,
    mixed: bool = True,
    cycle: bool = False,
    tolerance: float = theory.TOLERANCE,
    progress: Progress = lambda nash_conv: None,
) -> Facts:
    """What a prediction says, as numbers, strings, lists and dicts; None for what is not known.

    Parameters
    ----------
    mixed: whether to find the mixed equilibrium where there is no pure one, which may take seconds.
    cycle: whether to follow best responses until they repeat, likewise.
    tolerance, progress: of the mixed equilibrium, see `theory.mixed_equilibrium`.
    """
    p = prediction
    game = p.game
    honest = p.equilibrium if p.equilibrium is not None else np.zeros(game.n_developers)
    found = _mixed(p, tolerance, progress) if mixed else None
    return {
        "protocol": repr(p.protocol),
        "ties": getattr(p.protocol, "ties", None),
        "developers": list(game.names),
        "regime": p.regime,
        "reason": p.reason,
        "method": p.method,
        "card": p.card,
        "temptation": p.temptation,
        "tempted": tempted(p),
        "stable_levels": _stable_levels(p),
        "equilibrium": None if p.equilibrium is None else p.equilibrium.tolist(),
        "certificate": _certificate(p, honest),
        "board": [game.names[i] for i in p.ranking],
        "honest_kendall_tau": _outcomes_of(p, np.zeros(game.n_developers)).kendall_tau,
        "mixed": found and _mixed_facts(found),
        "dynamics": p.dynamics and p.dynamics.outcome,
        "cycle": _cycle_facts(p.cycle) if cycle and p.cycle else None,
        "grid_equilibria": None if p.equilibria is None else p.equilibria.tolist(),
        "outcomes": _outcomes(p, found),
        "assumptions": p.assumptions,
    }


def tempted(p: theory.Prediction) -> list[Facts]:
    """Who gains by passing whom on the honest board, with what effort, the largest gains first."""
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
    """NashConv of the equilibrium, or of zero effort where there is none, found by the grader."""
    if p.certificate is not None:
        return p.certificate
    if not is_exact(p.protocol):
        return None
    return metrics.nash_conv(p.game, p.protocol, efforts)


def _mixed(p: theory.Prediction, tolerance: float, progress: Progress) -> theory.MixedEquilibrium | None:
    if p.regime == "pure" or not is_exact(p.protocol):
        return p.mixed
    if p.game.n_developers > theory.LARGEST:
        return None
    return theory.mixed_equilibrium(p.game, p.protocol, tolerance, progress=progress)


def _mixed_facts(found: theory.MixedEquilibrium) -> Facts:
    return {
        "method": found.method,
        "nash_conv": found.nash_conv,
        "mean_efforts": found.mean_efforts.tolist(),
        "payoffs": found.payoffs.tolist(),
    }


def _cycle_facts(cycle: theory.Cycle) -> Facts:
    return {
        "order": cycle.order,
        "resolution": cycle.resolution,
        "period": cycle.period,
        "peaks": cycle.peaks.tolist(),
        "troughs": cycle.troughs.tolist(),
        "misranked": cycle.misranked,
        "cost": cycle.cost,
    }


def _outcomes(p: theory.Prediction, mixed: theory.MixedEquilibrium | None) -> Facts:
    """The designer's measures (theory section 9) of the predicted play; of honest play if none is."""
    play: Any = np.zeros(p.game.n_developers)
    kind = "honest play"
    if p.dynamics is not None and p.dynamics.cycle is not None:
        return _outcomes_over_rounds(p, p.dynamics, p.dynamics.cycle)
    if p.equilibrium is not None and p.regime == "pure":
        play, kind = p.equilibrium, "the pure equilibrium"
    elif mixed is not None:
        play, kind = mixed.strategies, "the mixed equilibrium"
    found = _outcomes_of(p, play)
    return {
        "of": kind,
        "kendall_tau": found.kendall_tau,
        "best_on_top": found.best_on_top,
        "cost_share": found.cost_share,
        "designer_cost": found.designer_cost,
        "exact": found.exact,
    }


def _outcomes_of(p: theory.Prediction, play: Any) -> metrics.Outcomes:
    return metrics.outcomes(p.game, p.protocol, play, rng=np.random.default_rng(0))


def _outcomes_over_rounds(p: theory.Prediction, played: theory.Dynamics, cycle: theory.Cycle) -> Facts:
    """The same where the rule remembers: of the boards that best responses come to."""
    pot = float(p.game.prizes.sum())
    rule = p.protocol
    taus, tops = metrics.of_boards(p.game, played.ranks[-cycle.period :])
    return {
        "of": f"where best responses {'settle' if played.outcome == 'settles' else 'repeat'}",
        "kendall_tau": float(taus.mean()),
        "best_on_top": float(tops.mean()),
        "cost_share": cycle.cost / pot if pot > 0 else math.nan,
        "designer_cost": dict(rule.designer_cost(p.game)) if hasattr(rule, "designer_cost") else {},
        "exact": False,
    }


REGIMES = {
    "pure": "pure equilibrium",
    "cycle": "no pure equilibrium: effort keeps moving",
    "undecided": "undecided",
}
# Where a rule remembers no theorem says more than what was seen.
REGIMES_OVER_ROUNDS = {
    "pure": "pure: best responses one round ahead settle",
    "cycle": "cycle: best responses one round ahead keep moving",
    "undecided": "undecided",
}


def text(known: Facts) -> str:
    """``known`` as a page for a reader who designs benchmarks."""
    lines = [
        ("regime", (REGIMES_OVER_ROUNDS if known["dynamics"] else REGIMES)[known["regime"]]),
        ("why", known["reason"]),
        ("by", f"{known['method']}; card: {known['card']}"),
        *_temptation_lines(known),
        *_level_lines(known),
        *_certificate_lines(known),
        ("honest board", " > ".join(known["board"])),
        (
            "honest",
            f"Kendall tau to quality {known['honest_kendall_tau']:.3f} when nobody spends effort",
        ),
        *_outcome_lines(known["outcomes"]),
        *_assumption_lines(known["assumptions"]),
    ]
    page = "\n".join(f"{label:<12} {words}" for label, words in lines)
    return "\n".join([page, *_play_tables(known)])


def _temptation_lines(known: Facts) -> list[tuple[str, str]]:
    if known["temptation"] is None or math.isnan(known["temptation"]):
        return []
    lines = [("temptation", f"{known['temptation']:.4g} prize units, the most that anybody gains")]
    verb = "passes or joins" if known["ties"] == "split" else "passes"
    for pair in known["tempted"]:
        lines.append(
            (
                "",
                f"{pair['overtaker']} {verb} {pair['overtaken']} with effort {pair['effort']:.6g}, "
                f"gains {pair['gain']:.4g}",
            )
        )
    return lines


def _level_lines(known: Facts) -> list[tuple[str, str]]:
    levels = known["stable_levels"]
    if levels is None:
        return []
    if not levels:
        return [("stopped by", "no tune-before-test level up to 100 times what the prizes are worth")]
    spans = ", ".join(f"{low:.6g} to {high:.6g}" for low, high in levels)
    return [("stopped by", f"tune-before-test at levels {spans}")]


def _certificate_lines(known: Facts) -> list[tuple[str, str]]:
    if known["certificate"] is None:
        return []
    which = "zero effort" if known["equilibrium"] is None else "this equilibrium"
    return [
        ("certificate", f"NashConv of {which} is {known['certificate']:.4g}, found by independent code")
    ]


def _outcome_lines(found: Facts) -> list[tuple[str, str]]:
    costs = ", ".join(f"{amount:.6g} {name}" for name, amount in found["designer_cost"].items())
    exactly = "" if found["exact"] else ", simulated"
    return [
        (
            "outcome",
            f"of {found['of']}{exactly}: Kendall tau {found['kendall_tau']:.3f}, best model on top "
            f"{found['best_on_top']:.1%}, {found['cost_share']:.1%} of the prizes burnt",
        ),
        ("designer", f"pays {costs or 'nothing'} per evaluation"),
    ]


def _assumption_lines(checked: dict[str, bool]) -> list[tuple[str, str]]:
    if not checked:
        return [("assumptions", "none checked: no theorem here is about such rules")]
    return [
        ("holds", ", ".join(k for k, v in checked.items() if v) or "none"),
        ("fails", ", ".join(k for k, v in checked.items() if not v) or "none"),
    ]


def _play_tables(known: Facts) -> list[str]:
    names, tables = known["developers"], []
    if known["equilibrium"] is not None and any(known["equilibrium"]):
        rows = [[name, f"{e:.6g}"] for name, e in zip(names, known["equilibrium"], strict=True)]
        title = "where best responses settle" if known["dynamics"] else "pure equilibrium"
        tables.append(f"{title}\n" + commands.table(["model", "effort"], rows))
    if known["mixed"]:
        tables.append(_mixed_table(names, known["mixed"]))
    if known["cycle"]:
        tables.append(_cycle_table(names, known["cycle"]))
    if known["grid_equilibria"] is not None:
        tables.append(_grid_table(names, known["grid_equilibria"]))
    return [f"\n{table}" for table in tables]


def _mixed_table(names: list[str], mixed: Facts) -> str:
    rows = [
        [name, f"{effort:.6g}", f"{payoff:.4f}"]
        for name, effort, payoff in zip(names, mixed["mean_efforts"], mixed["payoffs"], strict=True)
    ]
    return (
        f"mixed equilibrium: {mixed['method']}\n"
        f"its NashConv is {mixed['nash_conv']:.4g}, by independent code over all efforts\n"
        + commands.table(["model", "mean effort", "payoff"], rows)
    )


def _cycle_table(names: list[str], cycle: Facts) -> str:
    rows = [
        [name, f"{low:.6g}", f"{high:.6g}"]
        for name, low, high in zip(names, cycle["troughs"], cycle["peaks"], strict=True)
    ]
    return (
        f"cycle of {cycle['period']} revisions ({cycle['order']} from zero, resolution "
        f"{cycle['resolution']:g} in score); board wrong {cycle['misranked']:.0%} of the time, "
        f"cost {cycle['cost']:.3g}\n" + commands.table(["model", "least effort", "most"], rows)
    )


def _grid_table(names: list[str], equilibria: list[list[float]]) -> str:
    if not equilibria:
        return "no pure equilibrium on a grid of efforts; between its points there may be one"
    title = f"{len(equilibria)} pure equilibria on a grid of efforts, each certified"
    shown = (
        equilibria if len(equilibria) <= 2 * MOST_PAIRS else equilibria[:: len(equilibria) // MOST_PAIRS]
    )
    rows = [["", *(f"{effort:.6g}" for effort in profile)] for profile in shown]
    return (
        title
        + (", some of them\n" if len(shown) < len(equilibria) else "\n")
        + commands.table(["effort", *names], rows)
    )


def card_text(card: theory.Card) -> str:
    """A theorem card in a few lines."""
    return "\n".join(
        [
            f"{card.name}: {card.conclusion}.",
            f"  needs     {', '.join(card.needs)}",
            f"  applies   to {_named(card.example)}",
            f"  but not   to {_named(card.boundary)}, where {card.lesson}",
        ]
    )


def reading_text(reading: theory.Reading) -> str:
    """A card held against a game."""
    failing = [name for name, holds in reading.hypotheses.items() if not holds]
    verdict = "applies" if reading.applies else f"does not apply: no {', no '.join(failing)}"
    return f"{reading.card.name} {verdict}.\n  It says: {reading.card.conclusion}."


def _named(case: tuple[str, Any]) -> str:
    game, protocol = case
    if isinstance(protocol, str):
        return f"{game} under {protocol}"
    name, parameters = protocol
    return f"{game} under {name}({', '.join(f'{k}={v:g}' for k, v in parameters.items())})"
