"""Rows of `training.compare_protocols`: their file, a table of them, and the cheapest stable settings.

A setting is stable if its predicted regime is ``pure``, and honest play is stable in enough draws of the
curves. Predictions differ in what they rest on, and settings in the resources that they cost the
designer. Neither is weighed here: the cheapest settings are listed for each basis, and without prices a
setting is listed if no other undercuts it in every resource.
"""

from __future__ import annotations

import importlib.util
import io
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from operator import itemgetter
from pathlib import Path
from typing import Any

from benchgame_env import Game
from benchgame_env.cli import commands
from benchgame_env.cli.uncertainty import CONFIDENCE
from benchgame_env.files import TABLE_LIMIT, naming, read_bytes, write_bytes
from benchgame_env.named_games import statement
from benchgame_env.records import parse_json
from benchgame_env.theory.design.play import MYOPIC
from benchgame_env.training.compare_protocols.rows import COST, NUMBERS, Row
from benchgame_env.training.run.storage import read_rows, write_rows
from benchgame_env.validate import LARGEST, checked_text, choice, number, shortened

FIRST = (
    "schema", "game", "game_digest", "version", "protocol", "parameters", "regime", "basis", "concept",
    "play",
)  # fmt: skip
LAST = ("measured", "method", "reason", "card", "error")
REGIMES = ("pure", "cycle", "undecided")
BASES = {
    "theorem": "by theorem",
    "search": "found and certified, perhaps not the only one",
    "simulation": "by simulated best responses",
}
ROUNDING = 1e-12  # of sums of pairs, divided by a root
Prices = Mapping[str, float]
Key = tuple[str, str]


def write_results(path: Path, rows: Iterable[Row]) -> None:
    """Write all ``rows`` as a Parquet file if ``path`` ends so, else as CSV; never half a file."""
    rows = list(rows)
    extra = sorted({name for row in rows for name in row} - {*FIRST, *NUMBERS, *LAST})
    ordered = [{name: row.get(name) for name in (*FIRST, *NUMBERS, *extra, *LAST)} for row in rows]
    if path.suffix != ".parquet":
        write_rows(path, ordered)
        return
    import pyarrow
    import pyarrow.parquet

    words, buffer = pyarrow.string(), io.BytesIO()
    kinds = [(name, words if name in (*FIRST, *LAST) else pyarrow.float64()) for name in ordered[0]]
    pyarrow.parquet.write_table(pyarrow.Table.from_pylist(ordered, pyarrow.schema(kinds)), buffer)
    with naming(path):
        path.parent.mkdir(parents=True, exist_ok=True)
    write_bytes(path, buffer.getvalue())


def read_results(path: Path) -> list[Row]:
    """Read rows as they were written; an empty list if there is no file.

    Raises
    ------
    ValueError
        If the file holds anything else.
    """
    if not path.exists():
        return []
    try:
        if path.suffix == ".parquet":
            return [_checked_row(row) for row in _parquet_rows(path)]
        rows = read_rows(path, (*FIRST, *NUMBERS, *LAST))
        return [_checked_row({name: cell or None for name, cell in row.items()}) for row in rows]
    except RecursionError:
        raise ValueError(f"{path} holds no rows of this command: it is nested too deeply") from None
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise ValueError(
            f"{path} holds no rows of this command ({type(error).__name__}: {error})"
        ) from error


def _parquet_rows(path: Path) -> list[Row]:
    import pyarrow.parquet

    file = pyarrow.parquet.ParquetFile(io.BytesIO(read_bytes(path, TABLE_LIMIT)))
    groups = [file.metadata.row_group(k) for k in range(file.metadata.num_row_groups)]
    if sum(group.total_byte_size for group in groups) > TABLE_LIMIT:
        raise ValueError("its columns are larger than what is read")
    rows: list[Row] = file.read().to_pylist()
    return rows


def _checked_row(row: Row) -> Row:
    """A row with numbers in columns of numbers and text in others; empty cells are None in ``row``."""
    if missing := [name for name in (*FIRST, *NUMBERS, *LAST) if name not in row]:
        raise ValueError(f"missing columns: {', '.join(missing)}")
    found = {name: _cell(name, value) for name, value in row.items()}
    if not isinstance(parse_json(found["parameters"]), dict):
        raise ValueError(f"parameters: expected an object, got {shortened(found['parameters'])}")
    if found["error"]:
        return found
    choice("regime", found["regime"], REGIMES)
    for name in ("kendall_tau", "best_on_top") if found["concept"] else ():
        low, high = found[f"{name}_low"], found[f"{name}_high"]
        if low is None or high is None or (found[name] is None and low == high):
            raise ValueError(f"{name}: expected a number, got nothing")
    return found


def _cell(name: str, value: Any) -> Any:
    if name in NUMBERS or name.startswith(COST):
        return None if value is None else number(name, value)
    return checked_text(name, "" if value is None else value)


def parquet_is_there() -> bool:
    """Whether Parquet files can be read and written."""
    return importlib.util.find_spec("pyarrow") is not None


