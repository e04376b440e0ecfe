"""A comparison of protocols as one HTML page that needs no other file, on a screen, a phone or paper."""

from __future__ import annotations

import json
from html import escape

import benchgame_env as bg
from benchgame_env import Game
from training.protocol_figures import Axis, Point, linear_axis, logarithmic_axis, marker, panel
from training.protocol_ranges import shown
from training.protocol_results import HEADER, NOTES, Finding, cells, is_stable, label_of
from training.protocol_rows import COST, HONEST, Row

OUTCOMES = {
    "kendall_tau": "Kendall tau to quality",
    "best_on_top": "Probability that the best model is on top",
    "effort_share": "Effort burnt, share of the prizes",
    "temptation": "Temptation, prize units",
}
REGIMES = {
    "pure": "pure: stable",
    "cycle": "cycle: no pure equilibrium",
    "undecided": "undecided; an equilibrium all the same",
    "unpredicted": "nothing predicted, honest play",
}
STYLE = """
:root { color-scheme: light; }
body { font: 16px/1.5 system-ui, sans-serif; color: #1a1a1a; background: #fff;
  margin: 0 auto; max-width: 76rem; padding: 1rem; }
h1 { line-height: 1.2; } h2 { margin: 2.2rem 0 .6rem; } h3 { font-size: .85rem; margin: 0; }
li, p { overflow-wrap: anywhere; max-width: 60rem; }
.panels { display: grid; gap: 1rem;
  grid-template-columns: repeat(auto-fill, minmax(min(100%, 15rem), 1fr)); }
.panel { break-inside: avoid; margin: 0; } svg { width: 100%; height: auto; display: block; }
.legend span { display: inline-block; margin-right: 1.2rem; }
.legend svg { display: inline; width: 14px; height: 14px; vertical-align: -2px; }
.tick { font-size: 10px; fill: #444; } .name { font-size: 11px; fill: #1a1a1a; }
.grid { stroke: #ddd; } .line { fill: none; stroke: #888; }
.pure { fill: #0b5394; stroke: #0b5394; } .cycle { fill: #fff; stroke: #b45309; stroke-width: 2; }
.undecided { fill: #bbb; stroke: #555; } .unpredicted { fill: none; stroke: #777; stroke-width: 2; }
.scroll { overflow-x: auto; } table { border-collapse: collapse; font-size: .85rem; }
th, td { padding: .25rem .6rem; border-bottom: 1px solid #ddd; text-align: right; white-space: nowrap; }
th:first-child, td:first-child { text-align: left; } tr.stable td:first-child { font-weight: 600; }
dt { font-weight: 600; } dd { margin: 0 0 .4rem 1rem; }
@media print { body { font-size: 10pt; max-width: none; padding: 0; } .scroll { overflow: visible; }
  .panels { grid-template-columns: repeat(3, 1fr); } table { font-size: 6.5pt; }
  th, td { padding: .1rem .25rem; white-space: normal; } tr { break-inside: avoid; } }
"""


def page(name: str, description: str, game: Game, rows: list[Row], found: list[Finding]) -> str:
    """The whole page.

    Parameters
    ----------
    name, description: of the game, in words.
    rows, found: see `training.protocol_results`.
    """
    title = f"Protocols compared on {name}"
    stable = sum(is_stable(row) for row in rows)
    parts = [
        f"<h1>{escape(title)}</h1>",
        f"<p>{escape(description)} Developers, best first: {escape(', '.join(game.names))}. "
        f"{stable} of {len(rows)} settings are stable: their predicted regime is pure.</p>",
        *(_finding(finding) for finding in found),
        _legend(),
        *(_figure(column, heading, rows) for column, heading in _outcomes(rows).items()),
        _table(rows),
        _notes(),
        f"<footer><p>benchgame-env {escape(bg.__version__)}</p></footer>",
    ]
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escape(title)}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n"
        + "\n".join(parts)
        + "\n</body>\n</html>\n"
    )


def _finding(finding: Finding) -> str:
    lines = "".join(f"<li>{escape(line)}</li>" for line in finding.lines)
    return f"<h2>{escape(finding.heading)}</h2>\n<ul>{lines}</ul>"


