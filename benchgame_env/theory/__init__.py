"""Predictors, one question a file. They share no code with the grader, `benchgame_env.metrics`."""

from typing import TYPE_CHECKING

from benchgame_env.renamed import renamed
from benchgame_env.theory.claims import (
    Card,
    Counterexample,
    Reading,
    card,
    cards,
    register_card,
    theorem_cards,
)
from benchgame_env.theory.claims.prevalence import prevalence
from benchgame_env.theory.claims.search import falsify
from benchgame_env.theory.design.families import Family
from benchgame_env.theory.design.loss import DesignLoss
from benchgame_env.theory.design.optimum import optimal_design
from benchgame_env.theory.design.outcome import DesignOutcome, design_loss
from benchgame_env.theory.design.result import OptimalDesign, Tried
from benchgame_env.theory.dynamics.best_response import RESOLUTION, best_response, overtakes_in_reach
from benchgame_env.theory.dynamics.cycle import best_response_cycle
from benchgame_env.theory.dynamics.path import Cycle
from benchgame_env.theory.dynamics.random_order import recurrent_classes
from benchgame_env.theory.dynamics.with_memory import Dynamics, best_response_dynamics
from benchgame_env.theory.mixed.certified import LARGEST_REGRET, MixedEquilibrium
from benchgame_env.theory.mixed.equilibrium import LARGEST, TOLERANCE, mixed_equilibrium
from benchgame_env.theory.mixed.tournament import NoisyEquilibrium, mixed_on_levels, pure_equilibrium
from benchgame_env.theory.mixed.worth_from_play import sampling_error, worth_from_play
from benchgame_env.theory.prediction import BoardOrder, Prediction, predict
from benchgame_env.theory.pure.draws import LevelsByDraw, levels_by_draw, stable_share
from benchgame_env.theory.pure.grid_search import pure_equilibria_on_grid
from benchgame_env.theory.pure.hypothesis import HYPOTHESES, Hypothesis
from benchgame_env.theory.pure.least_level import LeastLevel, least_level, stable_from
from benchgame_env.theory.pure.next_measurements import Measurement, next_measurements
from benchgame_env.theory.pure.overtaking import (
    climb,
    next_efforts,
    overtakes,
    required_effort,
    temptation,
)
from benchgame_env.theory.pure.single_level import SingleLevel, single_level
from benchgame_env.theory.pure.thresholds import stabilizing_levels
from benchgame_env.theory.pure.worth import largest_worth
from benchgame_env.theory.solutions import CONCEPTS
from benchgame_env.theory.solutions.mixed import REFERENCE_REGRET
from benchgame_env.theory.solutions.solution import Scope, Solution

__all__ = [
    "CONCEPTS",
    "HYPOTHESES",
    "LARGEST",
    "LARGEST_REGRET",
    "REFERENCE_REGRET",
    "RESOLUTION",
    "TOLERANCE",
    "BoardOrder",
    "Card",
    "Counterexample",
    "Cycle",
    "DesignLoss",
    "DesignOutcome",
    "Dynamics",
    "Family",
    "Hypothesis",
    "LeastLevel",
    "LevelsByDraw",
    "Measurement",
    "MixedEquilibrium",
    "NoisyEquilibrium",
    "OptimalDesign",
    "Prediction",
    "Reading",
    "Scope",
    "SingleLevel",
    "Solution",
    "Tried",
    "best_response",
    "best_response_cycle",
    "best_response_dynamics",
    "card",
    "cards",
    "climb",
    "design_loss",
    "falsify",
    "largest_worth",
    "least_level",
    "levels_by_draw",
    "mixed_equilibrium",
    "mixed_on_levels",
    "next_efforts",
    "next_measurements",
    "optimal_design",
    "overtakes",
    "overtakes_in_reach",
    "predict",
    "prevalence",
    "pure_equilibria_on_grid",
    "pure_equilibrium",
    "recurrent_classes",
    "register_card",
    "required_effort",
    "sampling_error",
    "single_level",
    "stabilizing_levels",
    "stable_from",
    "stable_share",
    "temptation",
    "theorem_cards",
    "worth_from_play",
]

if not TYPE_CHECKING:  # else any name would pass the type checker
    __getattr__ = renamed(
        __name__,
        {
            "CARDS": ("card(name), for each of cards()", lambda: tuple(map(card, cards()))),
            "MEANING": (
                "HYPOTHESES[name].meaning",
                lambda: {name: known.meaning for name, known in HYPOTHESES.items()},
            ),
        },
    )
