"""Training runs end to end: known answers, resuming bit for bit, files, bad input."""

from __future__ import annotations

import errno
import json
import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from benchgame_env import metrics
from benchgame_env.agents import AGENTS, Player, play
from benchgame_env.agents.adaptive.exp3 import EXP3
from benchgame_env.agents.base import Round
from benchgame_env.agents.learned.mmd import MMD
from benchgame_env.agents.runs.checkpoints import load_checkpoint, save_checkpoint
from benchgame_env.agents.runs.settings import SAMPLE, TrainSettings
from benchgame_env.files import write_bytes
from benchgame_env.training import evaluate as evaluate_command
from benchgame_env.training import learning
from benchgame_env.training import train as train_command
from benchgame_env.training.evaluate import EXIT_STATUS, evaluate
from benchgame_env.training.grading import judging
from benchgame_env.training.grading.figures import RULES
from benchgame_env.training.learning import CHECKPOINT_EVERY, batches, train_seeds
from benchgame_env.training.run.prediction import predicted
from benchgame_env.training.run.storage import read_rows, write_rows
from benchgame_env.training.train import train

LEARNING = {"game": "duel", "action_type": "discrete", "effort_levels": 5, "copies": 6, "episodes": 2}
TINY = {"copies": 32, "updates": 2 * CHECKPOINT_EVERY, "seeds": 1}


def settings(**changes: object) -> TrainSettings:
    return TrainSettings(**({"game": "duel-small-prize"} | TINY | changes))  # type: ignore[arg-type]


def same(a: Any, b: Any) -> bool:
    """Whether two contents of checkpoints are alike, bit for bit."""
    if isinstance(a, torch.Tensor):
        return torch.equal(a, b)
    if isinstance(a, dict):
        return a.keys() == b.keys() and all(same(a[key], b[key]) for key in a)
    if isinstance(a, (list, tuple)):
        return len(a) == len(b) and all(same(x, y) for x, y in zip(a, b, strict=True))
    return a == b


def same_run(a: Path, b: Path) -> bool:
    """Whether two seeds' folders hold the same players, plays and progress, bit for bit."""
    contents = [load_checkpoint(folder / "checkpoint.pt") for folder in (a, b)]
    texts = [(folder / "progress.csv").read_text() for folder in (a, b)]
    return same(*contents) and texts[0] == texts[1]


def test_a_small_prize_teaches_zero_effort(tmp_path: Path) -> None:
    # Overtaking costs 0.5 and wins 0.4 (theory section 5): pure, all zero, tau 1.
    train(settings(copies=128, seeds=10), tmp_path / "run", workers=2)
    evaluation = evaluate(tmp_path / "run")
    assert evaluation.prediction.regime == "pure"
    assert evaluation.verdict.outcome == "match", evaluation.verdict


def test_interrupted_and_resumed_is_the_run_that_was_never_interrupted(tmp_path: Path) -> None:
    whole, parts = tmp_path / "whole", tmp_path / "parts"
    train(settings(), whole)
    run = train_seeds(settings(), {0: parts / "seed-0"})
    for _ in range(CHECKPOINT_EVERY + 7):  # beyond a checkpoint, then killed
        next(run)
    run.close()
    settings().save(parts)
    assert load_checkpoint(parts / "seed-0" / "checkpoint.pt")["update"] == CHECKPOINT_EVERY
    train(settings(), parts, resume=True)
    assert same_run(whole / "seed-0", parts / "seed-0")


@pytest.mark.parametrize(
    "agents",
    [
        *(name for name, entry in AGENTS.items() if entry.load().learn is not Player.learn),
        "ppo,q-learning",
        "shared-ppo,best-response",
    ],
)
def test_everybody_who_learns_resumes_bit_for_bit(tmp_path: Path, agents: str) -> None:
    kind = LEARNING | {"agents": agents, "updates": CHECKPOINT_EVERY + 3, "options": {}}
    if agents == "sac":  # on continuous effort
        kind["action_type"] = "continuous"
    run = settings(**kind)
    whole, parts = (tmp_path / name / "seed-0" for name in ("whole", "parts"))
    for _ in train_seeds(run, {0: whole}):
        pass
    first = train_seeds(run, {0: parts})
    for _ in range(CHECKPOINT_EVERY + 1):
        next(first)
    first.close()
    for _ in train_seeds(run, {0: parts}):
        pass
    assert same_run(whole, parts)


