"""Protocols: what the designer chooses. One rule a file, one registry; importing a rule registers it."""

from benchgame_env.protocols.base import DeterministicProtocol, Protocol, is_exact
from benchgame_env.protocols.direct import Direct
from benchgame_env.protocols.finite_test import FiniteTest
from benchgame_env.protocols.layer import Layer
from benchgame_env.protocols.registry import (
    as_protocol,
    example_parameters,
    make_protocol,
    parameter_names,
    protocol_class,
    protocols,
    register_protocol,
)
from benchgame_env.protocols.tune_before_test import TuneBeforeTest

__all__ = [
    "DeterministicProtocol",
    "Direct",
    "FiniteTest",
    "Layer",
    "Protocol",
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
