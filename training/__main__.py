"""``benchgame COMMAND``: all commands of the project behind one name.

A command is one module of this folder with a function ``main(arguments)``, which is imported when it is
called for: what needs torch is slow to start.
"""

from __future__ import annotations

import sys
from importlib import import_module

from benchgame_env import __main__ as game_command

# Commands that make or read files of runs: module, and what the command does.
COMMANDS = {
    "train": ("train", "train developers on a game under a protocol"),
    "evaluate": ("evaluate", "let trained developers play, grade them, give the verdict"),
    "judge": ("judge_plays", "give the verdict on plays or strategies made elsewhere"),
    "report": ("report.__main__", "show a run or a benchmark as one HTML page"),
    "compare": ("compare_protocols.__main__", "compare protocols on a game, for who chooses one"),
    "benchmark": ("benchmark.__main__", "train and grade games x protocols x algorithms x seeds"),
    "quickstart": ("quickstart", "predict, train and judge on one real leaderboard"),
    "rank-agreement": ("rank_agreement", "say whether benchmarks agree on which model is better"),
    "speed": ("speed.__main__", "measure speed and memory beside the alternatives"),
    "coverage": ("coverage.__main__", "measure how often the level to announce is high enough"),
    "designers": ("designers.command", "let designers announce rules, beside the best one"),
    "adversary": ("adversary.attacks", "attack the verdicts, and print what they said"),
}
AGENTS = ("agents", "list the agents and their parameters")


def main(arguments: list[str] | None = None) -> int:
    """Run the command line ``arguments`` (default: those of the process); returns the exit status."""
    words = sys.argv[1:] if arguments is None else arguments
    name = words[0] if words else ""
    if name == AGENTS[0]:
        return import_module("benchgame_env.agents.__main__").main(words[1:])
    if name in COMMANDS:
        return import_module(f"benchgame_env.training.{COMMANDS[name][0]}").main(words[1:])
    others = {name: title for name, (_, title) in COMMANDS.items()} | dict([AGENTS])
    return game_command.main(words, others)


if __name__ == "__main__":
    sys.exit(main())
