"""Predictors, one question a file. They share no code with the grader, `benchgame_env.metrics`."""

from benchgame_env.theory.prediction import Prediction, predict
from benchgame_env.theory.pure import required_effort, temptation
from benchgame_env.theory.thresholds import stabilizing_levels

__all__ = ["Prediction", "predict", "required_effort", "stabilizing_levels", "temptation"]