def test_processes_change_nothing_and_seeds_do(tmp_path: Path) -> None:
    train(settings(seeds=2), tmp_path / "one", workers=1)
    train(settings(seeds=2), tmp_path / "two", workers=2)
    for seed in ("seed-0", "seed-1"):
        assert same_run(tmp_path / "one" / seed, tmp_path / "two" / seed)
    assert not same_run(tmp_path / "one" / "seed-0", tmp_path / "one" / "seed-1")


SIDE_BY_SIDE: dict[str, Any] = {"game": "three", "seeds": 3, "copies": 24, "horizon": 1}


@pytest.mark.parametrize(
    "kind",
    [
        {"agents": "mmd", "episodes": 3},
        {"agents": "mmd", "action_type": "discrete"},
        {"agents": "ppo-annealed", "options": {"ppo-annealed": {"minibatches": 2}}},
        {"agents": "ppo", "action_type": "discrete"},
        {"agents": "ppo", "protocol": "tune-before-test", "parameters": {"level": 0.1}},
        {"agents": "ppo,mmd,ppo"},
        {"agents": "regret-matching-plus,exp3,fictitious-play"},
        {"agents": "exp3", "horizon": 4, "revision": "alternating"},
        {"agents": "regret-matching-plus,mmd,ppo", "action_type": "discrete"},
    ],
)
def test_a_seed_trains_side_by_side_as_it_does_alone(tmp_path: Path, kind: dict[str, Any]) -> None:
    run = settings(**SIDE_BY_SIDE | {"options": {}, "updates": 5} | kind)
    assert batches(run, range(3), workers=1) == [[0, 1, 2]]
    assert batches(run, range(3), workers=2) == [[0, 1], [2]]
    train(run, tmp_path / "together")
    for seed in range(run.seeds):
        alone = tmp_path / "together" / f"alone-{seed}"
        list(train_seeds(run, {seed: alone}))
        assert same_run(tmp_path / "together" / f"seed-{seed}", alone)


def test_seeds_that_were_interrupted_at_different_updates_go_on(tmp_path: Path) -> None:
    run = settings(**SIDE_BY_SIDE, agents="mmd", options={}, updates=CHECKPOINT_EVERY + 3)
    train(run, tmp_path / "whole")
    run.save(tmp_path / "parts")
    first = train_seeds(run, {1: tmp_path / "parts" / "seed-1"})
    for _ in range(CHECKPOINT_EVERY + 1):
        next(first)
    first.close()
    train(run, tmp_path / "parts", resume=True)
    for seed in range(run.seeds):
        assert same_run(*(tmp_path / name / f"seed-{seed}" for name in ("whole", "parts")))


@pytest.mark.parametrize(
    "kind",
    [
        {"agents": "ppo", "horizon": 2},
        {"agents": "ppo", "protocol": "finite-test", "parameters": {"items": 20}},
        {"agents": "shared-ppo"},
        {"agents": "central-ppo"},
        {"agents": "ppo,a2c,ppo"},
        {"agents": "q-learning"},
        {"agents": "exp3", "revision": "random", "horizon": 2},
    ],
)
def test_seeds_that_might_not_be_as_alone_train_alone(kind: dict[str, Any]) -> None:
    # Later boards differ between copies, a finite test and revision at random draw, and the others share
    # something between seats, copies or boards.
    run = settings(**SIDE_BY_SIDE | {"options": {}} | kind)
    assert batches(run, range(3), workers=2) == [[0], [1], [2]]


