"""``benchgame agents``: the list of agents, what each does and the parameters it takes."""

from __future__ import annotations

import inspect
import sys
import textwrap

from benchgame_env import extras
from benchgame_env.agents.registry import AGENTS
from benchgame_env.cli import commands

PROG = "benchgame agents"
WIDTH = 80


def main(arguments: list[str] | None = None) -> int:
    """Run the command; returns its exit status."""
    parser = commands.Parser(
        prog=PROG,
        description="Lists the agents that benchgame train --agents can name, with those of installed "
        "packages, and their parameters, which are given as --option NAME=VALUE.",
    )
    parser.parse_args(arguments)
    return commands.run(_list, PROG)


def _list() -> None:
    for name, entry in sorted(AGENTS.items()):
        try:
            does = (inspect.getdoc(entry.load()) or "").split("\n\n")[0].replace("``", "")
            does = f"{does} {entry.preset_does}".rstrip()
        except ModuleNotFoundError as error:
            print(f"{name}: {extras.told(error) or error}")
            continue
        print(textwrap.fill(f"{name}: {does}", WIDTH, subsequent_indent="  "))
        takes = [key if value is None else f"{key}={value}" for key, value in entry.parameters().items()]
        listed = f"parameters: {', '.join(takes) or 'none'}"
        print(textwrap.fill(listed, WIDTH, initial_indent="  ", subsequent_indent="    "))


if __name__ == "__main__":
    sys.exit(main())
