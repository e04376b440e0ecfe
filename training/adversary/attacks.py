"""``benchgame adversary``: try to make verdicts wrong, and print what they said."""

from __future__ import annotations

import argparse
import threading
from collections import Counter
from collections.abc import Sequence
from functools import partial
from typing import Any

import numpy as np
from tqdm import tqdm

from benchgame_env.cli import bars, commands
from benchgame_env.training.adversary import agreement, rates, search
from benchgame_env.training.adversary.other_scripts import OTHER
from benchgame_env.training.adversary.scripts import SCRIPTS
from benchgame_env.training.adversary.verdicts import RUNS, caught_by, fooled, run_of
from benchgame_env.training.adversary.wrong_play import Case
from benchgame_env.training.grading.one_set import judge
from benchgame_env.training.grading.verdict import Verdict
from benchgame_env.training.jobs import Job, add_workers_option, do_all
from benchgame_env.validate import choice, integer

PROG = "benchgame adversary"
DESCRIPTION = """\
Attacks the verdicts of benchgame judge and benchgame evaluate, and prints what
they said.

rates      sets of sampled plays: of the predicted equilibrium, and of play with
           which a developer could gain exactly 5 % of P, the spread of prizes:
           twice the bound
scripts    play that tries to be a match without being the prediction: right on
           average, right in some seeds, copied, repeated, correlated, stated
           but not played, ...
search     an optimiser that looks for play with a regret above the bound that
           is a match
agreement  the same play with a prediction, without one, and under a rule of
           which nothing is known: honest play, the equilibrium and uniform play
           of random games"""
EPILOG = """\
exit status: 0 the verdicts hold, 1 one was fooled, or is wrong too often, 2 bad
input

A verdict that errs with 2.5 % is wrong about 25 times in 1,000. A rate counts
as too bad where a good verdict would show it with less than 0.2 %: above 40 in
1,000."""
SHOWN = 90  # characters of a sentence in a table
CANDIDATES = 100  # of a job


def main(arguments: list[str] | None = None) -> int:
    """Run the command with ``arguments``, by default those of the shell; returns the exit status."""
    options = _parser().parse_args(arguments)
    return commands.run(lambda: ATTACKS[options.attack](options), PROG)


def _parser() -> argparse.ArgumentParser:
    form = argparse.RawDescriptionHelpFormatter
    parser = commands.Parser(prog=PROG, description=DESCRIPTION, epilog=EPILOG, formatter_class=form)
    parts = parser.add_subparsers(dest="attack", required=True, metavar="ATTACK")
    part = parts.add_parser("rates", help="error rates of verdicts on sampled plays")
    part.add_argument("--sets", type=int, default=1_000, help="sets of plays of each kind and size")
    part.add_argument("--games", default=",".join(rates.GAMES), help="games, with commas")
    part.add_argument(
        "--sizes", default=",".join(map(str, rates.SIZES)), help="plays in a set, with commas"
    )
    add_workers_option(part)
    part = parts.add_parser("scripts", help="scripted players")
    part.add_argument("--game", default="duel", choices=rates.GAMES, help="the game of sets of plays")
    part.add_argument("--plays", type=int, default=10_000, help="plays in a set, and of a seed")
    add_workers_option(part)
    part = parts.add_parser("search", help="an optimiser")
    part.add_argument("--game", default="duel", choices=rates.GAMES, help="the game that is played")
    part.add_argument(
        "--candidates", type=int, default=10_000, help="plays to try, and figures of seeds"
    )
    part.add_argument("--plays", type=int, default=10_000, help="plays in a set")
    add_workers_option(part)
    part = parts.add_parser("agreement", help="verdicts with and without a prediction")
    part.add_argument("--games", type=int, default=200, help="random games")
    add_workers_option(part)
    return parser


def _rates(options: argparse.Namespace) -> int:
    games = [choice("--games", name.strip(), rates.GAMES) for name in options.games.split(",")]
    sizes = [integer("--sizes", int(size), low=1) for size in options.sizes.split(",")]
    jobs = rates.jobs(games, sizes, integer("--sets", options.sets, low=1))
    found = rates.together(_results(jobs, options.workers))
    rows = [
        [f"{one.game}, {one.play}", f"{one.plays:,}"]
        + [f"{count / one.sets:.1%}" for count in (one.match, one.mismatch, one.undecided)]
        + [one.fault]
        for one in found
    ]
    print(f"{options.sets:,} sets of plays each")
    print(commands.table(["play", "plays", "match", "mismatch", "undecided", ""], rows))
    return int(any(one.fault for one in found))


