"""``benchgame falsify`` and ``prevalence``: attacks on claims, and how common it is that
there is no pure equilibrium."""

from __future__ import annotations

import argparse
from functools import partial
from pathlib import Path
from typing import Any

from benchgame_env.cli import bars, commands
from benchgame_env.files import json_text, write_text
from benchgame_env.fitting.calibration import WORTH
from benchgame_env.named_games import game_file
from benchgame_env.named_games.fitted import benchmarks
from benchgame_env.rules import TuneBeforeTest
from benchgame_env.theory.claims import search
from benchgame_env.theory.claims.certificates import rule_text
from benchgame_env.theory.claims.prevalence import LEVELS, LINE_UPS, SIZES, Prevalence, prevalence
from benchgame_env.theory.claims.registry import CARDS
from benchgame_env.validate import choice

FOUND = 1


def add_to(subparsers: Any) -> None:
    """Add the commands to the parsers of a command line."""
    parser = subparsers.add_parser(
        "falsify",
        help="look for a game that contradicts a theorem or a conjecture",
        description="Draw random and adversarial games, keep those on which the hypotheses of a card "
        "hold, and try its conclusion. A game that contradicts it is simplified and printed with its "
        "certificate. Exit status: 0 none found, 1 a counterexample, 2 bad input.",
    )
    option = parser.add_argument
    option(
        "card",
        help=f"one of: {', '.join(CARDS.names())}; or MODULE:NAME for one in a module of your own",
    )
    option("--games", type=int, default=search.MOST_GAMES, help="games to try")
    option("--seconds", type=float, default=search.SECONDS, help="when to stop at the latest")
    option("--seed", type=int, default=0, help="of all that is drawn")
    without = "a hypothesis to take away, so that games without it are tried; may be repeated"
    option("--without", action="append", default=[], metavar="HYPOTHESIS", help=without)
    option("--out", metavar="FILE", help="file to write the counterexample's game to (*.json)")
    option("--json", action="store_true", help="print JSON instead of text")
    parser.set_defaults(command=_falsify)

    parser = subparsers.add_parser(
        "prevalence",
        help="how many line-ups of real models have no pure equilibrium",
        description="Draw line-ups of fitted models and count those without a pure equilibrium, by "
        "number of models and by tune-before-test level (0 is direct evaluation), with exact binomial "
        "intervals at 95 %. Prizes fall in equal steps from 1 to 0.",
    )
    option = parser.add_argument
    known = f"of: {', '.join(benchmarks())}; or calibration files (*.json)"
    option("benchmark", nargs="+", help=f"one or more {known}")
    option("--models", type=int, nargs="+", default=list(SIZES), help="numbers of models in a line-up")
    option("--levels", type=float, nargs="+", default=list(LEVELS), help="tune-before-test levels")
    option(
        "--line-ups", type=int, default=LINE_UPS, help="line-ups drawn of each size, or all there are"
    )
    option("--seed", type=int, default=0, help="of all that is drawn")
    worth = "steps of tuning that cost as much as one rank wins"
    option("--worth", type=float, default=WORTH, help=worth)
    option("--json", action="store_true", help="print JSON instead of a table")
    parser.set_defaults(command=_prevalence)


def _falsify(options: argparse.Namespace) -> int:
    if options.out:
        choice("out", Path(options.out).suffix, (".json",))  # else it is not found as a game
    with bars.share_bar() as bar:
        attack = search.falsify(
            options.card,
            options.games,
            options.seconds,
            options.seed,
            options.without,
            lambda tried, share: bar(f"{tried:,} games, no counterexample", share),
        )
    if attack.subgame is not None and options.out:
        write_text(options.out, json_text(game_file.to_data(attack.subgame.game)))
    print(json_text(_facts(attack)) if options.json else _page(attack, options))
    return 0 if attack.counterexample is None else FOUND


def _prevalence(options: argparse.Namespace) -> None:
    found: list[Prevalence] = []
    for benchmark in options.benchmark:
        with bars.share_bar() as bar:
            found += prevalence(
                benchmark,
                options.models,
                options.levels,
                options.line_ups,
                options.seed,
                options.worth,
                partial(bar, benchmark),
            )
    if options.json:
        print(json_text([{**vars(row), "share": row.share, "interval": row.interval} for row in found]))
        return
    commands.show(
        "Line-ups without a pure equilibrium, by tune-before-test level (0 is direct evaluation):"
    )
    rows: dict[tuple[str, int], list[str]] = {}
    for row in found:
        first = [f"{row.benchmark}, {row.size} models", f"{row.line_ups:,}{' (all)' * row.complete}"]
        rows.setdefault((row.benchmark, row.size), first).append(_share(row))
    levels = [f"level {level:,g}" for level in options.levels]
    commands.show(commands.table(["line-ups of", "number", *levels], list(rows.values())))
    commands.show("In brackets: exact binomial intervals at 95 % for the share of all line-ups.")
    if undecided := sum(row.undecided for row in found):
        commands.show(f"{undecided} cases are undecided and not counted: scores are too close.")


def _share(row: Prevalence) -> str:
    low, high = row.interval
    interval = "" if row.complete else f" [{100 * low:.1f}, {100 * high:.1f}]"
    return f"{row.share:.1%}{interval}"


def _facts(attack: search.Attack) -> dict[str, Any]:
    found, subgame = attack.counterexample, attack.subgame
    return {
        "card": attack.card.name,
        "hypotheses": list(attack.card.needs),
        "games": attack.games,
        "drawn": attack.drawn,
        "wrong_in_at_most": attack.bound if found is None else None,
        "counterexample": found and found._asdict(),
        "game": subgame and game_file.to_data(subgame.game),
        "protocol": subgame and rule_text(subgame.rule),
    }


def _page(attack: search.Attack, options: argparse.Namespace) -> str:
    claim, found, subgame = attack.card, attack.counterexample, attack.subgame
    without = f" without {', '.join(options.without)}" if options.without else ""
    tried = f"{attack.games:,} games on which the hypotheses hold ({attack.drawn:,} drawn)"
    if found is None or subgame is None:
        if not attack.games:
            return commands.wrapped(
                f"{claim.title}{without}: none of {attack.drawn:,} games drawn has the hypotheses."
            )
        return commands.wrapped(
            f"{claim.title}{without}: no counterexample in {tried}.\n"
            f"It is wrong in fewer than {attack.bound:.2g} of the games of this search, at 95 %: a "
            "share of the games that this search draws, not of all games."
        )
    said = [
        f"{claim.title}{without} is false.",
        f"  It says: {claim.sentence}.",
        f"  But here {found.kind}: {found.says}.",
        *(f"  Taken away: {lost.name}, {lost.meaning}." for lost in attack.taken),
    ]
    lines = [  # source to copy, which is not wrapped
        *map(commands.wrapped, said),
        "",
        game_file.to_source(subgame.game),
        f"print({found.check})",
        f"# {found.number:.6g}: {found.meaning}",
        "",
        f"Found after {tried}, then simplified.",
    ]
    if options.out:
        command = f"benchgame predict {commands.quoted(options.out)}{_options(subgame.rule)}"
        lines.append(f"Wrote {options.out}: {command}")
    return "\n".join(lines)


def _options(rule: Any) -> str:
    """A rule as options of a command."""
    level = (
        f" --protocol tune-before-test --level {rule.level!r}"
        if isinstance(rule, TuneBeforeTest)
        else ""
    )
    return level + f" --param ties={rule.ties}" * (rule.ties != "quality")
