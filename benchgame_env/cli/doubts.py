"""What a level to announce leaves open, in sentences: too few data, near-ties, models alike."""

from __future__ import annotations

import math
from collections import Counter

import numpy as np

from benchgame_env import theory
from benchgame_env.cli.levels import percent, plain, rounded_up
from benchgame_env.draws import Draws
from benchgame_env.rules import TuneBeforeTest
from benchgame_env.theory import LeastLevel

OPEN = 3.0  # times the level of half of the draws: beyond, the checkpoints leave a level open
MUCH = 0.8  # of the level from which on: below it, the level at which is said too


def doubts(draws: Draws, found: LeastLevel, half: float) -> list[str]:
    """What has to be said beside a level.

    Parameters
    ----------
    draws : Draws
        The draws, without models that may join.
    found : LeastLevel
        The level to announce, which may be for models that join.
    half : float
        The level from which on half of the draws are stable, see `theory.stable_from`.
    """
    said = [open_words(draws, found, half), same_words(draws, found), single_words(draws, found)]
    return [words for words in said if words]


def open_words(draws: Draws, found: LeastLevel, half: float) -> str:
    """That the checkpoints leave the level open, and of which models more are needed; empty where they
    do not. Half of the draws are stable from ``half`` on."""
    level = found.level
    if found.entrants:
        [level] = theory.stable_from(draws, (found.confidence,), found.max_level)
    if not math.isfinite(half) or level <= OPEN * half:
        return ""
    one, other, _ = least_known(draws, half)
    lower = f", a level {level / half:.2g} times lower" * math.isfinite(level)
    return (
        "The checkpoints leave it open, for half of the draws are stable from "
        f"{plain(rounded_up(half))} on{lower}: measure more of {one} and {other}."
    )


def same_words(draws: Draws, found: LeastLevel) -> str:
    """That the fitted curves themselves support no level, for two of them are the same, or nearly."""
    level = found.level if found.supported else found.max_level
    efforts, gains = theory.overtakes(draws.game, TuneBeforeTest(level))
    if theory.temptation(draws.game, TuneBeforeTest(level)) == 0:
        return ""
    r, k = np.unravel_index(gains.argmax(), gains.shape)
    names = draws.game.names
    return (
        f"On the fitted curves honest play is not stable at {plain(rounded_up(level))}: {names[r]} "
        f"passes {names[k]} with an effort of {efforts[r, k]:.3g}. In the draws these two differ as far "
        "as the checkpoints allow. If they are the same model, no level is stable."
    )


def single_words(draws: Draws, found: LeastLevel) -> str:
    """A much lower level at which enough draws are stable, and where above it they are not."""
    if found.entrants:
        return ""
    top = found.level if found.supported else found.max_level
    single = theory.single_level(draws, found.confidence, top)
    if not single.level <= MUCH * top or single.share >= found.confidence:
        return ""
    level = rounded_up(single.level)
    if theory.stable_share(draws, TuneBeforeTest(level)) < found.confidence:
        level = single.level
    one, other, _ = least_known(draws, single.lowest)
    return (
        f"At exactly {plain(level)} {percent(found.confidence)} of the draws are stable as well; above "
        f"it fewer may be, {percent(single.share)} at {plain(rounded_up(single.lowest))}, where the "
        f"curves of {one} and {other} may cross."
    )


def least_known(draws: Draws, level: float) -> tuple[str, str, float]:
    """The two models that are closest to each other, by the effort of an overtake per rank, in most of
    the draws that are unstable at a level; and in which share of these."""
    found = theory.levels_by_draw(draws, [level])
    efforts = found.required_effort[0][~found.stable[0]]
    apart = np.where(efforts > 0, efforts, np.inf).reshape(len(efforts), -1).argmin(axis=1)
    pairs = [tuple(sorted(divmod(int(pair), draws.game.n_developers))) for pair in apart]
    [((one, other), often)] = Counter(pairs).most_common(1)
    return draws.game.names[one], draws.game.names[other], often / len(pairs)
