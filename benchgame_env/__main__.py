"""``benchgame games``, ``predict`` and others: the commands that need the game and its theory alone.

The command ``benchgame`` has them beside those of `benchgame_env.training`; ``python -m benchgame_env``
has them where no more is installed.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from benchgame_env import __version__, theory
from benchgame_env.calibration import Checkpoint, fit, read_csv, read_harness
from benchgame_env.cli import bars, claims, commands, design, facts, figures, pages, uncertainty
from benchgame_env.draws import Draws
from benchgame_env.explore import command as explore_command
from benchgame_env.files import json_text
from benchgame_env.fitting.harness import STEPS
from benchgame_env.fitting.report import mark, meaning_of_mark
from benchgame_env.game import Game
from benchgame_env.named_games import (
    calibration_of,
    checkpoints,
    describe_game,
    game_of,
    games,
    load_game,
    statement,
)
from benchgame_env.random_games import game_families
from benchgame_env.rules import TuneBeforeTest, parameter_names, protocol_class, protocols
from benchgame_env.testing import command as check_command
from benchgame_env.theory.pure.thresholds import StableLevels
from benchgame_env.validate import choice

Add = Callable[..., Any]
PROG = "benchgame"
GAME_HELP = "name of a game, MODULE:NAME, or a file made by calibrate or falsify (*.json)"
POOLING_HELP = "show what each model's own checkpoints say alone"
# Numbers of developers up to which a command takes seconds, or a minute where levels are searched for.
LARGEST_GAME, LARGEST_SEARCH = 1000, 100
# Levels shown by default, as shares of the effort that the prizes are worth.
SHARES = (0.0, 0.01, 0.03, 0.1, 0.3, 1.0)


def main(arguments: list[str] | None = None, others: Mapping[str, str] | None = None) -> int:
    """Run the command line ``arguments`` (default: those of the process); returns the exit status.

    ``others``, name to title, are commands that the help lists too.
    """
    options = _parser(others or {}).parse_args(arguments)
    return commands.run(lambda: options.command(options), f"{PROG} {options.name}")


def _parser(others: Mapping[str, str]) -> argparse.ArgumentParser:
    title = "The leaderboard game: play it, predict it, learn it."
    parser = commands.Parser(prog=PROG, description=title)
    parser.add_argument("--version", action="version", version=f"{PROG} {__version__}")
    subparsers = parser.add_subparsers(required=True, dest="name", metavar="COMMAND")

    def add(command: Callable[[argparse.Namespace], None], title: str, more: str | None = None) -> Add:
        """A command named as its function; returns what adds an option to it."""
        name = command.__name__.removeprefix("_")
        subparser = subparsers.add_parser(name, help=title, description=more)
        subparser.set_defaults(command=command)
        return subparser.add_argument

    add(_games, "list the games")
    add(_protocols, "list the protocols and their parameters")

    option = add(
        _predict,
        "predict how developers play a game",
        "Predict how developers play a game: the regime and its reason, who gains by overtaking, which "
        "levels prevent it, how good the board is, and the assumptions checked.",
    )
    option("game", help=GAME_HELP)
    commands.add_term_options(option)
    commands.add_protocol_options(option)
    uncertainty.add_draw_options(option)
    option("--no-mixed", action="store_true", help="skip the mixed equilibrium (it may take a minute)")
    stop = "NashConv at which the search for a mixed equilibrium stops, as a share of the prize range"
    option("--tolerance", type=float, default=theory.TOLERANCE, help=stop)
    option("--cycle", action="store_true", help="follow best responses until they repeat")
    option("--json", action="store_true", help="print JSON instead of a page")

    option = add(_cards, "list the theorems, or say which of them apply to a game")
    option("game", nargs="?", help=GAME_HELP)
    commands.add_term_options(option)
    commands.add_protocol_options(option)
    uncertainty.add_draw_options(option)

    option = add(_thresholds, "find the tune-before-test levels at which nobody gains by own tuning")
    option("game", help=GAME_HELP)
    commands.add_term_options(option)
    uncertainty.add_draw_options(option, entrants=True)
    option("--no-pooling", action="store_true", help=POOLING_HELP)
    furthest = "largest level to look at (default: 100 times the effort that the prizes are worth)"
    option("--max-level", type=float, help=furthest)
    option("--levels", type=float, nargs="+", help="levels at which to show required efforts")
    option("--plot", metavar="FILE", help="draw curves and required efforts (*.png, *.svg, *.pdf)")

    option = add(
        _calibrate,
        "fit score curves to checkpoints",
        "Fit the scaling law to checkpoints: a CSV with columns benchmark, model, steps, score, stderr, "
        "or a folder of results of lm-evaluation-harness or lighteval.",
    )
    option("checkpoints", help="a CSV, in which scores and stderr are fractions and steps are steps of "
           "fine-tuning; or a folder, or a file *.json, of results of a harness")  # fmt: skip
    option("--benchmark", help="the benchmark or task to fit, if there are several")
    option("--metric", help="of results of a harness: the metric, if there are several")
    option("--filter", help="of results of lm-evaluation-harness: the filter, if there are several")
    option("--steps", default=STEPS, help="of results of a harness: a pattern of names of models or "
           "files whose group is the number of steps, or a CSV with columns name, model, steps"
           )  # fmt: skip
    option("--source", default="", help="where the checkpoints come from")
    option("--no-pooling", action="store_true", help=POOLING_HELP)
    option("--out", help="file to write the calibration to (*.json); it can be used as a game")
    commands.add_term_options(option)
    uncertainty.add_draw_options(option, entrants=True)

    explore_command.add_to(subparsers)
    check_command.add_to(subparsers)
    claims.add_to(subparsers)
    design.add_to(subparsers, GAME_HELP)
    for name, title in others.items():
        subparsers.add_parser(name, help=title)
    return parser


def _games(options: argparse.Namespace) -> None:
    width = max(map(len, games()))
    for name in games():
        try:
            about = f"{load_game(name).n_developers:>3} developers  {describe_game(name)}"
        except ValueError as error:  # an installed package calls something a game that is none
            about = f"cannot be used: {error}"
        commands.show(f"{name:<{width}}  {about}")
    commands.show(f"FAMILY/SEED is a random game of a family: {', '.join(game_families())}")


def _protocols(options: argparse.Namespace) -> None:
    for name in protocols():
        sentence = (protocol_class(name).__doc__ or "").partition("\n")[0]
        commands.show(f"{name}: {sentence} Parameters: {', '.join(parameter_names(name)) or 'none'}.")


def _predict(options: argparse.Namespace) -> None:
    game = commands.load_game_of(LARGEST_GAME, options.game, commands.terms_from(options))
    protocol = commands.protocol_from(options)
    with bars.falling_bar("NashConv", options.tolerance) as progress:
        prediction = theory.predict(game, protocol, tolerance=options.tolerance, progress=progress)
        known = facts.of(prediction, not options.no_mixed, options.cycle)
    draws = uncertainty.draws_from(options, game)
    known["draws"] = uncertainty.facts(options, draws, prediction.protocol)
    print(json_text({"game": options.game, **known}) if options.json else pages.text(known))


def _cards(options: argparse.Namespace) -> None:
    if options.game is None:
        commands.show("\n\n".join(pages.card_text(theory.card(name)) for name in theory.cards()))
        commands.show("\nHypotheses, each checked on the game at hand:")
        commands.show(
            "\n".join(f"  {known.name}: {known.meaning}" for known in theory.HYPOTHESES.values())
        )
        return
    game = commands.load_game_of(LARGEST_GAME, options.game, commands.terms_from(options))
    protocol = commands.protocol_from(options)
    readings = theory.theorem_cards(game, protocol)
    commands.show("\n\n".join(pages.reading_text(reading) for reading in readings))
    draws = uncertainty.draws_from(options, game)
    if draws is not None and (share := uncertainty.share_of(draws, protocol)) is not None:
        commands.show(
            "\nHypotheses were checked on the fitted curves. In "
            f"{share[0]:.1%} of {share[1]:,} draws of the curves nobody gains by overtaking."
        )


def _thresholds(options: argparse.Namespace) -> None:
    game = commands.load_game_of(LARGEST_SEARCH, options.game, commands.terms_from(options))
    if options.plot is not None:
        figures.ready_to_draw(options.plot)  # before a long search
    levels = options.levels or [share * float(game.effort_scale.max()) for share in SHARES]
    ladder = _ladder(game, levels)  # refuses unsuitable levels before the search
    furthest = 100 * game.finite_effort_scale if options.max_level is None else options.max_level
    with bars.share_bar() as progress:
        intervals = theory.stabilizing_levels(game, furthest, partial(progress, "Levels"))
    measured = checkpoints(options.game)
    commands.show(f"Taken for granted: {statement(game)}.")
    commands.show(
        "Own effort needed to pass the model one rank higher on the honest board, by tuning level:"
    )
    header = ["overtake", *(f"{level:g}{mark(level, measured)}" for level in levels)]
    commands.show(commands.table(header, ladder))
    draws = uncertainty.draws_from(options, game)
    if draws is not None:
        commands.show(f"The middle 95 % of {len(draws):,} draws of the curves:")
        commands.show(commands.table(header, _ladder_in_draws(draws, levels)))
    _say_intervals(game, intervals, measured, furthest)
    _show_doubts(intervals, furthest)
    if draws is not None:
        commands.show("\n".join(uncertainty.announcement(options, draws, furthest)))
    shown = [*levels, *(end for interval in intervals for end in interval)]
    if note := meaning_of_mark(shown, measured):
        commands.show(note)
    if options.plot:
        fits = calibration_of(options.game)[0].report if measured else ()
        points = {fit.name: (fit.steps, fit.scores, fit.stderr) for fit in fits if fit.name in measured}
        figures.thresholds(game, intervals, options.plot, options.max_level, measured, points)
        commands.show(f"Wrote {options.plot}.")


def _say_intervals(
    game: Game, intervals: StableLevels, measured: Mapping[str, Any], furthest: float
) -> None:
    if not intervals:
        commands.show("Honest play is stable at no level looked at.")
    for (low, high), (below, above) in zip(intervals, intervals.errors, strict=True):
        low_end, high_end = _give_or_take(low, below), _give_or_take(high, above)
        ends = f"from level {low_end}{mark(low, measured)} to {high_end}{mark(high, measured)}"
        ends += ", the last one looked at" * (high == furthest)
        commands.show(f"Honest play is stable {ends}; at {low:.6g} {_withstands(game, low)}.")


def _show_doubts(intervals: Any, furthest: float) -> None:
    """What is not proved, and what was assumed."""
    for low, high in intervals.undecided:
        if high - low > 1e-6 * high:
            commands.show(
                f"Between levels {low:.6g} and {high:.6g} nothing is proved: rounding decides there."
            )
    if intervals.resolved_to < furthest:
        commands.show(
            f"From level {intervals.resolved_to:.6g} on, scores differ by less than boards can show "
            "(2**-23): whether honest play is stable there cannot be told."
        )
    if intervals.assumes:
        commands.show(f"Assumed: {' and '.join(intervals.assumes)}.")


def _withstands(game: Game, level: float) -> str:
    return commands.worth_words(theory.largest_worth(game, TuneBeforeTest(level)))


def _give_or_take(level: float, error: float) -> str:
    return f"{level:.6g}" + (f" (give or take {error:.1g})" if error > 1e-6 * level else "")


def _ladder_in_draws(draws: Draws, levels: list[float]) -> list[list[str]]:
    """The rows of `_ladder` but the last, each figure from and to."""
    ends = uncertainty.middle(uncertainty.climbs(draws, levels).swapaxes(0, 1))  # [3, levels, n - 1]
    return [
        [
            f"rank {k + 2} over {k + 1}",
            *("-".join(map(uncertainty.three_digits, (low, high))) for low, _, high in row),
        ]
        for k, row in enumerate(ends.transpose(2, 1, 0))
    ]


def _ladder(game: Game, levels: list[float]) -> list[list[str]]:
    """A row per rank: the effort that lifts a model to the rank above, at each level; and below them the
    largest worth of a rank that the level withstands."""
    rules = [TuneBeforeTest(level) for level in levels]
    figures = [[*theory.climb(game, rule), theory.largest_worth(game, rule)] for rule in rules]
    columns = [[f"{figure:,.4g}" for figure in column] for column in figures]
    ranks = [f"rank {k + 2} over {k + 1}" for k in range(game.n_developers - 1)]
    ranks.append("largest worth of a rank")
    return [[rank, *row] for rank, row in zip(ranks, zip(*columns, strict=True), strict=True)]


def _read_checkpoints(options: argparse.Namespace) -> list[Checkpoint]:
    path = options.checkpoints
    if Path(path).is_dir() or path.endswith(".json"):
        chosen = options.benchmark, options.metric, options.filter
        return read_harness(path, options.steps, *chosen, bars.bar("file"))
    return read_csv(path, bars.bar("row"))


def _calibrate(options: argparse.Namespace) -> None:
    if options.out:
        choice("out", Path(options.out).suffix, (".json",))  # else it is not found as a game
    rows = _read_checkpoints(options)
    calibration = fit(rows, options.benchmark, options.source, bars.bar("model"))
    calibration = replace(calibration, terms=commands.terms_from(options))
    game = game_of(calibration)  # refuses unsuitable terms
    lines = calibration.table(not options.no_pooling).splitlines()
    wide = 2 + len(calibration.report)  # rows of the table, as wide as names make them
    print("\n".join([*lines[:wide], commands.wrapped("\n".join(lines[wide:]))]))
    commands.show(f"As a game: {statement(game)}.")
    draws = uncertainty.draws_from(options, game, calibration)
    if draws is not None and game.n_developers > 1:
        commands.show("\n".join(uncertainty.announcement(options, draws, source=calibration)))
    if options.out:
        calibration.save(options.out)
        commands.show(
            f"Wrote {options.out}; use it as a game: {PROG} predict {commands.quoted(options.out)}"
        )


if __name__ == "__main__":
    sys.exit(main())