def _legend() -> str:
    spans = "".join(
        f'<span><svg viewBox="0 0 14 14">{marker(regime, 7, 7)}</svg> {escape(words)}</span>'
        for regime, words in REGIMES.items()
    )
    return (
        f'<h2>Figures</h2>\n<p class="legend">{spans}</p>\n<p>Settings stand in order, not to scale.</p>'
    )


def _outcomes(rows: list[Row]) -> dict[str, str]:
    """Columns that have a figure: the outcomes, and the resources that some setting costs."""
    costs = sorted({name for row in rows for name in row if name.startswith(COST) and row[name]})
    return OUTCOMES | {name: f"Designer's cost: {name.removeprefix(COST)}" for name in costs}


def _figure(column: str, heading: str, rows: list[Row]) -> str:
    """An outcome against the parameter, a panel for each protocol."""
    kept = [row for row in rows if row.get(column) is not None]
    without = list(dict.fromkeys(row["protocol"] for row in rows))
    panels = []
    if kept:
        axis = _axis(column, kept)
        for protocol in dict.fromkeys(row["protocol"] for row in kept):
            panels.append(_panel(protocol, column, heading, axis, kept))
            without.remove(protocol)
    note = f"<p>Not there for {escape(', '.join(without))}.</p>" if without else ""
    return f'<h2>{escape(heading)}</h2>\n<div class="panels">{"".join(panels)}</div>{note}'


def _axis(column: str, rows: list[Row]) -> Axis:
    values = [value for row in rows for value in (row[column], *_interval(column, row))]
    if column == "best_on_top":
        return linear_axis(0.0, 1.0)
    if column == "kendall_tau":
        return linear_axis(min(0.0, *values), 1.0)
    if column.startswith(COST) and min(values) > 0:
        return logarithmic_axis(min(values), max(values))
    return linear_axis(min(0.0, *values), max(values))


def _interval(column: str, row: Row) -> tuple[float, float]:
    low, high = row.get(f"{column}_low", row[column]), row.get(f"{column}_high", row[column])
    return float(low), float(high)  # type: ignore[arg-type]


def _panel(protocol: str, column: str, heading: str, axis: Axis, rows: list[Row]) -> str:
    rows = [row for row in rows if row["protocol"] == protocol]
    given = [json.loads(row["parameters"]) for row in rows]
    names = _varied(given)
    points = [
        Point(
            ", ".join(_short(parameters.get(name, "")) for name in names),
            row[column],
            *_interval(column, row),
            regime="unpredicted" if row["play"] == HONEST else row["regime"],
            label=label_of(row),
        )
        for row, parameters in zip(rows, given, strict=True)
    ]
    description = f"{heading} under {protocol}"
    drawn = panel(points, axis, ", ".join(names), description)
    return f'<figure class="panel"><h3>{escape(protocol)}</h3>{drawn}</figure>'


def _varied(given: list[dict[str, object]]) -> list[str]:
    """Names of the parameters that differ between settings; of a single setting, all."""
    names = list(dict.fromkeys(name for parameters in given for name in parameters))
    return [name for name in names if len(given) == 1 or len({shown(p.get(name)) for p in given}) > 1]


def _short(value: object) -> str:
    return f"{value:.5g}" if isinstance(value, float) else str(value)


def _table(rows: list[Row]) -> str:
    head = "".join(f'<th scope="col">{escape(name)}</th>' for name in HEADER)
    body = "\n".join(_line(row) for row in rows)
    return (
        f'<h2>All settings</h2>\n<div class="scroll"><table><thead><tr>{head}</tr></thead>\n'
        f"<tbody>{body}</tbody></table></div>"
    )


def _line(row: Row) -> str:
    kind = ' class="stable"' if is_stable(row) else ""
    return f"<tr{kind}>" + "".join(f"<td>{escape(cell)}</td>" for cell in cells(row)) + "</tr>"


def _notes() -> str:
    listed = "".join(f"<dt>{escape(name)}</dt><dd>{escape(words)}</dd>" for name, words in NOTES.items())
    return f"<h2>What the columns say</h2>\n<dl>{listed}</dl>"
