"""One model of a calibration: the law fitted to it, and the checkpoints that it was fitted to."""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np

from benchgame_env.fitting.scaling_fit import PARAMETERS
from benchgame_env.validate import integer, number


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
        Parameters of the law, as in `benchgame_env.curves.ScalingLaw`. Where the ceiling is not
        identified, they are the most probable ones given the other models, else those of the best fit.
    upper_stderr : float
        Standard error of the ceiling, with all four parameters free; at most 1.
    rms_residual, max_residual : float
        Root mean square and largest absolute residual, in standard errors of the checkpoints.
    identified : bool
        Whether the checkpoints identify the ceiling: two standard errors of it are less than the gain.
    steps, scores, stderr : tuple of float
        Steps of the checkpoints, the scores of the best fit there and their standard errors; empty in
        files made before 0.2.0. The scores that were measured are not kept.
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
    identified: bool = True
    steps: tuple[float, ...] = ()
    scores: tuple[float, ...] = ()
    stderr: tuple[float, ...] = ()

    def __post_init__(self) -> None:
        integer(f"{self.name}: checkpoints", self.checkpoints, low=PARAMETERS)
        for key in [f.name for f in fields(self)][2:11]:
            object.__setattr__(self, key, number(f"{self.name}: {key}", getattr(self, key)))
        for key in ("steps", "scores", "stderr"):
            values = getattr(self, key)
            if len(values) not in (0, self.checkpoints) or len(values) != len(self.steps):
                raise ValueError(f"{self.name}: {key}: need {self.checkpoints} values or none")
            for value in values:
                number(f"{self.name}: {key}", value, low=0, strict=key == "stderr")

    @property
    def spare(self) -> int:
        """Number of checkpoints that the law has no parameters for."""
        return self.checkpoints - PARAMETERS

    @property
    def variance(self) -> float:
        """Sum of squared residuals, in standard errors, by `spare`; expected is 1. 0 without any."""
        return self.rms_residual**2 * self.checkpoints / self.spare if self.spare else 0.0

    @property
    def overdispersion(self) -> float:
        """By how much the checkpoints scatter more than their standard errors say, >= 1."""
        return max(1.0, float(np.sqrt(self.variance)))
