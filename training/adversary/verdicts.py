"""Verdicts on players of `training.adversary.players`: trained and evaluated as users do."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from benchgame_env.agents.runs.settings import TrainSettings
from benchgame_env.training.evaluate import evaluate
from benchgame_env.training.grading.checks import worst
from benchgame_env.training.grading.verdict import Verdict
from benchgame_env.training.grading.words import in_words
from benchgame_env.training.train import train

MODULE = "benchgame_env.training.adversary.players"
LEVELS = {"revision": "alternating", "action_type": "discrete", "action_scale": "linear"}

# What is played, the class that plays it, and the settings of the run.
RUNS: dict[str, tuple[str, Mapping[str, Any]]] = {
    "right in half of the seeds": ("RightInHalfOfTheSeeds", {}),
    "right in half of the copies": ("RightInHalfOfTheCopies", {}),
    "right in the last of 4 rounds": ("RightInTheLastRound", {"horizon": 4}),
    "one draw held for 4 rounds": ("HoldsItsDraw", {"horizon": 4}),
    "a copy of the rival, a round late": ("CopiesTheRival", {"horizon": 4}),
    "the equilibrium is stated, zero is played": ("StatesTheEquilibrium", {}),
    "independence is stated, and not played": ("StatesIndependence", {}),
    "a cycle in the first copy only": ("RightInTheFirstCopy", LEVELS | {"horizon": 20, "copies": 8}),
    "high in even updates, low in odd ones: right on average": ("RightOnAverage", {"updates": 40}),
}


def run_of(cls: str, episodes: int, **settings: Any) -> Verdict:
    """The verdict on a run of players of this class, in a folder that is then deleted."""
    chosen = {"game": "duel", "updates": 2, "copies": 64, "seeds": 10, **settings}
    with tempfile.TemporaryDirectory() as folder:
        run = Path(folder) / "run"
        train(TrainSettings(agents=f"{MODULE}:{cls}", **chosen), run)
        return evaluate(run, episodes, trust=True).verdict


def fooled(verdict: Verdict) -> bool:
    """Whether all that a verdict says is a match."""
    return verdict.outcome == "match" and verdict.last_outcome in (None, "match")


def caught_by(verdict: Verdict) -> str:
    """The sentence that denies the match; empty if none does."""
    if verdict.outcome != "match":
        return verdict.sentence.partition(": ")[2]
    return "" if fooled(verdict) else f"at the end of training: {in_words(worst(verdict.last_iterate))}"
