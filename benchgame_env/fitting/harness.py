"""Checkpoints from what evaluation harnesses write: lm-evaluation-harness and lighteval.

Both write one JSON file an evaluation. lm-evaluation-harness has, in ``results[task]``, scores called
``metric,filter`` beside ``metric_stderr,filter`` (which may be ``"N/A"``), and the number of items in
``n-samples``. lighteval has, in ``results["suite|task|shots"]``, ``metric`` beside ``metric_stderr``.
How many steps of fine-tuning a model has had is in its name, or in a table of the user.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchgame_env.csv_rows import csv_rows
from benchgame_env.files import TABLE_LIMIT, PathLike, read_text
from benchgame_env.fitting.checkpoints import Bar, Checkpoint, checkpoints_of
from benchgame_env.records import reading
from benchgame_env.validate import choice

STEPS = r"step[-_]?(\d+)"
TABLE = ("name", "model", "steps")
STDERR = "_stderr"


@dataclass(frozen=True)
class Score:
    """One score in a file.

    Attributes
    ----------
    task, metric, filter : str
        What was measured; the filter is empty where the harness has none.
    value : object
        The score, as the file has it.
    stderr : object
        Its standard error; None where the file does not know it.
    items : object
        Number of test items; None where the file does not say.
    """

    task: str
    metric: str
    filter: str
    value: Any
    stderr: Any
    items: Any


def read_harness(
    path: PathLike,
    steps: str = STEPS,
    benchmark: str | None = None,
    metric: str | None = None,
    filter: str | None = None,
    bar: Bar = iter,
) -> list[Checkpoint]:
    """The checkpoints of one benchmark in a folder of results.

    Parameters
    ----------
    path : str or path
        A file of results, or a folder: all ``*.json`` files in it, however deep, that have ``results``.
    steps : str
        A pattern whose first group is the number of steps, looked for in the name of the model and then
        of the file; what is left of the model's name is the model. Or a CSV file with the columns
        ``name`` (of the model or the file), ``model`` and ``steps``.
    benchmark, metric, filter : str, optional
        Which task, metric and filter, where the files have several.
    bar : callable, optional
        Shows progress while it passes on the files.

    Returns
    -------
    list of Checkpoint

    Raises
    ------
    ValueError
        Names the file; of several tasks, metrics or filters it lists the choices.
    """
    files = _files(Path(path))
    evaluations = [(file, content) for file in bar(files) if (content := _content(file)) is not None]
    if not evaluations:
        raise ValueError(f"{path}: no file has results of lm-evaluation-harness or lighteval")
    scores = {file: list(_scores(content)) for file, content in evaluations}
    found = [score for own in scores.values() for score in own]
    chosen = _chosen(found, {"benchmark": benchmark, "metric": metric, "filter": filter})
    model_of = _table(steps) if str(steps).endswith(".csv") else _pattern(steps)
    rows = []
    for file, content in evaluations:
        for score in scores[file]:
            if (score.task, score.metric, score.filter) == chosen:
                rows.append((file, _row(file, content, score, model_of)))
    return _checkpoints(rows)


def _files(path: Path) -> list[Path]:
    if path.is_file():
        return [path]
    if not path.is_dir():
        raise ValueError(f"{path} is missing")
    return sorted(path.rglob("*.json"))


def _content(file: Path) -> dict[str, Any] | None:
    """A file of results; None for other JSON."""
    with reading(file):
        content = json.loads(read_text(file, TABLE_LIMIT))
    known = isinstance(content, dict) and isinstance(content.get("results"), dict)
    return content if known else None


def _scores(content: Mapping[str, Any]) -> Iterator[Score]:
    """All scores of a file; the mean over tasks that lighteval adds is none of them."""
    for key, values in content["results"].items():
        if not isinstance(values, dict) or key == "all":
            continue
        for name, value in values.items():
            metric, _, filter_ = name.partition(",")
            if metric.endswith(STDERR) or isinstance(value, (str, dict, list)) or value is None:
                continue
            stderr = values.get(f"{metric}{STDERR}" + f",{filter_}" * bool(filter_))
            known = isinstance(stderr, (int, float)) and not isinstance(stderr, bool)
            yield Score(key, metric, filter_, value, stderr if known else None, _items(content, key))


def _items(content: Mapping[str, Any], key: str) -> Any:
    counted = content.get("n-samples", {}).get(key, {})
    if isinstance(counted, dict) and "effective" in counted:
        return counted["effective"]
    config = content.get("config_tasks", {}).get(key, {})
    return config.get("effective_num_docs") if isinstance(config, dict) else None


def _chosen(found: list[Score], wanted: Mapping[str, str | None]) -> tuple[str, str, str]:
    """Task, metric and filter, each the one that is wanted or the only one there is."""
    names = {"benchmark": "task", "metric": "metric", "filter": "filter"}
    for option, field in names.items():
        there = sorted({getattr(score, field) for score in found})
        name = wanted[option]
        if name is None and len(there) != 1:
            listed = ", ".join(there) or "none"
            raise ValueError(f"{option}: choose one of {listed} (--{option})")
        if name is None:
            continue
        short = [full for full in there if name in (full, _short(full))]
        full = short[0] if len(short) == 1 else choice(option, name, there)
        found = [score for score in found if getattr(score, field) == full]
    return found[0].task, found[0].metric, found[0].filter


def _short(task: str) -> str:
    """The task in lighteval's ``suite|task|shots``."""
    parts = task.split("|")
    return parts[1] if len(parts) > 2 else task