@pytest.mark.parametrize(
    ("copies", "episodes", "together"), [(2**13, 1, 2), (2**14, 1, 1), (2**10, 128, 2)]
)
def test_few_seeds_train_side_by_side_where_each_plays_much(
    copies: int, episodes: int, together: int
) -> None:
    # By MOST_COPIES: 2^14 / 2^13 seeds. By MOST_PLAYS: 2^18 / (2^10 128).
    run = settings(**SIDE_BY_SIDE | {"copies": copies}, agents="exp3", episodes=episodes, options={})
    assert [len(part) for part in batches(run, range(4), workers=1)] == [together] * (4 // together)


class WithMean(MMD):
    """Keeps a number that is another for each seed."""

    mean = 0.0

    def learn(self, played: Round, rng: np.random.Generator) -> None:
        super().learn(played, rng)
        self.mean += float(played.payoffs.mean())


class WithNoise(EXP3):
    """Draws by a method that `Streams` has not."""

    def act(self, observations: NDArray[np.float32], rng: np.random.Generator) -> NDArray[np.float64]:
        return super().act(observations, rng) + rng.normal(0.0, 0.01, len(observations))


@pytest.mark.parametrize("agent", [WithMean, WithNoise])
def test_what_derives_from_a_learner_trains_alone_unless_it_says_otherwise(agent: type[Player]) -> None:
    run = settings(**SIDE_BY_SIDE, agents=f"{__name__}:{agent.__name__}", options={})
    assert batches(run, range(3), workers=1) == [[0], [1], [2]]


@pytest.mark.parametrize("action_type", ["continuous", "discrete"])
@pytest.mark.parametrize("revision", ["simultaneous", "alternating", "random"])
def test_every_kind_of_play_trains_and_is_graded(
    tmp_path: Path, action_type: str, revision: str
) -> None:
    kind = settings(
        action_type=action_type, revision=revision, horizon=4, updates=3, parameters={"level": 0.5},
        protocol="tune-before-test",
    )  # fmt: skip
    train(kind, tmp_path / "run")
    evaluation = evaluate(tmp_path / "run", episodes=8)
    assert len(read_rows(tmp_path / "run" / "rows.csv")) == 8 * 4 * 2
    assert evaluation.seeds[0].regret >= 0


@pytest.mark.parametrize(
    ("protocol", "parameters", "predicted"),
    [
        ("finite-test", {"items": 20}, True),
        ("rounded", {"decimals": 2}, False),
        ("ladder", {"step": 0.01}, False),
        ("shared-test", {"items": 20}, False),
    ],
)
def test_every_kind_of_rule_trains_and_is_graded(
    tmp_path: Path, protocol: str, parameters: dict[str, float], predicted: bool
) -> None:
    train(settings(protocol=protocol, parameters=parameters, updates=2, horizon=2), tmp_path / "run")
    evaluation = evaluate(tmp_path / "run", episodes=8)
    assert np.isfinite(evaluation.seeds[0].regret)
    assert evaluation.verdict.outcome == "undecided"  # one seed
    own_gains = "own deviations" in evaluation.verdict.checks[0].name
    assert own_gains == (not predicted)
    json.loads((tmp_path / "run" / "verdict.json").read_text(), parse_constant=pytest.fail)


def test_where_one_long_course_decides_few_episodes_are_played(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kind = settings(game="duel", agents="best-response", action_type="discrete", effort_levels=5)
    train(replace(kind, revision="random", horizon=4, updates=1), tmp_path / "run")
    played = []

    def counted(vec: Any, *words: Any, **more: Any) -> Any:
        played.append(vec.num_envs)
        return play(vec, *words, **more)

    monkeypatch.setattr(judging, "play", counted)
    evaluation = evaluate(tmp_path / "run", episodes=1_000)
    assert evaluation.verdict.reason == (
        "final play against the recurrent classes of best responses in random order"
    )
    assert played == [TINY["copies"]] * 2  # once for the other figures, once for the course


def test_rows_and_verdict_say_what_was_graded(tmp_path: Path) -> None:
    train(settings(updates=3), tmp_path / "run")
    evaluation = evaluate(tmp_path / "run", episodes=16)
    rows = read_rows(tmp_path / "run" / "rows.csv")
    efforts = np.array([float(row["effort"]) for row in rows]).reshape(16, 2)
    game = settings().vector_env(1).game
    graded = metrics.sampled_regrets(game, "direct", efforts).estimate
    verdict = json.loads((tmp_path / "run" / "verdict.json").read_text())
    regrets = evaluation.seeds[0].regrets  # or larger, if the efforts were played independently
    assert (regrets.estimate >= graded / game.prize_range - 1e-12).all()
    assert verdict["seeds"][0]["regrets"]["estimate"] == regrets.estimate.tolist()
    assert verdict["rules"] == RULES
    assert verdict["outcome"] == "undecided"  # one seed
    for row in rows:
        assert float(row["payoff"]) == pytest.approx(float(row["prize"]) - float(row["cost"]))


def test_progress_has_a_row_per_update_and_exact_regret(tmp_path: Path) -> None:
    train(settings(), tmp_path / "run")
    rows = read_rows(tmp_path / "run" / "seed-0" / "progress.csv")
    assert [int(row["update"]) for row in rows] == list(range(TINY["updates"]))
    graded = [int(row["update"]) for row in rows if row["nash_conv"]]
    assert graded == [*range(0, TINY["updates"], 10), TINY["updates"] - 1]
    for row in rows:
        if row["nash_conv"]:  # of two developers
            assert 0 <= float(row["largest_regret"]) <= float(row["nash_conv"])
            assert float(row["nash_conv"]) <= 2 * float(row["largest_regret"])
    play = load_checkpoint(tmp_path / "run" / "seed-0" / "checkpoint.pt")["play"]
    assert play.shape == (TINY["updates"], SAMPLE, 2)
    assert list((tmp_path / "run" / "seed-0").glob("events.out.tfevents.*"))


def command(main: object, *words: object) -> int:
    try:
        return main([str(word) for word in words])  # type: ignore[operator]
    except SystemExit as stop:
        return int(stop.code or 0)


def one_line(capsys: pytest.CaptureFixture[str]) -> str:
    error = capsys.readouterr().err
    assert error.count("\n") == 1, error
    return error


@pytest.mark.parametrize(
    ("words", "culprit"),
    [
        (["--game", "chess"], "unknown 'chess'; known: crossing, decreasing-intercept, duel"),
        (["--protocol", "fair"], "unknown 'fair'; known: "),
        (["--algorithm", "magic"], "agent: unknown 'magic'; known: a2c, "),
        (["--agents", "honest,ppo,honest"], "agents: 3 named for 5 developers"),
        (["--agents", "honest,honest,ppo,sniper,magic"], "agent: unknown 'magic'; known: "),
        (["--option", "learning_rate"], "--option: expected NAME=VALUE"),
        (["--option", "colour=1"], "agent 'ppo-annealed' takes learning_rate, "),
        (["--option", "entropy=1", "--option", "ppo-annealed.entropy=2"], "entropy is given twice"),
        (["--option", ".entropy=1"], "--option: expected AGENT.NAME=VALUE"),
        (
            ["--agents", "dqn", "--protocol", "finite-test", "--param", "items=9"],
            "DQN needs action_type",
        ),
        (["--option", "dqn.gamma=1"], "options: given for dqn"),
        (["--episodes", "0"], "episodes: must be a whole number >= 1, got 0"),
        (["--seeds", "0"], "seeds: must be a whole number >= 1, got 0"),
        (["--horizon", "-3"], "horizon: must be a whole number >= 1, got -3"),
        (["--updates", "many"], "'many'"),
        (["--protocol", "tune-before-test"], "level"),
        (["--protocol", "tune-before-test", "--level", "-1"], "level: must be >= 0, got -1"),
        (["--level", "3"], "takes ties; got {'level': 3}"),
        (["--game", "flat-cost-equal-prizes"], "nothing to learn"),
        (["--option", "learning_rate=nan"], "learning_rate"),
        (["--workers", "0"], "workers: must be a whole number >= 1, got 0"),
        (["--colour", "red"], "--colour"),
    ],
)
def test_bad_training_input_is_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], words: list[str], culprit: str
) -> None:
    out = tmp_path / "run"
    assert command(train_command.main, *words, "--out", out) == 2
    assert culprit in one_line(capsys)
    assert not out.exists()


