"""Predictions and theorem cards as text for people who design benchmarks."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import Any

from benchgame_env import theory
from benchgame_env.cli import commands, uncertainty
from benchgame_env.cli.facts import MOST_PAIRS, Facts
from benchgame_env.cli.streams import one_line

LABEL = 13  # columns of a label and the space after it
REGIMES = {
    "pure": "pure equilibrium",
    "cycle": "no pure equilibrium: effort keeps moving",
    "undecided": "undecided",
}
# Where a rule remembers, no theorem applies: the regime is what the simulation showed.
REGIMES_OVER_ROUNDS = {
    "pure": "pure: best responses one round ahead settle",
    "cycle": "cycle: best responses one round ahead keep moving",
    "undecided": "undecided",
}


def text(known: Facts) -> str:
    """A page of text that says what is in ``known``."""
    page = "\n".join(
        commands.wrapped(f"{label:<12} {one_line(words)}".rstrip(), LABEL if label else 0)
        for label, words in statements(known)
    )
    return "\n".join([page, *_play_tables(known)])


def statements(known: Facts) -> list[tuple[str, str]]:
    """The page without its tables, as labels and words; an empty label continues the one before."""
    return [
        ("regime", (REGIMES_OVER_ROUNDS if known["dynamics"] else REGIMES)[known["regime"]]),
        ("why", known["reason"]),
        ("by", f"{known['method']}; card: {known['card']}"),
        ("assumed", known["assumed"]),
        *_temptation_lines(known),
        *_level_lines(known),
        *_worth_lines(known),
        *_draw_lines(known),
        *_certificate_lines(known),
        _board(known),
        (
            "honest",
            f"Kendall tau to quality {known['honest_kendall_tau']:.3f} when nobody spends effort",
        ),
        *_outcome_lines(known["outcomes"]),
        *_assumption_lines(known["assumptions"]),
    ]


def _board(known: Facts) -> tuple[str, str]:
    """The board of the predicted equilibrium, where it is not the honest one; of level models nothing
    is said but that they are level."""
    words, names = known["board"][0], known["board"]
    for upper, lower in pairwise(names):
        words += f" {'=' if [upper, lower] in known['level_on_board'] else '>'} {lower}"
    moved = known["board_of"] == "equilibrium" and any(known["equilibrium"])
    return ("board" if moved else "honest board"), words


def _temptation_lines(known: Facts) -> list[tuple[str, str]]:
    if math.isnan(known["temptation"]):
        blurred = "one step of the grid on which scores are published changes it too much"
        outside = "the board is not a fixed function of own efforts"
        return [("temptation", f"T is not known: {blurred if known['assumptions'] else outside}")]
    error = f", give or take {known['temptation_error']:.1g}" if known["temptation_error"] else ""
    meaning = "the largest gain from overtaking on the honest board, prize units"
    verb = "passes or joins" if known["ties"] == "split" else "passes"
    pairs = [
        f"{pair['overtaker']} {verb} {pair['overtaken']} with effort {pair['effort']:.6g}, "
        f"gains {pair['gain']:.4g}"
        for pair in known["tempted"]
    ]
    first = f"T = {known['temptation']:.4g}{error}: {meaning}"
    return [("temptation", first), *(("", words) for words in pairs)]


def _level_lines(known: Facts) -> list[tuple[str, str]]:
    levels = known["stable_levels"]
    if levels is None:
        return []
    if not levels:
        return [("stopped by", "no tune-before-test level up to 100 times what the prizes are worth")]
    spans = ", ".join(f"{low:.6g} to {high:.6g}" for low, high in levels)
    return [("stopped by", f"tune-before-test at levels {spans}")]


def _worth_lines(known: Facts) -> list[tuple[str, str]]:
    if known["largest_worth"] is None:
        return []
    return [("withstands", f"honest play is stable {commands.worth_words(known['largest_worth'])}")]


def _draw_lines(known: Facts) -> list[tuple[str, str]]:
    if not known.get("draws"):
        return []
    return uncertainty.lines(known["draws"], known["developers"], known["tempted"])


def _certificate_lines(known: Facts) -> list[tuple[str, str]]:
    if known["certificate"] is None:
        return []
    which = "this equilibrium" if any(known["equilibrium"] or ()) else "zero effort"
    return [("certificate", f"NashConv of {which} is {_nash_conv(known['certificate'])}")]


def _nash_conv(value: float) -> str:
    if math.isnan(value):
        return "not known: one step of the grid on which scores are published decides it"
    return f"{value:.4g}, computed by independent code over all efforts"


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
        return [("assumptions", "none checked: no theorem here covers this rule")]
    failing = [name for name, holds in checked.items() if not holds]
    return [
        ("holds", ", ".join(k for k, v in checked.items() if v) or "none"),
        *(
            ("" if place else "fails", f"{name}: {theory.HYPOTHESES[name].meaning}")
            for place, name in enumerate(failing)
        ),
        ("", "what each name means: benchgame cards"),
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
    return ["\n" + commands.wrapped(table) for table in tables]


def mixed_title(mixed: Facts) -> str:
    """What to call the profile: an equilibrium only up to a regret of `theory.LARGEST_REGRET`."""
    return "mixed equilibrium" if mixed["is_equilibrium"] else "closest profile found, no equilibrium"


def _mixed_table(names: list[str], mixed: Facts) -> str:
    rows = [
        [name, f"{effort:.6g}", f"{payoff:z.4f}"]
        for name, effort, payoff in zip(names, mixed["mean_efforts"], mixed["payoffs"], strict=True)
    ]
    return (
        f"{mixed_title(mixed)}: {mixed['method']}\n"
        f"its NashConv is {_nash_conv(mixed['nash_conv'])}\n"
        + commands.table(["model", "mean effort", "payoff"], rows)
    )


def _cycle_table(names: list[str], cycle: Facts) -> str:
    rows = [
        [name, f"{low:.6g}", f"{high:.6g}"]
        for name, low, high in zip(names, cycle["troughs"], cycle["peaks"], strict=True)
    ]
    return f"cycle {cycle_words(cycle)}\n" + commands.table(["model", "least effort", "most"], rows)


def cycle_words(cycle: Facts) -> str:
    """A cycle of best responses in words: its length, the choices of effort, wrong boards and cost."""
    choices = f"resolution {cycle['resolution']:g} in score"
    if cycle["levels"] is not None:
        choices = f"{cycle['levels']} levels of effort"
    return (
        f"of {cycle['period']} revisions ({cycle['order']} from zero, {choices}); board wrong "
        f"{cycle['misranked']:.0%} of the time, cost {cycle['cost']:.3g}"
    )


def _grid_table(names: list[str], equilibria: list[list[float]]) -> str:
    if not equilibria:
        return "no pure equilibrium on a grid of efforts; between its points there may be one"
    title = f"{len(equilibria)} pure equilibria on a grid of efforts, each certified"
    if len(equilibria) > 2 * MOST_PAIRS:
        title += ", some of them"
        equilibria = equilibria[:: len(equilibria) // MOST_PAIRS]
    rows = [["", *(f"{effort:.6g}" for effort in profile)] for profile in equilibria]
    return f"{title}\n" + commands.table(["effort", *names], rows)


def card_text(card: theory.Card) -> str:
    """A theorem card in a few lines."""
    known = f" ({card.name})" * (card.title != card.name)
    lines = [f"{card.title}{known}: {card.sentence}.", f"  needs     {', '.join(card.needs)}"]
    if card.example:
        lines.append(f"  applies   to {_named(card.example)}")
    if card.boundary:
        lines.append(f"  but not   to {_named(card.boundary)}, where {card.lesson}")
    return "\n".join([*lines, f"  source    {card.source}"])


def reading_text(reading: theory.Reading) -> str:
    """Whether a card applies to a game, and what it says."""
    failing = [name for name, holds in reading.hypotheses.items() if not holds]
    meanings = {needed.name: needed.meaning for needed in reading.card.hypotheses}
    fails = "".join(f"\n  Fails {name}: {meanings[name]}." for name in failing)
    verdict = "applies" if reading.applies else "does not apply"
    limit = f"\n  Curves were checked up to a total effort of {reading.checked_to:.6g}."
    checked = limit if math.isfinite(reading.checked_to) else ""
    return f"{reading.card.title} {verdict}.\n  It says: {reading.card.sentence}.{fails}{checked}"


def _named(case: tuple[str, Any]) -> str:
    game, protocol = case
    name, parameters = (protocol, {}) if isinstance(protocol, str) else protocol
    return f"{game} under {commands.setting_label(name, parameters)}"
