"""`agents.load`: back from a run to the players that it trained."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest

from benchgame_env import agents
from benchgame_env.training.evaluate import evaluate
from benchgame_env.training.grading.judging import GRADING
from benchgame_env.training.learning import CHECKPOINT_EVERY, train_seeds
from benchgame_env.training.run.storage import read_rows
from benchgame_env.training.train import train

SMALL = {"game": "duel", "copies": 4, "updates": 2, "seeds": 2}


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("runs") / "run"
    train(agents.TrainSettings(agents="ppo,exp3", options={"ppo": {"hidden": 4}}, **SMALL), folder)
    return folder


def test_loaded_players_play_what_evaluate_graded(run: Path, tmp_path: Path) -> None:
    copy = Path(shutil.copytree(run, tmp_path / "run"))
    evaluate(copy, episodes=4)
    graded = [float(row["effort"]) for row in read_rows(copy / "seed-1" / "rows.csv")]
    players, rng = agents.load(str(run), 1), np.random.default_rng([1, GRADING])
    vec = agents.TrainSettings.load(str(run)).vector_env()
    played = agents.play(vec, players, 1, rng, int(rng.integers(2**31)), mode="play")["effort"]
    assert played[0].reshape(-1).tolist() == graded


def test_seeds_are_told_apart_and_players_act_at_once(run: Path) -> None:
    vec = agents.TrainSettings.load(run).vector_env()
    seen, _ = vec.reset(seed=0)

    def actions(seed: int) -> np.ndarray:
        first = agents.load(run, seed)[0]
        assert first.mode == "play"
        return first.act(seen[:, first.at], np.random.default_rng(0))

    assert np.array_equal(actions(0), actions(0))
    assert not np.array_equal(actions(0), actions(1))


def test_what_is_no_finished_seed_of_a_run_is_refused(run: Path, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"no-run is not a run: it has no settings.json"):
        agents.load(tmp_path / "no-run", 0)
    with pytest.raises(ValueError, match=r"^seed: .*run has seeds 0 to 1, got 2"):
        agents.load(run, 2)
    with pytest.raises(ValueError, match=r"^seed: must be a whole number >= 0, got -1"):
        agents.load(run, -1)
    copy = Path(shutil.copytree(run, tmp_path / "run"))
    shutil.rmtree(copy / "seed-1")
    with pytest.raises(
        ValueError, match=r"seed-1 has no checkpoint so far: finish the run with .*--resume"
    ):
        agents.load(copy, 1)


def test_a_run_that_was_interrupted_is_refused(tmp_path: Path) -> None:
    settings = agents.TrainSettings(agents="exp3", **(SMALL | {"updates": CHECKPOINT_EVERY + 1}))
    settings.save(tmp_path / "run")
    interrupted = train_seeds(settings, {0: tmp_path / "run" / "seed-0"})
    for _ in range(CHECKPOINT_EVERY):
        next(interrupted)
    interrupted.close()
    stopped = f"seed-0 stopped at update {CHECKPOINT_EVERY} of {CHECKPOINT_EVERY + 1}: finish it"
    with pytest.raises(ValueError, match=stopped):
        agents.load(tmp_path / "run", 0)


def test_code_that_a_run_names_needs_trust(tmp_path: Path) -> None:
    options = {"policy": {"policy": "tools.policies:half"}}
    settings = agents.TrainSettings(agents="policy", options=options, action_scale="linear", **SMALL)
    train(settings, tmp_path / "run")
    with pytest.raises(ValueError, match=r"options.policy.policy: 'tools.policies:half' would import"):
        agents.load(tmp_path / "run", 0)
    players, vec = agents.load(tmp_path / "run", 0, trust=True), settings.vector_env()
    played = agents.play(vec, players, 1, np.random.default_rng(0), mode="play")
    assert (played["effort"] == 0.5).all()
