"""A comparison of protocols as one HTML page that needs no other file, on a screen, a phone or paper."""

from __future__ import annotations

import json
import math
from collections import Counter
from html import escape
from pathlib import Path

from benchgame_env import Game
from benchgame_env.cli.commands import shown
from benchgame_env.named_games import statement
from benchgame_env.theory.design.play import MYOPIC, UNPREDICTED
from benchgame_env.training.compare_protocols.figures import SHAPES, Point, panel
from benchgame_env.training.compare_protocols.headline import Advice
from benchgame_env.training.compare_protocols.picture import in_picture, picture
from benchgame_env.training.compare_protocols.results import (
    NOTES,
    Finding,
    Prices,
    cells,
    columns_of,
    costs_of,
    is_stable,
    label_of,
    stable_words,
)
from benchgame_env.training.compare_protocols.rows import COST, Row
from benchgame_env.training.html.drawing import Axis, linear_axis, logarithmic_axis, sample
from benchgame_env.training.html.page import definitions, document, legend, panels, paragraph, table

OUTCOMES = {
    "kendall_tau": "Kendall tau to quality",
    "best_on_top": "Probability that the best model is on top",
    "effort_share": "Effort burnt, share of the prizes",
    "temptation": "Temptation, prize units",
}
REGIMES = {
    "pure": "pure: stable",
    "cycle": "cycle: no pure equilibrium",
    "undecided": "undecided, but an equilibrium is known",
    "unpredicted": "no play is predicted",
}
STYLE = """
.picture { margin: 0; max-width: 40rem; } .picture figcaption { font-size: .8rem; color: #444; }
.picture .tick { font-size: 12px; } .picture .name { font-size: 13px; }
.ring { fill: none; stroke: #1a1a1a; stroke-width: 1.5; }
.name.strong { font-weight: 600; paint-order: stroke; stroke: #fff; stroke-width: 3px; }
.first { font-size: 1.25rem; line-height: 1.35; font-weight: 600; margin: .4rem 0; }
.pure { color: #0b5394; } .cycle { color: #b45309; } .undecided, .unpredicted { color: #777; }
.joined { stroke: #888; stroke-width: 1; }
@media (max-width: 30rem) { h1 { font-size: 1.4rem; margin: .3rem 0; } .first { font-size: 1.1rem; } }
@media print { table { font-size: 6.5pt; } }
"""


def page(
    name: str,
    description: str,
    game: Game,
    rows: list[Row],
    found: list[Finding],
    advised: Advice | None = None,
    prices: Prices | None = None,
) -> str:
    """The whole page.

    Parameters
    ----------
    name, description : str
        Name and description of the game.
    game : Game
        The game.
    rows : list of Row
        A row for each setting.
    found : list of Finding
        The cheapest stable settings, see `findings`.
    advised : Advice, optional
        What the page begins with.
    prices : mapping, optional
        Price of each resource.
    """
    header, advised = columns_of(rows), advised or Advice("")
    return document(
        f"Which rule to announce: {_title(name)}",
        [
            f'<p class="first">{escape(advised.headline)}</p>' * bool(advised.headline),
            _picture(rows, prices, advised),
            paragraph(advised.details) if advised.details else "",
            paragraph(
                f"{description} Developers, best first: {', '.join(game.names)}. "
                f"{stable_words(rows)} "
                f"Taken for granted: {statement(game)}."
            ),
            *(_finding(finding) for finding in found),
            "<h2>Figures</h2>",
            legend((sample(regime, SHAPES[regime]), words) for regime, words in REGIMES.items()),
            paragraph(
                "Settings are in order, not to scale. A line without a sign is a range: the outcome "
                "depends on who hands in first. Protocols with a star rest on best responses one round "
                "ahead and not on an equilibrium: do not compare them with the others."
            ),
            *(_figure(column, heading, rows) for column, heading in _outcomes(rows).items()),
            "<h2>All settings</h2>",
            table(
                header,
                (cells(row, header) for row in rows),
                ["strong" if is_stable(row) else "" for row in rows],
            ),
            f"<h2>What the columns mean</h2>\n{definitions(NOTES.items())}",
        ],
        STYLE,
    )


def _title(name: str) -> str:
    """The name of a game in a title: of a file, without its folder and its ending."""
    return Path(name).stem if name.endswith(".json") else name


