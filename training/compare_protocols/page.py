"""A comparison of protocols as one HTML page that needs no other file, on a screen, a phone or paper."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from html import escape

from benchgame_env import Game
from benchgame_env.cli.commands import shown
from benchgame_env.named_games import statement
from benchgame_env.training.compare_protocols.figures import SHAPES, Point, panel
from benchgame_env.training.compare_protocols.results import (
    NOTES,
    Finding,
    cells,
    columns_of,
    is_stable,
    label_of,
    stable_words,
)
from benchgame_env.training.compare_protocols.rows import COST, MYOPIC, UNPREDICTED, Row
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
.first { font-size: 1.25rem; line-height: 1.35; font-weight: 600; margin: .4rem 0; }
.pure { color: #0b5394; } .cycle { color: #b45309; } .undecided, .unpredicted { color: #777; }
.joined { stroke: #888; stroke-width: 1; }
@media print { table { font-size: 6.5pt; } }
"""


def page(
    name: str,
    description: str,
    game: Game,
    rows: list[Row],
    found: list[Finding],
    first: Sequence[str] = (),
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
    first : sequence of str
        What the page begins with.
    """
    header = columns_of(rows)
    return document(
        f"Protocols compared on {name}",
        [
            *(f'<p class="first">{escape(words)}</p>' for words in first[:1] if words),
            *(paragraph(words) for words in first[1:] if words),
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
    there = dict.fromkeys(row["protocol"] for row in kept)
    axis = _axis(column, kept) if kept else None
    drawn = [_panel(protocol, column, heading, axis, kept) for protocol in there] if axis else []
    without = [name for name in dict.fromkeys(row["protocol"] for row in rows) if name not in there]
    note = paragraph(f"Not available for {', '.join(without)}.") if without else ""
    return f"<h2>{escape(heading)}</h2>\n{panels(drawn)}{note}"


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
    star = " *" if column != "temptation" and any(row["concept"] == MYOPIC for row in rows) else ""
    return protocol + star, panel(points, axis, ", ".join(names), f"{heading} under {protocol}")


def _varied(given: list[dict[str, object]]) -> list[str]:
    """Names of the parameters that differ between settings; all names if there is one setting."""
    names = list(dict.fromkeys(name for parameters in given for name in parameters))
    return [name for name in names if len(given) == 1 or len({shown(p.get(name)) for p in given}) > 1]


def _short(value: object) -> str:
    return f"{value:.5g}" if isinstance(value, float) else str(value)
