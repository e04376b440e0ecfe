"""Best-response developers play the predicted cycle, so their runs are a `match` (theory section 8)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from benchgame_env.agents.runs.settings import TrainSettings
from benchgame_env.training.evaluate import evaluate
from benchgame_env.training.train import train

KINDS: dict[str, dict[str, Any]] = {
    # 41 levels are the default; on them paper's ties are everywhere.
    "levels": {"action_type": "discrete"},
    # A coarser resolution than the default has shorter cycles.
    "continuous": {"action_type": "continuous", "resolution": 1e-2},
    "fine": {"action_type": "continuous"},
}


LONG = [("five", "continuous"), *((game, "fine") for game in ("duel", "three", "five"))]
SHORT = [("duel", "levels"), ("three", "levels"), ("five", "levels")]
SHORT += [("duel", "continuous"), ("three", "continuous")]


@pytest.mark.parametrize(
    ("game", "kind"), SHORT + [pytest.param(*case, marks=pytest.mark.long) for case in LONG]
)
def test_best_responses_match(tmp_path: Path, game: str, kind: str) -> None:
    settings = TrainSettings(
        game=game, agents="best-response", revision="alternating", horizon=20, action_scale="linear",
        copies=2, updates=2, seeds=10, **KINDS[kind],
    )  # fmt: skip
    train(settings, tmp_path / "run")
    evaluation = evaluate(tmp_path / "run", episodes=4)
    assert evaluation.prediction.regime == "cycle"
    assert evaluation.verdict.outcome == "match", evaluation.verdict
