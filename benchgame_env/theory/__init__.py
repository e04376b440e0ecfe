"""Predictors, one question a file. They share no code with the grader, `benchgame_env.metrics`."""

from benchgame_env.theory.cycles import Cycle, best_response_cycle
from benchgame_env.theory.mixed import MixedEquilibrium, mixed_equilibrium
from benchgame_env.theory.prediction import Prediction, predict
from benchgame_env.theory.pure import next_efforts, required_effort, temptation
from benchgame_env.theory.responses import RESOLUTION, best_response
from benchgame_env.theory.thresholds import stabilizing_levels

__all__ = [
    "RESOLUTION",
    "Cycle",
    "MixedEquilibrium",
    "Prediction",
    "best_response",
    "best_response_cycle",
    "mixed_equilibrium",
    "next_efforts",
    "predict",
    "required_effort",
    "stabilizing_levels",
    "temptation",
]
