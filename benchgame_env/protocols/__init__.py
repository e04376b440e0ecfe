"""Protocols: what the designer chooses. One rule a file, one registry; importing a rule registers it."""

from benchgame_env.protocols.base import DeterministicProtocol, Protocol, is_exact
from benchgame_env.protocols.best_of import BestOf
from benchgame_env.protocols.capped import Capped
from benchgame_env.protocols.confidence_ranks import ConfidenceRanks
from benchgame_env.protocols.direct import Direct
from benchgame_env.protocols.finite_test import FiniteTest
from benchgame_env.protocols.first_look import FirstLook
from benchgame_env.protocols.incumbent_margin import IncumbentMargin
from benchgame_env.protocols.ladder import Ladder
from benchgame_env.protocols.ladder_free import LadderFree
from benchgame_env.protocols.layer import Layer
from benchgame_env.protocols.refreshed import Refreshed
from benchgame_env.protocols.registry import (
    as_protocol,
    example_parameters,
    make_protocol,
    parameter_names,
    protocol_class,
    protocols,
    register_protocol,
)
from benchgame_env.protocols.rounded import Rounded
from benchgame_env.protocols.shared_test import SharedTest
from benchgame_env.protocols.tune_before_test import TuneBeforeTest

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
