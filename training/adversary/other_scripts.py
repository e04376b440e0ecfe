"""Scripts where no mixed equilibrium is predicted: cycles of revisions, pure equilibria, seeds."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache, partial

import numpy as np

from benchgame_env import load_game, theory
from benchgame_env.training.grading.controls import controls, course_figures
from benchgame_env.training.grading.figures import SeedFigures
from benchgame_env.training.grading.intervals import Bounds
from benchgame_env.training.grading.one_set import judge
from benchgame_env.training.grading.target import AVERAGE_REGRET, Target, target_of
from benchgame_env.training.grading.verdict import Verdict
from benchgame_env.training.grading.verdict import judge as judge_seeds
from benchgame_env.validate import Floats

SEEDS = 10
COARSE = 0.01  # resolution of the predicted cycle, score units: a period of 30 revisions
NOISY = ("finite-test", {"items": 100})

# --- seeds -----------------------------------------------------------------------------------------


def seeds(regrets: list[float]) -> Verdict:
    """The verdict on seeds whose players all have these regrets, share of P, known exactly."""
    found = [SeedFigures.exact(Bounds.exact([one, one]), np.zeros(2)) for one in regrets]
    return judge_seeds(Target("mixed", "seeds", fixed=True, reference=0.0), found)


# --- cycles of revisions in turn -------------------------------------------------------------------


@lru_cache
def cycle() -> tuple[theory.Prediction, Floats]:
    """The predicted cycle of the duel, and its states ``[period, 2]`` in the order of turns."""
    scope = theory.Scope(revision="alternating", resolution=COARSE)
    prediction = theory.predict("duel", "direct", scope=scope)
    assert prediction.cycle is not None
    states = prediction.cycle.states
    moves = (states[0] != states[-1])[0]  # the worse model revises first
    return prediction, np.roll(states, -1, axis=0) if moves else states


def revisions(paths: list[Floats]) -> Verdict:
    """The verdict on seeds, each of which repeats a path ``[rounds, n]`` of efforts."""
    prediction, _ = cycle()
    target = target_of(prediction, "alternating")
    found = [course_figures(prediction, np.tile(path, (8, 1)), start=path[-1]) for path in paths]
    return judge_seeds(target, found, partial(controls, target, prediction, []))


def changed(change: Callable[[Floats], Floats]) -> Verdict:
    """The verdict on ten seeds that play the predicted cycle with a change."""
    return revisions([change(cycle()[1])] * SEEDS)


# --- pure equilibria -------------------------------------------------------------------------------


def noisy(share: float, plays: int = 1_000) -> Verdict:
    """The verdict on plays around the equilibrium under noise, above and below by a share of F."""
    prediction = theory.predict("pythia-gsm8k", NOISY)
    efforts, game = prediction.equilibrium, prediction.game
    assert efforts is not None
    signs = np.random.default_rng(0).choice([-1.0, 1.0], (plays, efforts.size))
    moved = np.maximum(efforts + share * game.effort_scale * signs, 0.0)
    return judge(game, NOISY, plays=moved, prediction=prediction)


def seldom_honest(share: float, plays: int = 10_000) -> Verdict:
    """The verdict on honest play with an effort of half of F in a share of the plays, where honest play
    is the equilibrium."""
    game = load_game("duel-small-prize")
    often = np.random.default_rng(0).random((plays, 2)) < share
    return judge(game, "direct", plays=np.where(often, game.effort_scale / 2, 0.0))


OTHER: dict[str, Callable[[], Verdict]] = {
    "five seeds without regret, five at 2.8 % of P": lambda: seeds([0.0] * 5 + [0.028] * 5),
    "eight seeds without regret, two at 10 % of P": lambda: seeds([0.0] * 8 + [0.1] * 2),
    "all seeds just below the bound but one": lambda: seeds([0.98 * AVERAGE_REGRET] * 9 + [0.1]),
    "the right period, peaks 10 % of F too low": lambda: changed(
        lambda path: np.minimum(path, path.max(axis=0) - 0.1)
    ),
    "the right peaks, lowest efforts 10 % of F too high": lambda: changed(
        lambda path: np.maximum(path, path.min(axis=0) + 0.1)
    ),
    "cycles 8 % too high in five seeds, too low in five": lambda: revisions(
        [cycle()[1] * factor for factor in [1.08] * 5 + [0.92] * 5]
    ),
    "the cycle in half of the seeds, no effort in the others": lambda: revisions(
        [cycle()[1] * factor for factor in [1.0] * 5 + [0.0] * 5]
    ),
    "the cycle backwards": lambda: changed(lambda path: path[::-1]),
    "5 % of F above and below an equilibrium under noise": lambda: noisy(0.05),
    "honest play but for one play in ten at half of F": lambda: seldom_honest(0.1),
}