def _scripts(options: argparse.Namespace) -> int:
    plays = integer("--plays", options.plays, low=1)
    jobs: list[Job] = [partial(_set_of_plays, options.game, what, plays) for what in SCRIPTS]
    jobs += [partial(_other, what) for what in OTHER]
    jobs += [partial(_run, what, plays) for what in RUNS]
    found = dict(_results(jobs, options.workers))
    rows = [[what, *_row(found[what])] for what in (*SCRIPTS, *OTHER, *RUNS)]
    print(commands.table(["what is played", "verdict", "because"], rows))
    return int(any(fooled(verdict) for verdict in found.values()))


def _row(verdict: Verdict) -> list[str]:
    why = caught_by(verdict)
    return [verdict.outcome, why if len(why) <= SHOWN else f"{why[: SHOWN - 3]}..."]


def _set_of_plays(game: str, what: str, plays: int) -> tuple[str, Verdict]:
    case = Case.of(game)
    efforts = SCRIPTS[what](case, plays, np.random.default_rng(0))
    return what, judge(game, "direct", plays=efforts, prediction=case.prediction)


def _other(what: str) -> tuple[str, Verdict]:
    return what, OTHER[what]()


def _run(what: str, episodes: int) -> tuple[str, Verdict]:
    tqdm.set_lock(threading.RLock())  # one between processes would outlive a worker that is ended
    cls, settings = RUNS[what]
    return what, run_of(cls, episodes, **settings)


def _search(options: argparse.Namespace) -> int:
    count = integer("--candidates", options.candidates, low=1)
    plays = integer("--plays", options.plays, low=1)
    parts = [min(CANDIDATES, count - start) for start in range(0, count, CANDIDATES)]
    jobs: list[Job] = [
        partial(search.by_plays, options.game, part, plays, seed) for seed, part in enumerate(parts)
    ]
    rows = []
    seeds: list[Job] = [partial(search.by_seeds, part, seed) for seed, part in enumerate(parts)]
    for name, own in (("sets of plays", jobs), ("exact figures of ten seeds", seeds)):
        found = _results(own, options.workers)
        sums = [sum(getattr(one, what) for one in found) for what in ("candidates", "matches", "fooled")]
        rows.append([name, *(f"{value:,}" for value in sums), f"{min(one.lowest for one in found):.2%}"])
    header = ["search among", "candidates", "match", "fooled", "lowest upper end / P"]
    print(commands.table(header, rows))
    return int(any(row[3] != "0" for row in rows))


def _agreement(options: argparse.Namespace) -> int:
    games = range(integer("--games", options.games, low=1))
    jobs: list[Job] = [partial(agreement.agreements, k) for k in games]
    found = [one for own in _results(jobs, options.workers) for one in own]
    count = Counter((one.regime, one.play, *one.outcomes) for one in found)
    rows = [[f"{regime}, {play}", *outcomes, f"{count[regime, play, *outcomes]:,}"]
            for regime, play, *outcomes in sorted(count)]  # fmt: skip
    print(commands.table(["regime and play", *agreement.WAYS, "plays"], rows))
    apart = [one for one in found if len(set(one.outcomes)) > 1]
    for one in sorted(apart, key=lambda one: one.number):
        print(f"game {one.number}, {one.regime}, {one.play}:")
        print(
            *(f"  {way}: {words}" for way, words in zip(agreement.WAYS, one.sentences, strict=True)),
            sep="\n",
        )
    return int(bool(apart))


def _results(jobs: Sequence[Job], workers: int) -> list[Any]:
    """What jobs return, in the order in which they end; ValueError with the first error."""
    with bars.progress_bar(len(jobs), "job", "attacking") as bar:
        return do_all(jobs, integer("--workers", workers, low=1), bar)


ATTACKS = {"rates": _rates, "scripts": _scripts, "search": _search, "agreement": _agreement}
