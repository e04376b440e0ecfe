"""From measured checkpoints to score curves: the fit, its residuals, and the models that are rejected.

A checkpoint is the score of one model on one benchmark after some fine-tuning steps. `fit` describes
each model's checkpoints by `benchgame_env.curves.ScalingLaw`, effort in raw steps::

    log((v - L) / (U - v)) = alpha + beta * log(1 + steps)

and rejects by name the models that the law does not describe; `benchgame_env._scaling_fit` says how.
"""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, fields
from typing import Any

import numpy as np

from benchgame_env._scaling_fit import PARAMETERS, fit_law
from benchgame_env.csv_rows import csv_rows
from benchgame_env.curves import ScalingLaw
from benchgame_env.files import read_text, write_text
from benchgame_env.records import fields_of, parse_json, read, record_text
from benchgame_env.validate import checked_name, checked_text, choice, integer, number

SCHEMA = 1  # of the file of a calibration
COLUMNS = ("benchmark", "model", "steps", "score", "stderr")
ITEMS = "items"  # may stand in the place of stderr
Bar = Callable[[Iterable[Any]], Iterable[Any]]
MOST_CHECKPOINTS = 1000  # of one model: all pairs of them are compared


@dataclass(frozen=True)
class Checkpoint:
    """One measured score.

    Parameters
    ----------
    benchmark, model : str
        Non-empty names.
    steps : float
        Fine-tuning steps, >= 0.
    score : float
        Accuracy in [0, 1].
    stderr : float
        Standard error of the score, in [0, 1].

    Raises
    ------
    ValueError
        Names the model and the column.

    Notes
    -----
    Numbers may be given as text.
    """

    benchmark: str
    model: str
    steps: float
    score: float
    stderr: float

    def __post_init__(self) -> None:
        for column in ("benchmark", "model"):
            object.__setattr__(self, column, checked_name(column, getattr(self, column)))
        for column in ("steps", "score", "stderr"):
            value = number(f"model {self.model!r}: {column}", getattr(self, column), low=0)
            object.__setattr__(self, column, value)
        for column in ("score", "stderr"):
            value = getattr(self, column)
            if value > 1:
                raise ValueError(f"model {self.model!r}: {column}: must be in [0, 1], got {value:g}")


@dataclass(frozen=True)
class ModelFit:
    """The law fitted to one model, and how well it fits.

    Attributes
    ----------
    name : str
        The model.
    checkpoints : int
        Number of checkpoints, >= 4.
    first_steps, last_steps : float
        Fine-tuning steps of the first and the last checkpoint.
    lower, upper, intercept, slope : float
        Parameters of the law, as in `benchgame_env.curves.ScalingLaw`.
    upper_stderr : float
        Standard error of the ceiling, with all four parameters free.
    rms_residual, max_residual : float
        Root mean square and largest absolute residual, in standard errors of the checkpoints.
    """

    name: str
    checkpoints: int
    first_steps: float
    last_steps: float
    lower: float
    upper: float
    upper_stderr: float
    intercept: float
    slope: float
    rms_residual: float
    max_residual: float

    def __post_init__(self) -> None:
        integer(f"{self.name}: checkpoints", self.checkpoints, low=PARAMETERS)
        for key in [f.name for f in fields(self)][2:]:
            object.__setattr__(self, key, number(f"{self.name}: {key}", getattr(self, key)))