def _name(file: Path, content: Mapping[str, Any]) -> str:
    """What the harness calls the model; else the name of its folder."""
    general = content.get("config_general") or content.get("config") or {}
    arguments = dict(
        part.partition("=")[::2] for part in str(general.get("model_args", "")).split(",") if "=" in part
    )
    names = (content.get("model_name"), general.get("model_name"), arguments.get("pretrained"))
    return next((str(name) for name in names if name), file.parent.name)


def _pattern(pattern: str) -> Any:
    try:
        known = re.compile(pattern)
    except re.error as error:
        raise ValueError(f"steps: {pattern!r} is no pattern: {error}") from None
    if not known.groups:
        raise ValueError(f"steps: {pattern!r} has no group, such as (\\d+), that is the number of steps")

    def model_of(file: Path, name: str) -> tuple[str, Any]:
        if match := known.search(name):
            return _without(name, match), match[1]
        if match := known.search(file.as_posix()):
            return name, match[1]
        raise ValueError(
            f"{file}: model {name!r}: neither its name nor that of the file has steps like {pattern!r}; "
            f"give another pattern, or a CSV file with the columns {', '.join(TABLE)} (--steps)"
        )

    return model_of


def _without(name: str, match: re.Match[str]) -> str:
    left = name[: match.start()].rstrip("-_./@ ") + name[match.end() :]
    return left.strip("-_./@ ") or name


def _table(path: str) -> Any:
    with reading(Path(path)):
        rows = {row["name"]: (row["model"], row["steps"]) for _, row in csv_rows(path, TABLE)}

    def model_of(file: Path, name: str) -> tuple[str, Any]:
        for known in (name, file.name, file.stem, file.parent.name):
            if known in rows:
                return rows[known]
        raise ValueError(f"{file}: {path} has no row for the model {name!r} or the file {file.name!r}")

    return model_of


def _row(file: Path, content: Mapping[str, Any], score: Score, model_of: Any) -> dict[str, Any]:
    model, steps = model_of(file, _name(file, content))
    row = {"benchmark": _short(score.task), "model": model, "steps": steps, "score": score.value}
    if score.stderr is not None:
        return row | {"stderr": score.stderr}
    if score.items is None:
        raise ValueError(
            f"{file}: {score.metric} has no standard error, and the file no number of items"
        )
    return row | {"items": score.items}


def _checkpoints(rows: list[tuple[Path, dict[str, Any]]]) -> list[Checkpoint]:
    """Every row validated; errors name the file."""
    found, first = [], dict[tuple[str, float], Path]()
    for file, row in rows:
        try:
            [point] = checkpoints_of([(1, row)])
        except ValueError as error:
            raise ValueError(f"{file}: {str(error).removeprefix('row 1: ')}") from None
        other = first.setdefault((point.model, point.steps), file)
        if other != file:
            raise ValueError(
                f"{other} and {file} both have model {point.model!r} at {point.steps:g} steps; keep one"
            )
        found.append(point)
    return found
