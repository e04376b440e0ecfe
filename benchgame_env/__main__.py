"""``python -m benchgame_env``: list games and protocols, predict, find thresholds, calibrate."""

from __future__ import annotations

import argparse
import math
import sys

import numpy as np

from benchgame_env import commands, metrics, theory
from benchgame_env.calibration import fit, read_csv
from benchgame_env.game import Game
from benchgame_env.games import describe_game, games, load_game
from benchgame_env.protocols import TuneBeforeTest, parameter_names, protocol_class, protocols
from benchgame_env.testing import command as check_command

PROG = "python -m benchgame_env"
GAME_HELP = "name of a game, or a calibration file made by the calibrate command (*.json)"
# Levels shown by default, as shares of the effort that the prizes are worth.
SHARES = (0.0, 0.01, 0.03, 0.1, 0.3, 1.0)


def main(arguments: list[str] | None = None) -> int:
    options = _parser().parse_args(arguments)
    return commands.run(lambda: options.command(options), f"{PROG} {options.name}")


def _parser() -> argparse.ArgumentParser:
    parser = commands.Parser(prog=PROG, description="The leaderboard game and what theory says of it.")
    subparsers = parser.add_subparsers(required=True, dest="name", metavar="COMMAND")

    listing = subparsers.add_parser("games", help="list the games")
    listing.set_defaults(command=_games)

    listing = subparsers.add_parser("protocols", help="list the protocols and their parameters")
    listing.set_defaults(command=_protocols)

    predict = subparsers.add_parser("predict", help="predict how developers play a game")
    predict.add_argument("game", help=GAME_HELP)
    commands.add_protocol_options(predict)
    predict.add_argument(
        "--mixed", action="store_true", help="find a mixed equilibrium (may take a minute)"
    )
    predict.add_argument("--cycle", action="store_true", help="follow best responses until they repeat")
    predict.set_defaults(command=_predict)

    thresholds = subparsers.add_parser(
        "thresholds", help="tune-before-test levels at which nobody gains by tuning on the test"
    )
    thresholds.add_argument("game", help=GAME_HELP)
    thresholds.add_argument("--max-level", type=float, help="largest level to look at")
    thresholds.add_argument("--levels", type=float, nargs="+", help="levels to show required efforts at")
    thresholds.set_defaults(command=_thresholds)

    calibrate = subparsers.add_parser(
        "calibrate",
        help="fit score curves to a CSV of checkpoints",
        description="Fit the scaling law to a CSV with columns benchmark, model, steps, score, stderr.",
    )
    calibrate.add_argument("csv", help="score and stderr as fractions, steps of fine-tuning")
    calibrate.add_argument("--benchmark", help="which benchmark, if the file holds several")
    calibrate.add_argument("--source", default="", help="where the checkpoints come from")
    calibrate.add_argument("--out", help="write the calibration here (*.json), to be used as a game")
    calibrate.set_defaults(command=_calibrate)

    check_command.add_to(subparsers)
    return parser


def _games(options: argparse.Namespace) -> None:
    rows = [[name, str(load_game(name).n_developers), describe_game(name)] for name in games()]
    width = max(len(name) for name in games())
    for name, n, text in rows:
        print(f"{name:<{width}}  {n:>3} developers  {text}")


def _protocols(options: argparse.Namespace) -> None:
    for name in protocols():
        sentence = (protocol_class(name).__doc__ or "").partition("\n")[0]
        print(f"{name}: {sentence} Parameters: {', '.join(parameter_names(name)) or 'none'}.")


def _predict(options: argparse.Namespace) -> None:
    game = load_game(options.game)
    protocol = commands.protocol_from(options)
    prediction = theory.predict(game, protocol)
    print(describe(prediction))
    if options.mixed and prediction.mixed:
        print(_describe_mixed(game, prediction.mixed))
    if options.cycle and prediction.cycle:
        print(_describe_cycle(game, prediction.cycle))


