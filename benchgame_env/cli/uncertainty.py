"""What the checkpoints of a fitted game leave open, as data and in sentences.

Everything is found from draws of the curves (`benchgame_env.calibration.draws`). Intervals hold the
middle 95 % of draws.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping
from dataclasses import asdict
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from benchgame_env import theory
from benchgame_env.calibration import Calibration
from benchgame_env.cli import bars
from benchgame_env.cli.doubts import doubts
from benchgame_env.cli.levels import level_sentence, measuring_lines, plain, rounded_up
from benchgame_env.draws import Draws
from benchgame_env.game import Game
from benchgame_env.named_games import calibration_of, checkpoints
from benchgame_env.rules import Direct, TuneBeforeTest, is_exact
from benchgame_env.validate import Floats, integer

DRAWS, MOST_DRAWS = 1000, 10_000
LARGE, FEWER = 10, 200  # draws of more than so many models take long
MOST_MODELS = 60  # up to which levels are searched for
LOOPED = 100  # draws of a rule that has to be looked at one game after another
CONFIDENCE = 0.95
MIDDLE = (0.025, 0.5, 0.975)

Facts = dict[str, Any]


def add_draw_options(add: Callable[..., Any], entrants: bool = False) -> None:
    """Add ``--draws``, ``--seed`` and perhaps ``--entrants`` to a parser, whose ``add_argument`` is
    ``add``."""
    words = (
        "draws of the curves that the checkpoints of a fitted game leave open; 0: curves count as exact"
    )
    number = f"default: {DRAWS:,}, or {FEWER} of more than {LARGE} models"
    add("--draws", type=int, metavar="N", help=f"{words} ({number})")
    add("--seed", type=int, default=0, help="of the draws: the same seed gives the same output")
    if entrants:
        add("--entrants", type=int, default=0, metavar="K", help="models that have not entered yet")


def source_of(options: argparse.Namespace) -> Calibration | None:
    """The fits behind the game that ``options.game`` names; None where it was not fitted."""
    return calibration_of(options.game)[0] if checkpoints(options.game) else None


def draws_from(
    options: argparse.Namespace, game: Game, source: Calibration | None = None
) -> Draws | None:
    """Draws of ``game``, whose models are in ``source``, by default the fits behind ``options.game``.
    None where the curves count as exact: they were not fitted, nobody asked, or (a note says so) there
    are too many or the file keeps nothing to draw from."""
    usual = DRAWS if game.n_developers <= LARGE else FEWER
    asked = usual if options.draws is None else options.draws
    number = integer("--draws", asked, low=0, high=MOST_DRAWS)
    seed = integer("--seed", options.seed, low=0)
    if not number or not (source := source or source_of(options)):
        return None
    if game.n_developers > MOST_MODELS:
        bars.note(f"curves count as exact: draws are made of at most {MOST_MODELS} models")
        return None
    pooling, rng = not getattr(options, "no_pooling", False), np.random.default_rng(seed)
    try:
        found = source.draws(number, rng, developers=game.names, pooling=pooling)
    except ValueError as error:
        bars.note(f"curves count as exact: {error}")
        return None
    return Draws(game, found.curves, found.quality)


def level_of(
    options: argparse.Namespace,
    draws: Draws,
    max_level: float | None = None,
    entrants: int | None = None,
    source: Calibration | None = None,
) -> theory.LeastLevel:
    """The level to announce, with as many ``entrants`` as the options say or as are given."""
    joining = integer(
        "--entrants", getattr(options, "entrants", 0) if entrants is None else entrants, low=0
    )
    source = source or source_of(options)
    return theory.least_level(
        draws,
        CONFIDENCE,
        joining,
        source.population() if joining and source else None,
        np.random.default_rng(integer("--seed", options.seed, low=0)),
        max_level,
        source.ranges if source else None,
    )


def announcement(
    options: argparse.Namespace,
    draws: Draws,
    max_level: float | None = None,
    source: Calibration | None = None,
) -> list[str]:
    """From which level on how many draws are stable, the level to announce, what is doubtful about it,
    and what to measure next."""
    shares, found = (
        theory.stable_from(draws, MIDDLE, max_level),
        level_of(options, draws, max_level, None, source),
    )
    words = stable_from_words(shares).removeprefix("honest play")
    next_ones = theory.next_measurements(draws, np.random.default_rng(options.seed), max_level=max_level)
    return [
        f"Honest play{words}.",
        f"The order of quality is that of the fitted curves in {same_order(draws):.1%} of draws.",
        level_sentence(found),
        *doubts(draws, found, shares[1]),
        *measuring_lines(next_ones),
    ]


def share_of(draws: Draws, rule: Any) -> tuple[float, int] | None:
    """The share of draws in which honest play is stable and of how many; None for a rule whose board is
    no fixed function of efforts. One game after another is slow: then it is that of the first draws."""
    if not is_exact(rule):
        return None
    some = draws if _is_fast(rule) else draws[:LOOPED]
    return theory.stable_share(some, rule), len(some)


def _is_fast(rule: Any) -> bool:
    return isinstance(rule, (Direct, TuneBeforeTest)) and rule.ties == "quality"


def middle(values: ArrayLike) -> Floats:
    """The lower end of the middle of draws ``[draws, ...]``, the median and the upper end,
    ``[3, ...]``."""
    return np.asarray(np.quantile(np.asarray(values), MIDDLE, axis=0, method="inverted_cdf"))


def same_order(draws: Draws) -> float:
    """The share of draws in which the models have the order of quality of the fitted curves."""
    return float((draws.order == np.arange(draws.game.n_developers)).all(axis=1).mean())


def ranked_right(draws: Draws, level: float) -> float:
    """The share of draws in which the honest board at a tune-before-test level has the draw's own order
    of quality."""
    rows = np.arange(len(draws))[:, None]
    curves = draws.curves[rows, draws.order]
    scores = curves.score(np.full(draws.order.shape, level))
    ranks = draws.game.board(scores).ranks
    return float((ranks == np.arange(1, ranks.shape[1] + 1)).all(axis=1).mean())


def climbs(draws: Draws, levels: ArrayLike) -> Floats:
    """As `theory.climb` under tune-before-test, in every draw: ``[levels, draws, n - 1]``."""
    found = theory.levels_by_draw(draws, levels).required_effort
    rows, places = np.arange(len(draws))[:, None], np.argsort(draws.order, axis=1)
    efforts = []
    for level, needed in zip(np.asarray(levels), found, strict=True):
        scores = draws.curves.score(np.full(places.shape, level))
        order = np.lexsort((places, -draws.game.board(scores).scores), axis=1)
        efforts.append(needed[rows, order[:, 1:], order[:, :-1]])
    return np.stack(efforts)


def facts(options: argparse.Namespace, draws: Draws | None, rule: Any) -> Facts | None:
    """What the draws say about a game under a rule, for JSON and for `lines`; None without draws."""
    if draws is None:
        return None
    known: Facts = {"draws": len(draws), "seed": int(options.seed), "order": same_order(draws)}
    share = share_of(draws, rule)
    if share is None:
        return known
    known |= {"stable_share": share[0], "stable_share_of": share[1]}
    if not _is_fast(rule):
        return known
    found = theory.levels_by_draw(draws, [rule.level if isinstance(rule, TuneBeforeTest) else 0.0])
    level, shares = level_of(options, draws), theory.stable_from(draws, MIDDLE)
    return known | {
        "temptation": middle(found.temptation[0]).tolist(),
        "required_effort": middle(found.required_effort[0]).tolist(),
        "stable_from": shares,
        "least_level": asdict(level),
        "doubts": doubts(draws, level, shares[1]),
    }


def lines(
    known: Mapping[str, Any], developers: list[str], tempted: list[Facts]
) -> list[tuple[str, str]]:
    """What `facts` found, as labels and words."""
    said = [
        f"the order of quality is that of the fitted curves in {known['order']:.1%} of "
        f"{known['draws']:,} draws of the curves that the checkpoints allow"
    ]
    if "stable_share" in known:
        first = f" the first {known['stable_share_of']:,}" * (known["stable_share_of"] < known["draws"])
        said.append(f"honest play is stable in {known['stable_share']:.1%} of{first or ' them'}")
    if "temptation" in known:
        said.append(f"T is {_span(known['temptation'])} in the middle 95 % of them")
        low, _, high = known["required_effort"]
        for pair in tempted:
            r, k = developers.index(pair["overtaker"]), developers.index(pair["overtaken"])
            span = _span((low[r][k], high[r][k]))
            said.append(f"{pair['overtaker']} passes {pair['overtaken']} with effort {span}")
    labelled = [("draws" if number == 0 else "", words) for number, words in enumerate(said)]
    if "least_level" not in known:
        return labelled
    level = theory.LeastLevel(**known["least_level"])
    return [
        *labelled,
        ("", stable_from_words(known["stable_from"])),
        ("announce", level_sentence(level)),
        *(("", words) for words in known["doubts"]),
    ]


def stable_from_words(levels: list[float]) -> str:
    """From which levels on honest play is stable, by the share of draws; see `theory.stable_from`."""
    low, half, high = (
        f"{level:,.3g}" if level < 1000 else f"{plain(rounded_up(level))}" for level in levels
    )
    words = (
        f"honest play is stable from level {low} on in 2.5 % of draws, from {half} on in half of them"
    )
    return f"{words}, and from {high} on in 97.5 %".replace("from inf on", "from no level on")


def _span(ends: Any) -> str:
    return f"{three_digits(ends[0])} to {three_digits(ends[-1])}"


def three_digits(value: float) -> str:
    """A number from draws; ``none`` where no effort suffices."""
    return f"{float(f'{value:.3g}'):,.4g}" if np.isfinite(value) else "none"
