"""From measured checkpoints to a calibration: the fit of every model, or why there is none."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import numpy as np

from benchgame_env.curves import ScalingLaw
from benchgame_env.fitting.calibration import Calibration
from benchgame_env.fitting.checkpoints import Bar, Checkpoint, checkpoints_of, one_benchmark
from benchgame_env.fitting.coordinates import to_law
from benchgame_env.fitting.model_fit import ModelFit
from benchgame_env.fitting.report import LAW
from benchgame_env.fitting.scaling_fit import PARAMETERS, fit_law

MOST_CHECKPOINTS = 1000  # of one model: all pairs of them are compared


def fit(
    rows: Iterable[Any], benchmark: str | None = None, source: str = "", bar: Bar = iter
) -> Calibration:
    """Fit the law to every model of one benchmark, or reject the model by name.

    A model is rejected, in this order, if

    * it has fewer checkpoints than the law has parameters (4), or more than `MOST_CHECKPOINTS`;
    * a checkpoint has stderr 0, so that its weight is not defined;
    * tuning harms it: its score falls by more than noise explains;
    * it has no measurable gain, such as a model that never leaves chance;
    * its rms residual exceeds two stderr.

    The criteria, their thresholds and reasons are in `benchgame_env.fitting.scaling_fit`. A model whose
    ceiling is *not identified* (two standard errors of it exceed the whole gain) stays, and is named.
    Its curve is the most probable one given the other models, see `benchgame_env.fitting.pooling`.

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
    checkpoints = checkpoints_of(enumerate(rows, 1))
    benchmark = one_benchmark(checkpoints, benchmark)
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
    return _with_likely_ceilings(Calibration(benchmark, _best_first(report), rejected, source))


def _best_first(report: Iterable[ModelFit]) -> tuple[ModelFit, ...]:
    return tuple(sorted(report, key=lambda fitted: -fitted.upper))


def _with_likely_ceilings(found: Calibration) -> Calibration:
    """The same with the most probable curves where ceilings are not identified."""
    if len(found.identified) == len(found.report):
        return found
    law = to_law(found.most_probable())
    report = [
        fitted if fitted.identified else _on(fitted, law[k]) for k, fitted in enumerate(found.report)
    ]
    return replace(found, report=_best_first(report))


def _on(fitted: ModelFit, law: ScalingLaw) -> ModelFit:
    values: dict[str, Any] = {key: float(getattr(law, key)) for key in LAW}
    return replace(fitted, **values)


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
    curve = (tuple(values.tolist()) for values in (steps, law.scores, law.stderr))
    return ModelFit(model, len(points), float(steps[0]), float(steps[-1]), *law[:-2], *curve)