def describe(p: theory.Prediction) -> str:
    """What is predicted and why, for a reader who designs benchmarks."""
    game, protocol = p.game, p.protocol
    verdict = {
        "pure": "pure: nobody spends effort, and that is the only pure equilibrium",
        "cycle": "cycle: there is no pure equilibrium, effort keeps moving",
        "undecided": "undecided",
    }[p.regime]
    lines = [f"regime       {verdict}", f"why          {p.reason}"]
    if p.binding:
        overtaker, overtaken = p.binding
        effort = theory.required_effort(game, protocol)[overtaker, overtaken]
        lines.append(
            f"temptation   {p.temptation:.4g} prize units: {game.names[overtaker]} passes "
            f"{game.names[overtaken]} with effort {effort:.6g}"
        )
    elif not math.isnan(p.temptation):
        lines.append("temptation   0")
    if not math.isnan(p.temptation):
        honest = metrics.regrets(game, protocol, np.zeros(game.n_developers))
        lines.append(f"certificate  NashConv of zero effort is {honest.sum():.4g}, found independently")
    tau = metrics.kendall_tau(p.ranking, game.quality)
    lines.append(f"board        {' > '.join(game.names[i] for i in p.ranking)}")
    lines.append(f"ranking      Kendall tau to quality {tau:.3f} when nobody spends effort")
    for holds, label in ((True, "holds"), (False, "fails")):
        names = [name for name, value in p.assumptions.items() if value is holds]
        lines.append(f"{label:<11}  {', '.join(names) or 'none'}")
    return "\n".join(lines)


def _describe_mixed(game: Game, mixed: theory.MixedEquilibrium) -> str:
    rows = [
        [name, f"{effort:.6g}", f"{payoff:.4f}"]
        for name, effort, payoff in zip(game.names, mixed.mean_efforts, mixed.payoffs, strict=True)
    ]
    return (
        f"mixed        {mixed.method}\n"
        f"certificate  its NashConv is {mixed.nash_conv:.4g}, found independently over all efforts\n"
        + commands.table(["model", "mean effort", "payoff"], rows)
    )


def _describe_cycle(game: Game, cycle: theory.Cycle) -> str:
    rows = [
        [name, f"{low:.6g}", f"{high:.6g}"]
        for name, low, high in zip(game.names, cycle.troughs, cycle.peaks, strict=True)
    ]
    return (
        f"cycle        of {cycle.period} revisions ({cycle.order} from zero, resolution "
        f"{cycle.resolution:g} in score); board wrong {100 * cycle.misranked:.0f} % of the time, "
        f"cost {cycle.cost:.3g}\n" + commands.table(["model", "least effort", "most"], rows)
    )


def _thresholds(options: argparse.Namespace) -> None:
    game = load_game(options.game)
    intervals = theory.stabilizing_levels(game, options.max_level)
    print("Own effort needed to pass the model one rank higher on the honest board, by tuning level:")
    levels = options.levels or [share * float(game.effort_scale.max()) for share in SHARES]
    print(commands.table(["overtake", *(f"{level:g}" for level in levels)], _ladder(game, levels)))
    if not intervals:
        print("Honest play is stable at no level looked at.")
    for low, high in intervals:
        print(f"Honest play is stable from level {low:.6g} to {high:.6g}.")


def _ladder(game: Game, levels: list[float]) -> list[list[str]]:
    """A row per rank: the effort that lifts a model to the rank above, at each level."""
    columns = []
    for level in levels:
        protocol = TuneBeforeTest(level)
        board = np.argsort(protocol.evaluate(game, np.zeros(game.n_developers)).ranks)
        needed = theory.required_effort(game, protocol)
        columns.append([f"{effort:,.4g}" for effort in needed[board[1:], board[:-1]]])
    ranks = [f"rank {k + 2} over {k + 1}" for k in range(game.n_developers - 1)]
    return [[rank, *row] for rank, row in zip(ranks, zip(*columns, strict=True), strict=True)]


def _calibrate(options: argparse.Namespace) -> None:
    calibration = fit(read_csv(options.csv), options.benchmark, source=options.source)
    print(calibration.table())
    if options.out:
        calibration.save(options.out)
        print(f"Wrote {options.out}; use it as a game: {PROG} predict {options.out}")


if __name__ == "__main__":
    sys.exit(main())
