"""Protocols: what the designer chooses. One rule a file, one registry; importing a rule registers it."""

from benchgame_env.rules.best_of import BestOf
from benchgame_env.rules.capped import Capped
from benchgame_env.rules.confidence_ranks import ConfidenceRanks
from benchgame_env.rules.contract import DeterministicProtocol, Protocol, Traits, is_exact
from benchgame_env.rules.direct import Direct
from benchgame_env.rules.finite_test import FiniteTest
from benchgame_env.rules.first_look import FirstLook
from benchgame_env.rules.incumbent_margin import IncumbentMargin
from benchgame_env.rules.ladder import Ladder
from benchgame_env.rules.ladder_free import LadderFree
from benchgame_env.rules.layer import Layer
from benchgame_env.rules.refreshed import Refreshed
from benchgame_env.rules.registry import (
    as_protocol,
    example_parameters,
    make_protocol,
    parameter_names,
    protocol_class,
    protocols,
    register_protocol,
)
from benchgame_env.rules.rounded import Rounded
from benchgame_env.rules.shared_test import SharedTest
from benchgame_env.rules.tune_before_test import TuneBeforeTest

__all__ = [
    "BestOf",
    "Capped",
    "ConfidenceRanks",
    "DeterministicProtocol",
    "Direct",
    "FiniteTest",
    "FirstLook",
    "IncumbentMargin",
    "Ladder",
    "LadderFree",
    "Layer",
    "Protocol",
    "Refreshed",
    "Rounded",
    "SharedTest",
    "Traits",
    "TuneBeforeTest",
    "as_protocol",
    "example_parameters",
    "is_exact",
    "make_protocol",
    "parameter_names",
    "protocol_class",
    "protocols",
    "register_protocol",
]
