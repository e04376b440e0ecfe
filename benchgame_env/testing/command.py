"""``benchgame check``: is this a protocol? Exit status 0 yes, 1 no, 2 bad input."""

from __future__ import annotations

import argparse
import sys
from typing import Any

from benchgame_env import testing
from benchgame_env.cli import commands
from benchgame_env.rules import example_parameters
from benchgame_env.validate import integer


def add_to(subparsers: Any) -> None:
    """Add the command ``check`` to the parsers of a command line."""
    parser = subparsers.add_parser(
        "check",
        help="check a protocol, also one of your own",
        description="Hold a protocol to all that the environment, theory and grading rely on, and say "
        "what to mend. Exit status: 0 sound, 1 not, 2 bad input.",
    )
    parser.add_argument("protocol", help="name, or MODULE:NAME or MODULE:CLASS in a module of your own")
    parser.add_argument("--game", help="name of a game or a calibration file; by default three games")
    parser.add_argument("--seed", type=int, default=0, help="of all that is drawn")
    parser.add_argument(
        "--param",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="a parameter, instead of the rule's example; may be repeated",
    )
    parser.set_defaults(command=_check)


def _check(options: argparse.Namespace) -> int:
    name = options.protocol
    integer("seed", options.seed, low=0)
    parameters = example_parameters(name) | commands.protocol_parameters(None, options.param)
    try:
        left_out = testing.check_protocol((name, parameters), options.game, options.seed)
    except AssertionError as sentence:
        print(" ".join(str(sentence).split()), file=sys.stderr)
        return 1
    commands.show(f"ok: {len(testing.CHECKS)} checks")
    for title, reason in left_out.items():
        commands.show(f"  {title} does not apply, or not in full: {reason}")
    return 0