def key_of(row: Row) -> Key:
    """What distinguishes the setting of a row from others, see `Setting.key`."""
    return row["protocol"], row["parameters"]


def label_of(row: Row) -> str:
    """The setting of a row, in words."""
    return commands.setting_label(row["protocol"], json.loads(row["parameters"]))


def costs_of(row: Row) -> dict[str, float]:
    """What a setting costs the designer, by resource; without resources that it does not use."""
    costs = {name: value for name, value in row.items() if name.startswith(COST) and value}
    return {name.removeprefix(COST): value for name, value in costs.items()}


def cost_words(row: Row) -> str:
    """What a setting costs the designer, in words; empty if nothing."""
    return " + ".join(f"{cost:,.6g} {resource}" for resource, cost in costs_of(row).items())


def is_stable(row: Row) -> bool:
    """Whether the predicted regime is ``pure``, its outcomes are known, and honest play is stable in
    enough draws of the curves, where this was looked at."""
    share = row.get("stable_share")
    sure = share is None or share >= CONFIDENCE
    return row["regime"] == "pure" and row["kendall_tau"] is not None and sure


def cheapest(rows: list[Row], prices: Prices | None = None) -> list[Row]:
    """The rows that no other undercuts: in total at ``prices``, without these in every resource."""
    if prices is not None:
        least = min((_total(row, prices) for row in rows), default=0.0)
        return [row for row in rows if _total(row, prices) == least]
    costs = [costs_of(row) for row in rows]
    return [row for row in rows if not any(_undercuts(other, costs_of(row)) for other in costs)]


def _total(row: Row, prices: Prices) -> float:
    return sum(prices[resource] * cost for resource, cost in costs_of(row).items())


def _undercuts(one: Prices, other: Prices) -> bool:
    resources = {*one, *other}
    at_most = all(one.get(name, 0.0) <= other.get(name, 0.0) for name in resources)
    return at_most and any(one.get(name, 0.0) < other.get(name, 0.0) for name in resources)


@dataclass(frozen=True)
class Finding:
    """A heading with its lines.

    Attributes
    ----------
    heading : str
        The heading.
    lines : list of str
        What was found.
    """

    heading: str
    lines: list[str]


def findings(
    rows: list[Row], tau: float, prices: Prices | None = None, reachable: float = 1.0
) -> list[Finding]:
    """The cheapest stable settings by basis, also among those whose Kendall tau is at least ``tau``
    times what is ``reachable``: where some qualities are equal, no board has a tau of 1."""
    stable, drawn = [row for row in rows if is_stable(row)], "in draws" in columns_of(rows)
    ordered = [row for row in stable if row["kendall_tau"] >= tau * reachable - ROUNDING]
    of = "" if reachable == 1 else f" of the {reachable:.3f} that a right board has (equal qualities)"
    terms = "no other is as cheap in every resource" if prices is None else "at " + _words(prices)
    found = [
        _finding(f"Cheapest stable settings ({terms})", stable, prices, drawn),
        _finding(
            f"Cheapest stable settings with Kendall tau of at least {tau:g}{of}", ordered, prices, drawn
        ),
    ]
    failed = [f"{label_of(row)}: {row['error']}" for row in rows if row["error"]]
    return found + ([Finding("Settings that failed", failed)] if failed else [])


def _finding(heading: str, rows: list[Row], prices: Prices | None, drawn: bool) -> Finding:
    lines = []
    for basis, words in BASES.items():
        groups: dict[tuple[Any, ...], list[Row]] = {}
        for row in cheapest([row for row in rows if row["basis"] == basis], prices):
            groups.setdefault((cost_words(row), f"{row['kendall_tau']:.3f}"), []).append(row)
        alone = ", on the fitted curves alone" * (drawn and basis != "theorem")
        lines += [f"{words}{alone}: {_group(group, prices)}" for group in groups.values()]
    return Finding(heading, lines or ["none"])


def _group(rows: list[Row], prices: Prices | None) -> str:
    """One line for settings of the same cost and ranking."""
    names = ", ".join(label_of(row) for row in rows)
    total = "" if prices is None else f", {_total(rows[0], prices):,.6g} in all"
    cost = cost_words(rows[0]) or "nothing that is counted"
    worths = [row["largest_worth"] for row in rows if row["largest_worth"] is not None]
    while_ = f"; stable {commands.worth_words(min(worths))}" if worths else ""
    shares = [row["stable_share"] for row in rows if row.get("stable_share") is not None]
    sure = f"; stable in {min(shares):.1%} of draws" if shares else ""
    return f"{names}; costs {cost}{total}; Kendall tau {rows[0]['kendall_tau']:.3f}{sure}{while_}"


def _words(prices: Prices) -> str:
    return ", ".join(f"{name}={price:g}" for name, price in prices.items())


def columns_of(rows: Iterable[Row]) -> tuple[str, ...]:
    """The columns of `HEADER` that say something of ``rows``: without draws, none on draws."""
    drawn = any(row.get("stable_share") is not None for row in rows)
    return tuple(name for name in HEADER if drawn or name != "in draws")


