"""Figures of play in random order, held against the recurrent classes that are predicted."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchgame_env import metrics, theory
from benchgame_env.training.grading.exact_figures import choices_of
from benchgame_env.training.grading.figures import by_developer, misordered, share_of_scale
from benchgame_env.training.grading.target import ExpectedClass, Target
from benchgame_env.validate import Floats

LAPS = 200  # rounds by developer of the episode that is graded
PROFILES = 20  # rounds of it by profile of the largest class


def rounds_of(target: Target) -> int:
    """Rounds of the episode that is graded."""
    largest = max(len(one.states) for one in target.classes)
    return max(PROFILES * largest, LAPS * target.classes[0].means.size)


def class_figures(
    prediction: theory.Prediction, target: Target, efforts: Floats, turns: NDArray[np.bool_]
) -> dict[str, Any]:
    """Compute the fields of `SeedFigures` about recurrent classes.

    Parameters
    ----------
    prediction : Prediction
        What is predicted.
    target : Target
        The classes.
    efforts : array ``[rounds, n]``
        Efforts after each revision of one long episode from zero effort, effort units.
    turns : array ``[rounds, n]``
        Who could revise.

    Returns
    -------
    dict
        Values by field. All are of the second half of the episode.
    """
    game, who = prediction.game, turns.argmax(axis=1)
    choices = choices_of(prediction.scope)
    missed = metrics.revision_regrets(game, prediction.protocol, efforts, who, **choices)
    late = slice(len(efforts) // 2, None)
    board, shares = (
        prediction.protocol.evaluate(game, efforts[late]),
        share_of_scale(game, efforts[late]),
    )
    inside = [_inside(prediction, one, board.scores) for one in target.classes]
    own = target.classes[int(np.argmax([held.mean() for held in inside]))]
    away = [
        shares.mean(axis=0) - own.means, shares.max(axis=0) - own.peaks, shares.min(axis=0) - own.troughs
    ]  # fmt: skip
    wrong = float(misordered(game, board.ranks).mean())
    return {
        "step_regrets": by_developer(missed[late] / game.prize_range, who[late], game.n_developers),
        "outside": 1.0 - float(np.max([held.mean() for held in inside])),
        "class_away": np.abs(away).max(axis=0),
        "class_wrong": abs(wrong - own.wrong_boards),
    }


def _inside(prediction: theory.Prediction, expected: ExpectedClass, scores: Floats) -> NDArray[np.bool_]:
    """Whether boards of published ``scores`` ``[rounds, n]`` are those of profiles of the class."""
    known = prediction.protocol.evaluate(prediction.game, expected.states).scores
    boards = {row.tobytes() for row in known}
    return np.array([row.tobytes() in boards for row in scores])
