"""Protocols: what the designer chooses. One rule a file, one registry; importing a rule registers it."""

from benchgame_env.protocols.base import DeterministicProtocol, Protocol
from benchgame_env.protocols.direct import Direct
from benchgame_env.protocols.registry import (
    as_protocol,
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
    "Protocol",
    "TuneBeforeTest",
    "as_protocol",
    "make_protocol",
    "parameter_names",
    "protocol_class",
    "protocols",
    "register_protocol",
]