def cells(row: Row, header: Sequence[str] = ()) -> list[str]:
    """A row as text, in the columns of ``header``, by default those of `HEADER`."""
    header = header or HEADER
    if row["error"]:
        return [label_of(row), "failed", *[""] * (len(header) - 2)]
    return [COLUMNS[name](row) for name in header]


def _number(name: str, form: str, row: Row) -> str:
    return "" if row.get(name) is None else f"{row[name]:{form}}"


def _marked(name: str, form: str, row: Row) -> str:
    """An outcome: with its margin if it was simulated, from and to if it depends on the order of first
    submissions, and with a star if it is not that of an equilibrium."""
    value, low, high = (row[name + end] for end in ("", "_low", "_high"))
    if low is None:
        return ""
    words = f"{low:{form}} to {high:{form}}"
    if value is not None:
        half = (high - low) / 2
        words = f"{value:{form}}" + (f" ± {half:{form}}" if half else "")
    return words + ("*" if row["concept"] == MYOPIC else "")


def _temptation(row: Row) -> str:
    low, high = row["temptation_low"], row["temptation_high"]
    words = _number("temptation", ".3g", row)
    if low is None:
        return words
    return f"{words} ({low:.2g} to {high:.2g})~" if high > low else f"{words}~"


def _certificate(row: Row) -> str:
    gain = _number("one_round_gain", ".2g", row)
    return f"{gain}*" if gain else _number("nash_conv", ".2g", row)


COLUMNS: dict[str, Callable[[Row], str]] = {
    "setting": label_of,
    "regime": itemgetter("regime"),
    "in draws": partial(_number, "stable_share", ".1%"),
    "basis": itemgetter("basis"),
    "play": itemgetter("play"),
    "tau": partial(_marked, "kendall_tau", ".3f"),
    "best on top": partial(_marked, "best_on_top", ".3f"),
    "burnt": partial(_marked, "effort_share", ".1%"),
    "temptation": _temptation,
    "NashConv": _certificate,
    "withstands": lambda row: _number("largest_worth", ",.4g", row).replace(f"{LARGEST:,.4g}", "any"),
    "cost": cost_words,
}
HEADER = tuple(COLUMNS)
NOTES = {
    "regime": "pure: a pure equilibrium is predicted, the setting is stable; cycle: there is none; "
    "undecided: no prediction",
    "in draws": "the share of draws of the curves in which honest play is stable (of the first 100 "
    "where one has to be looked at after another); empty where boards are drawn or remember",
    "basis": "what the regime rests on: theorem; search: an equilibrium was found and certified where "
    "scores are drawn, perhaps not the only one; simulation: best responses in turn, one round ahead, "
    "under a rule that remembers",
    "play": "the predicted play, which the other columns describe; where none is predicted there are no "
    "outcomes, and the reason is in the file of the rows",
    "*": "best responses one round ahead, under a rule that remembers: not an equilibrium, so not to be "
    "compared with rows without a star; a range where the outcome depends on who hands in first",
    "tau": "Kendall tau between board and latent quality; ± where simulated, 95 %",
    "best on top": "probability that the best model has rank 1",
    "burnt": "cost of all efforts over the sum of prizes; in the long run where a rule remembers",
    "temptation": "the largest gain of a developer who leaves the honest profile, prize units; ~: "
    "the largest of the constant efforts that were tried (mean payoff of 20 rounds where the rule "
    "remembers), with its 95 % interval where boards are simulated",
    "NashConv": "certificate of the play over all efforts, prize units; *: the largest gain by "
    "another effort of a developer who revises, one round ahead",
    "withstands": "the largest worth of a rank at which honest play is stable, effort units",
    "cost": "the designer's cost of one evaluation, as far as the rule counts it: tuning in effort "
    "units, test items, refreshed tests",
}


def stable_words(rows: list[Row]) -> str:
    """How many settings are stable, and what that means."""
    sure = ""
    if "in draws" in columns_of(rows):
        sure = (
            f", and honest play is stable in at least {CONFIDENCE:.0%} of draws where that was looked at"
        )
    count = sum(is_stable(row) for row in rows)
    return f"{count} of {len(rows)} settings are stable: their predicted regime is pure{sure}."


def text(game: Game, rows: list[Row], found: list[Finding], first: Sequence[str] = ()) -> str:
    """The report for a terminal, which begins with the sentences ``first``."""
    header = columns_of(rows)
    table = commands.table(list(header), [cells(row, header) for row in rows])
    starred = [f"*: {NOTES['*']}."] if any(row["concept"] == MYOPIC for row in rows) else []
    parts = [
        *filter(None, first),
        table,
        *starred,
        stable_words(rows),
        f"Taken for granted: {statement(game)}.",
    ]
    parts += ["\n  ".join([finding.heading, *finding.lines]) for finding in found]
    return "\n\n".join(parts)
