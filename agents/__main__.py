"""``python -m agents``: every developer, what it does and the parameters it takes."""

from __future__ import annotations

import inspect
import sys

from agents.registry import AGENTS
from benchgame_env.cli import commands

PROG = "python -m agents"


def main(arguments: list[str] | None = None) -> int:
    parser = commands.Parser(
        prog=PROG,
        description="The developers that can be named in training.train --agents, and their parameters, "
        "to be given as --option NAME=VALUE.",
    )
    parser.parse_args(arguments)
    return commands.run(_list, PROG)


def _list() -> None:
    for name, entry in AGENTS.items():
        try:
            does = (inspect.getdoc(entry.load()) or "").split("\n\n")[0]
        except ModuleNotFoundError as error:
            print(f"{name}: needs {error.name}, which is not installed (extra train)")
            continue
        print(f"{name}: {' '.join(does.split())}")
        takes = [
            name if value is None else f"{name}={value}" for name, value in entry.parameters().items()
        ]
        print(f"  takes {', '.join(takes) or 'no parameters'}")


if __name__ == "__main__":
    sys.exit(main())
