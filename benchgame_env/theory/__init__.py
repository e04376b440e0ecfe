"""Predictors, one question a file. They share no code with the grader, `benchgame_env.metrics`."""

from benchgame_env.theory.cycles import Cycle, best_response_cycle
from benchgame_env.theory.mixed import MixedEquilibrium, mixed_equilibrium
from benchgame_env.theory.noise import NoisyEquilibrium, mixed_on_levels, pure_equilibrium
from benchgame_env.theory.prediction import Prediction, predict
from benchgame_env.theory.pure import required_effort, temptation
from benchgame_env.theory.repeated import Dynamics, best_response_dynamics
from benchgame_env.theory.responses import RESOLUTION, best_response
from benchgame_env.theory.thresholds import stabilizing_levels

__all__ = [
    "RESOLUTION",
    "Cycle",
    "Dynamics",
    "MixedEquilibrium",
    "NoisyEquilibrium",
    "Prediction",
    "best_response",
    "best_response_cycle",
    "best_response_dynamics",
    "mixed_equilibrium",
    "mixed_on_levels",
    "predict",
    "pure_equilibrium",
    "required_effort",
    "stabilizing_levels",
    "temptation",
]