def test_a_run_is_never_overwritten(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "run"
    train(settings(updates=2), out)
    before = sorted((file, file.stat().st_mtime_ns) for file in out.rglob("*"))
    capsys.readouterr()
    words = ["--game", "duel-small-prize", "--seeds", 1, "--copies", 32, "--updates", 1, "--out", out]
    assert command(train_command.main, *words) == 2
    assert "--resume" in one_line(capsys)
    assert command(train_command.main, *words, "--resume") == 2
    assert "updates: 2 there, 1 here" in one_line(capsys)
    assert sorted((file, file.stat().st_mtime_ns) for file in out.rglob("*")) == before


def test_only_finished_runs_are_graded(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert command(evaluate_command.main, tmp_path) == 2
    assert "no settings.json" in one_line(capsys)
    run = tmp_path / "run"
    train(settings(updates=2), run)
    capsys.readouterr()
    changed = json.loads((run / "settings.json").read_text())
    changed["settings"]["updates"] = 3
    (run / "settings.json").write_text(json.dumps(changed))
    assert command(evaluate_command.main, run) == 2
    assert "stopped at update 2 of 3" in one_line(capsys)
    (run / "settings.json").write_text("{")
    assert command(evaluate_command.main, run) == 2
    assert "damaged" in one_line(capsys)


@pytest.mark.parametrize("damage", ["cut", "noise", "bit", "code"])
def test_a_damaged_checkpoint_is_refused(tmp_path: Path, damage: str) -> None:
    path = tmp_path / "checkpoint.pt"
    save_checkpoint(path, {"update": 1, "play": torch.full((3,), 0.75)})
    whole, held = path.read_bytes(), np.full(3, 0.75, dtype=np.float32).tobytes()
    if damage == "cut":
        path.write_bytes(whole[:200])
    elif damage == "noise":
        path.write_bytes(b"not a checkpoint")
    elif damage == "bit":  # another number, as sound as any
        assert whole.count(held) == 1
        path.write_bytes(whole.replace(held, np.full(3, 0.5, dtype=np.float32).tobytes()))
    else:
        torch.save({"update": print}, path)  # a pickled function: loading it would import code
    with pytest.raises(ValueError, match=r"checkpoint\.pt is damaged"):
        load_checkpoint(path)


def test_a_file_is_whole_or_absent(tmp_path: Path) -> None:
    path = tmp_path / "rows.csv"
    write_rows(path, [{"a": 1, "b": "x"}, {"a": 2, "b": "y"}])
    with pytest.raises(TypeError):
        write_bytes(path, "text is not bytes")  # type: ignore[arg-type]
    assert read_rows(path) == [{"a": "1", "b": "x"}, {"a": "2", "b": "y"}]
    assert [file.name for file in tmp_path.iterdir()] == ["rows.csv"]


def test_a_folder_that_cannot_be_written_fails_before_training(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(descriptor: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    out = tmp_path / "run"
    with monkeypatch.context() as patch:
        patch.setattr("os.fsync", full)
        assert command(train_command.main, "--game", "duel", "--out", out) == 2
    assert "No space left on device" in one_line(capsys)
    assert list(out.iterdir()) == []
    (tmp_path / "file").write_text("")
    assert command(train_command.main, "--game", "duel", "--out", tmp_path / "file" / "run") == 2
    assert "file" in one_line(capsys)


def test_a_run_that_is_not_there_is_not_resumed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert command(train_command.main, "--resume", "--out", tmp_path / "rnu") == 2
    assert "there is no run to resume" in one_line(capsys)
    assert not (tmp_path / "rnu").exists()


@pytest.mark.parametrize(("copies", "horizon"), [(1, 2), (2, 2), (3, 5), (64, 4)])
def test_samples_of_play_are_of_all_rounds(copies: int, horizon: int) -> None:
    # Efforts that name their round: as many of each as of the others, give or take a few.
    rounds = np.arange(128 * horizon) % horizon
    efforts = np.broadcast_to(rounds[:, None, None], (len(rounds), copies, 1))
    counts = np.bincount(learning._sample(efforts, horizon)[:, 0], minlength=horizon)
    assert counts.sum() == SAMPLE
    np.testing.assert_allclose(counts, SAMPLE / horizon, atol=4)


def test_samples_of_one_shot_play_are_even() -> None:
    # 512 plays, every fourth.
    sampled = learning._sample(np.arange(512).reshape(2, 256, 1), 1)
    np.testing.assert_array_equal(sampled[:, 0], np.arange(0, 512, 4))


def test_any_line_up_trains_and_is_graded(tmp_path: Path) -> None:
    words = ["--game", "five", "--agents", "honest,honest,ppo,sniper,ppo", "--option", "ppo.hidden=8"]
    run = tmp_path / "run"
    sizes = ["--updates", 3, "--copies", 8, "--horizon", 5, "--seeds", 2, "--workers", 1]
    assert command(train_command.main, *words, *sizes, "--revision", "alternating", "--out", run) == 0
    assert command(evaluate_command.main, run) == EXIT_STATUS["undecided"]
    rows = read_rows(run / "rows.csv")
    held = {row["developer"]: float(row["effort"]) for row in rows}
    assert held["0"] == held["1"] == 0.0  # honest
    logged = list((run / "seed-0").glob("events.out.tfevents.*"))
    assert logged


@pytest.mark.parametrize(
    ("agents", "modes"), [("sniper", ["play", "play"]), ("ppo", ["play", "play", "greedy"])]
)
def test_play_in_turn_is_graded_without_chance_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, agents: str, modes: list[str]
) -> None:
    # An episode of the strategies, a long course of them, and one without chance if that is another.
    played = []

    def seen(*given: Any, mode: str, **named: Any) -> Any:
        played.append(mode)
        return play(*given, mode=mode, **named)

    turns = {"game": "duel", "revision": "alternating", "resolution": 0.05, "horizon": 4}
    chosen = TrainSettings(**turns, agents=agents, updates=1, copies=4, seeds=1)
    train(chosen, tmp_path)
    monkeypatch.setattr(judging, "play", seen)
    judging.grade_seed(chosen, tmp_path, 0, predicted(chosen))
    assert played == modes


@pytest.mark.parametrize(
    ("agents", "revision", "regret"),
    # Theory section 5, qualities 1 and 0.5, P = 1: the weaker one shows 1 - exp(-(0.5 + e)), so beating
    # 1 - exp(-1) by 0.05 costs -log(exp(-1) - 0.05) - 0.5.
    [
        ("honest", "alternating", 1.5 + math.log(math.exp(-1) - 0.05)),
        ("best-response", "alternating", 0.0),
        ("honest", "simultaneous", None),
    ],
)
def test_progress_in_turn_has_the_regret_of_revisions(
    tmp_path: Path, agents: str, revision: str, regret: float | None
) -> None:
    turns = {"game": "duel", "revision": revision, "resolution": 0.05, "horizon": 4}
    train(TrainSettings(**turns, agents=agents, updates=2, copies=1, seeds=1), tmp_path)
    first, second = (row["step_regret"] for row in read_rows(tmp_path / "seed-0" / "progress.csv"))
    assert second == first  # every tenth, and the last; nobody learns
    assert (first == "") == (regret is None)
    if regret is not None:
        assert float(first) == pytest.approx(regret, abs=1e-6)


def _checkpoint(run: Path) -> Path:
    return run / "seed-0" / "checkpoint.pt"


@pytest.mark.parametrize(
    "change",
    [
        {"update": "2"}, {"update": 3}, {"play": [1, 2, 3]}, {"play": torch.zeros(2, 64, 1)},
        {"play": torch.full((2, 64, 2), math.nan)}, {"players": {}}, {"players": [3]},
    ],
)  # fmt: skip
def test_a_checkpoint_that_does_not_fit_is_refused_by_all(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], change: dict[str, Any]
) -> None:
    run = tmp_path / "run"
    train(settings(updates=2), run)
    save_checkpoint(_checkpoint(run), load_checkpoint(_checkpoint(run)) | change)
    capsys.readouterr()
    assert command(evaluate_command.main, run) == 2
    assert "checkpoint.pt" in one_line(capsys)
    with pytest.raises(ValueError, match=r"checkpoint\.pt"):
        list(train_seeds(settings(updates=2), {0: run / "seed-0"}))


@pytest.mark.parametrize("content", ["", "foo\n1\n", "update,nash_conv,distance,kendall_tau\n0,1,1,1\n"])
def test_a_damaged_learning_curve_is_not_gone_on_with(tmp_path: Path, content: str) -> None:
    run = tmp_path / "run"
    train(settings(updates=2), run)
    (run / "seed-0" / "progress.csv").write_text(content)
    with pytest.raises(ValueError, match=r"progress\.csv is damaged"):
        list(train_seeds(settings(updates=2), {0: run / "seed-0"}))


def test_settings_of_the_wrong_kind_are_damage(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run = tmp_path / "run"
    train(settings(updates=1), run)
    capsys.readouterr()
    path = run / "settings.json"
    for name, value in (("agents", 3), ("seeds", "3"), ("game", "chess")):
        content = json.loads(path.read_text())
        content["settings"][name] = value
        (run / "settings.json").write_text(json.dumps(content))
        assert command(evaluate_command.main, run) == 2
        assert "settings.json is damaged" in one_line(capsys)


def test_other_terms_of_the_game_are_kept_in_the_settings(tmp_path: Path) -> None:
    # Passing costs 0.5 and wins the prize: nothing at a worth of 0.4, and there is a cycle at 1.
    chosen = settings(game="duel", worth="0.4")
    chosen.save(tmp_path)
    kept = TrainSettings.load(tmp_path)
    assert kept.differences(chosen) == ""
    assert kept.load_game().worth == pytest.approx(0.4)
    assert predicted(kept).regime == "pure"
    assert predicted(settings(game="duel")).regime == "cycle"
    with pytest.raises(ValueError, match="worth: a cost is given too"):
        settings(game="duel", worth="0.4", cost="1")