def _picture(rows: list[Row], prices: Prices | None, advised: Advice) -> str:
    """Cost and ranking of all settings, with its legend."""
    keys = {"level": advised.level}
    announced = [r for r in rows if r["protocol"] == "tune-before-test" and _parameters(r) == keys]
    drawn = picture(rows, prices, announced[0] if announced else None, advised.band)
    if not drawn:
        return ""
    signs = [
        (sample("pure", "disc"), "stable"),
        (sample("cycle", "square"), "not stable"),
        (sample("undecided", "diamond"), "undecided"),
        (sample("pure bold"), "the best of the stable ones up to a cost"),
    ]
    if advised.band:
        words = "becomes stable within it in 95 % of what your data allow"
        signs.append((sample("band pure", "area"), words))
    notes = []
    if any(len(costs_of(row)) > 1 for row in rows) and prices is None:
        notes.append("A setting that costs several resources stands on the scale of the last one.")
    if left := sum(not in_picture(row) for row in rows):
        notes.append(f"Not shown, as no equilibrium is predicted: {left} of {len(rows)} settings.")
    return (
        f'<figure class="picture"><figcaption>Ranking (Kendall tau to quality) against the designer\'s '
        f"cost of one evaluation</figcaption>{drawn}</figure>"
        f"{legend(signs)}{paragraph(' '.join(notes)) if notes else ''}"
    )


def _parameters(row: Row) -> dict[str, object]:
    given: dict[str, object] = json.loads(row["parameters"])
    return given


def _finding(finding: Finding) -> str:
    lines = "".join(f"<li>{escape(line)}</li>" for line in finding.lines)
    return f"<h2>{escape(finding.heading)}</h2>\n<ul>{lines}</ul>"


def _outcomes(rows: list[Row]) -> dict[str, str]:
    """Headings of the figures by column: the outcomes, and the resources that some setting costs."""
    costs = sorted({name for row in rows for name in row if name.startswith(COST) and row[name]})
    return OUTCOMES | {name: f"Designer's cost: {name.removeprefix(COST)}" for name in costs}


def _figure(column: str, heading: str, rows: list[Row]) -> str:
    """An outcome against the parameter, with a panel for each protocol."""
    kept = [row for row in rows if _known(column, row)]
    there = Counter(row["protocol"] for row in kept)
    axis = _axis(column, kept) if kept else None
    several = [name for name, count in there.items() if count > 1]
    drawn = [_panel(protocol, column, heading, axis, kept) for protocol in several] if axis else []
    single = [_value(column, row) for row in kept if there[row["protocol"]] == 1]
    without = [name for name in dict.fromkeys(row["protocol"] for row in rows) if name not in there]
    notes = [f"One setting: {'; '.join(single)}."] * bool(single)
    notes += [f"Not available for {', '.join(without)}."] * bool(without)
    note = paragraph(" ".join(notes)) if notes else ""
    return f"<h2>{escape(heading)}</h2>\n{panels(drawn)}{note}"


def _value(column: str, row: Row) -> str:
    """A setting and its value, or the range of it, in words."""
    low, high = _interval(column, row)
    value = f"{low:.4g} to {high:.4g}" if row[column] is None else f"{row[column]:,.4g}"
    return f"{label_of(row)}{_star(column, [row])} {value}"


def _star(column: str, rows: list[Row]) -> str:
    return " *" if column != "temptation" and any(row["concept"] == MYOPIC for row in rows) else ""


def _known(column: str, row: Row) -> bool:
    """Whether a row has a value of this column, or a range."""
    return row.get(column) is not None or row.get(f"{column}_low") is not None


def _axis(column: str, rows: list[Row]) -> Axis:
    values = [value for row in rows for value in _interval(column, row)]
    if column == "best_on_top":
        return linear_axis(0.0, 1.0)
    if column == "kendall_tau":
        return linear_axis(min(0.0, *values), 1.0)
    if column.startswith(COST) and min(values) > 0:
        return logarithmic_axis(min(values), max(values))
    return linear_axis(min(0.0, *values), max(values))


def _interval(column: str, row: Row) -> tuple[float, float]:
    low, high = (row.get(f"{column}_{end}") for end in ("low", "high"))
    return float(row[column] if low is None else low), float(row[column] if high is None else high)


def _panel(protocol: str, column: str, heading: str, axis: Axis, rows: list[Row]) -> tuple[str, str]:
    rows = [row for row in rows if row["protocol"] == protocol]
    given = [json.loads(row["parameters"]) for row in rows]
    names = _varied(given)
    points = [
        Point(
            ", ".join(_short(parameters.get(name, "")) for name in names),
            math.nan if row[column] is None else row[column],
            *_interval(column, row),
            regime="unpredicted" if row["play"] == UNPREDICTED else row["regime"],
            label=label_of(row),
        )
        for row, parameters in zip(rows, given, strict=True)
    ]
    return protocol + _star(column, rows), panel(
        points, axis, ", ".join(names), f"{heading} under {protocol}"
    )


def _varied(given: list[dict[str, object]]) -> list[str]:
    """Names of the parameters that differ between settings; all names if there is one setting."""
    names = list(dict.fromkeys(name for parameters in given for name in parameters))
    return [name for name in names if len(given) == 1 or len({shown(p.get(name)) for p in given}) > 1]


def _short(value: object) -> str:
    return f"{value:.5g}" if isinstance(value, float) else str(value)