@dataclass(frozen=True)
class Calibration:
    """Score curves fitted to one benchmark's checkpoints.

    Parameters
    ----------
    benchmark : str
        Its name.
    report : tuple of ModelFit
        One `ModelFit` per usable model, best ceiling first, at least one.
    rejected : dict, optional
        Model name to the reason, in one sentence, why it has no curve.
    source : str, optional
        Where the checkpoints come from, free text.
    """

    benchmark: str
    report: tuple[ModelFit, ...]
    rejected: dict[str, str] = field(default_factory=dict)
    source: str = ""

    def __post_init__(self) -> None:
        ceilings = [fitted.upper for fitted in self.report]
        if ceilings != sorted(ceilings, reverse=True):
            raise ValueError(f"report: order models best ceiling first, got {ceilings}")
        names = [*self.names, *self.rejected]
        if len(set(names)) != len(names):
            raise ValueError(f"report, rejected: need distinct models, got {names}")
        for model in names:
            checked_name("report, rejected", model)
        checked_name("benchmark", self.benchmark)
        for words in (self.source, *self.rejected.values()):
            checked_text("source, rejected", words)
        _ = self.curves  # refuses parameters that are no scaling law

    @property
    def names(self) -> tuple[str, ...]:
        """The usable models, best ceiling first."""
        return tuple(fitted.name for fitted in self.report)

    @property
    def curves(self) -> ScalingLaw:
        """The curves of the usable models, in the same order; effort in fine-tuning steps."""
        return ScalingLaw(
            *(
                [getattr(fitted, key) for fitted in self.report]
                for key in ("lower", "upper", "intercept", "slope")
            )
        )

    @property
    def ranges(self) -> dict[str, tuple[float, float]]:
        """First and last measured steps of each usable model."""
        return {fitted.name: (fitted.first_steps, fitted.last_steps) for fitted in self.report}

    def table(self) -> str:
        """The residuals as plain text; below them the rejected models, each with its reason."""
        width = max(map(len, self.names))
        lines = [
            f"{self.benchmark}: {len(self.report)} models fitted, {len(self.rejected)} rejected",
            f"{'model':{width}}  points       steps  floor  ceiling  stderr"
            "    alpha    beta  residual: rms   max",
        ]
        for f in self.report:
            lines.append(
                f"{f.name:{width}}  {f.checkpoints:6} {f'{f.first_steps:g}-{f.last_steps:g}':>11}"
                f"  {f.lower:5.3f}  {f.upper:7.3f}  {f.upper_stderr:6.3f}"
                f" {f.intercept:8.2f}  {f.slope:6.2f}  {f.rms_residual:13.2f} {f.max_residual:5.2f}"
            )
        lines.append("Residuals are in units of the checkpoints' standard errors.")
        lines += [f"rejected {name}: {reason}" for name, reason in self.rejected.items()]
        return "\n".join([*lines, f"Source: {self.source}"] if self.source else lines)

    __str__ = table

    def to_json(self) -> str:
        """JSON that `load` turns back into the very same numbers."""
        return record_text(self, SCHEMA)

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write `to_json` to ``path``. If that fails, ``path`` is left as it was."""
        write_text(path, self.to_json())

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> Calibration:
        """Read a file that `save` wrote; ValueError names a path that is missing or not such a file."""
        try:
            found: Calibration = read(cls, fields_of(parse_json(read_text(path)), SCHEMA), "")
            return found
        except OSError as error:
            raise ValueError(f"{path}: cannot be read: {error.strerror}") from None
        except RecursionError:
            raise ValueError(f"{path}: not a calibration file: it is nested too deeply") from None
        except ValueError as error:
            raise ValueError(f"{path}: not a calibration file: {error}") from None


def read_csv(path: str | os.PathLike[str], bar: Bar = iter) -> list[Checkpoint]:
    """The checkpoints in a CSV file with (at least) the columns of `COLUMNS`.

    In the place of ``stderr``, or where its cell is empty, there may be ``items``, see `fit`. ``bar``
    shows progress while it passes on the rows.

    Raises
    ------
    ValueError
        Names the file and, counting the header as row 1, the row and column at fault.
    """
    try:
        return _checkpoints(bar(csv_rows(path, COLUMNS[:4], (COLUMNS[4], ITEMS))))
    except OSError as error:
        raise ValueError(f"{path}: cannot be read: {error.strerror}") from None
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from None


def fit(
    rows: Iterable[Any], benchmark: str | None = None, source: str = "", bar: Bar = iter
) -> Calibration:
    """Fit the law to every model of one benchmark, or reject the model by name.

    A model is rejected, in this order, if

    * it has fewer checkpoints than the law has parameters (4), or more than `MOST_CHECKPOINTS`;
    * a checkpoint has stderr 0, so that its weight is not defined;
    * tuning harms it: its score falls by more than noise explains;
    * it has no measurable gain, such as a model that never leaves chance;
    * its ceiling is not identified: two standard errors of it exceed the whole gain;
    * its rms residual exceeds two stderr.

    The criteria, their thresholds and reasons are in `benchgame_env._scaling_fit`.

    Parameters
    ----------
    rows : iterable of Checkpoint or mapping
        `Checkpoint` objects, or mappings with the keys of `COLUMNS` (numbers may be text), such as the
        rows of ``csv.DictReader`` or ``frame.to_dict("records")``. In the place of ``stderr`` there may
        be ``items``, the number of test items, for ``stderr = sqrt(score (1 - score) / items)``; a score
        below that of one right answer, or above that of one wrong one, has the stderr of one.
    benchmark : str, optional
        Which one to fit; may be left out if the rows hold only one.
    source : str, optional
        Kept with the result.
    bar : callable, optional
        Shows progress while it passes on the models, as ``tqdm.tqdm`` does.

    Returns
    -------
    Calibration
        The fitted curves, and the residuals of every model.

    Raises
    ------
    ValueError
        An invalid or duplicate row (counted from 1), an unclear benchmark, or no usable model at all.

    Examples
    --------
    >>> import benchgame_env as bg
    >>> law = bg.curves.ScalingLaw([0.1], [0.8], [-6.0], [1.2])  # floor 0.1 and ceiling 0.8
    >>> steps = [0, 30, 100, 300, 1000, 3000, 10000, 30000]
    >>> row = {"benchmark": "quiz", "model": "a", "stderr": 0.01}
    >>> rows = [{**row, "steps": x, "score": law.score([x])[0]} for x in steps]
    >>> bg.calibration.fit(rows).curves.upper.round(3).tolist()
    [0.8]
    """
    checkpoints = _checkpoints(enumerate(rows, 1))
    benchmark = _one_benchmark(checkpoints, benchmark)
    models: dict[str, list[Checkpoint]] = {}
    for point in checkpoints:
        if point.benchmark == benchmark:
            models.setdefault(point.model, []).append(point)
    outcomes = {model: _fit_model(model, models[model]) for model in bar(sorted(models))}
    rejected = {model: reason for model, reason in outcomes.items() if isinstance(reason, str)}
    report = [fitted for fitted in outcomes.values() if isinstance(fitted, ModelFit)]
    if not report:
        reasons = "; ".join(f"{model}: {reason}" for model, reason in rejected.items())
        raise ValueError(f"{benchmark}: every model is rejected: {reasons}")
    report.sort(key=lambda fitted: -fitted.upper)
    return Calibration(benchmark, tuple(report), rejected, source)


def _fit_model(model: str, checkpoints: list[Checkpoint]) -> ModelFit | str:
    if not PARAMETERS <= len(checkpoints) <= MOST_CHECKPOINTS:
        return (
            f"it has {len(checkpoints):,} checkpoints; a fit takes {PARAMETERS} to {MOST_CHECKPOINTS:,}."
        )
    points = sorted(checkpoints, key=lambda point: point.steps)
    steps, score, stderr = np.array([(p.steps, p.score, p.stderr) for p in points]).T
    law = fit_law(steps, score, stderr)
    if isinstance(law, str):
        return law
    return ModelFit(model, len(points), float(steps[0]), float(steps[-1]), *law)


def _checkpoints(numbered_rows: Iterable[tuple[int, Any]]) -> list[Checkpoint]:
    """Every row validated; errors name the row."""
    seen: dict[tuple[str, str, float], int] = {}
    result = []
    for row_number, row in numbered_rows:
        try:
            point = _checkpoint(row)
        except ValueError as error:
            raise ValueError(f"row {row_number}: {error}") from None
        first = seen.setdefault((point.benchmark, point.model, point.steps), row_number)
        if first != row_number:
            raise ValueError(
                f"rows {first} and {row_number}: duplicate checkpoint of model {point.model!r} "
                f"at {point.steps:g} steps"
            )
        result.append(point)
    if not result:
        raise ValueError("no checkpoints")
    return result


def _checkpoint(row: Any) -> Checkpoint:
    if isinstance(row, Checkpoint):
        return row
    if not hasattr(row, "keys"):
        raise ValueError(f"expected a mapping with keys {', '.join(COLUMNS)}, got {row!r}")
    missing = [column for column in COLUMNS if column not in row]
    if missing and (missing != ["stderr"] or ITEMS not in row):
        raise ValueError(f"missing {', '.join(missing)}")
    return Checkpoint(**{column: row[column] for column in COLUMNS[:4]}, stderr=_stderr(row))


def _stderr(row: Any) -> Any:
    """The cell ``stderr``, or what the number of test items makes of it."""
    given = row.get("stderr", "")
    if ITEMS not in row or (given is not None and str(given).strip()):
        return given
    items = number(f"model {row['model']!r}: {ITEMS}", row[ITEMS], low=1)
    one = min(1 / items, 0.5)
    share = min(max(number(f"model {row['model']!r}: score", row["score"]), one), 1 - one)
    return math.sqrt(share * (1 - share) / items)


def _one_benchmark(checkpoints: list[Checkpoint], benchmark: str | None) -> str:
    known = sorted({point.benchmark for point in checkpoints})
    if benchmark is not None:
        return choice("benchmark", benchmark, known)
    if len(known) > 1:
        raise ValueError(f"benchmark: choose one of {', '.join(known)}")
    return known[0]
