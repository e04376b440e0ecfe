"""``prediction.json``: made once for a run, read back exactly, and used for nothing else."""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from benchgame_env.agents.runs.settings import TrainSettings
from benchgame_env.records import plain
from benchgame_env.theory import CONCEPTS
from benchgame_env.theory.mixed import equilibrium
from benchgame_env.theory.solutions import best_response_cycle, mixed
from benchgame_env.theory.solutions.solution import Answer, Concept, Question, Solution
from benchgame_env.training.benchmark.__main__ import main as benchmark
from benchgame_env.training.evaluate import evaluate
from benchgame_env.training.report.__main__ import main as report
from benchgame_env.training.run import prediction
from benchgame_env.training.run.prediction import FILE, kept_prediction, predicted
from benchgame_env.training.train import train
from benchgame_env.validate import Floats

# A rule that behaves as direct evaluation, from a module that writes down each call of a solver. All
# processes that play under it import the module, workers too.
COUNTED = """
import os
from pathlib import Path
from benchgame_env.rules import Direct
from benchgame_env.theory.solutions import best_response_cycle, mixed

def counted(module, name):
    solver = getattr(module, name)
    def call(*given, **named):
        with Path(os.environ["CALLS"]).open("a") as file:
            file.write(name + "\\n")
        return solver(*given, **named)
    setattr(module, name, call)

counted(mixed, "mixed_equilibrium")
counted(best_response_cycle, "best_response_cycle")

class Counted(Direct):
    pass
"""
SUITE = """
name = "counted"
seeds = 2
defaults = { updates = 1, copies = 4 }

[[tasks]]
games = ["duel"]
protocols = ["counted:Counted"]

[algorithms.honest]
[algorithms.also-honest]
agents = "honest"
"""
IN_TURN = {"revision": "alternating", "horizon": 2, "resolution": 0.05}


def settings(**changes: Any) -> TrainSettings:
    return TrainSettings(
        **{"game": "duel", "agents": "honest", "seeds": 1, "updates": 1, "copies": 4} | changes
    )


@pytest.fixture
def calls(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where each call of a solver is written down under the rule ``counted:Counted``."""
    (tmp_path / "counted.py").write_text(COUNTED)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "counted", raising=False)
    for module in (best_response_cycle, mixed):  # what the module replaces here is put back
        for name in ("best_response_cycle", "mixed_equilibrium"):
            if hasattr(module, name):
                monkeypatch.setattr(module, name, getattr(module, name))
    monkeypatch.setenv("CALLS", str(tmp_path / "calls.txt"))
    return tmp_path / "calls.txt"


def test_a_run_solves_each_equilibrium_once(tmp_path: Path, calls: Path) -> None:
    chosen = settings(protocol="counted:Counted", seeds=3, **IN_TURN)
    train(chosen, tmp_path / "run", workers=2)
    evaluate(tmp_path / "run", trust=True)
    evaluate(tmp_path / "run", trust=True)
    assert report([str(tmp_path / "run"), "--trust"]) == 0
    assert sorted(calls.read_text().split()) == ["best_response_cycle", "mixed_equilibrium"]


def test_a_benchmark_solves_the_equilibrium_of_a_task_once(tmp_path: Path, calls: Path) -> None:
    (tmp_path / "suite.toml").write_text(SUITE)
    words = [str(tmp_path / "suite.toml"), "--out", str(tmp_path / "out"), "--workers", "2", "--trust"]
    assert benchmark(words) == 0
    files = list((tmp_path / "out" / "runs").glob(f"*/{FILE}"))
    assert len(files) == 2  # both algorithms
    assert calls.read_text().split() == ["mixed_equilibrium"]


@pytest.mark.parametrize(
    "changes",
    [
        IN_TURN,
        {"game": "three", "action_type": "discrete", "effort_levels": 7, **IN_TURN, "horizon": 3},
        {"game": "duel-small-prize"},
        {"game": "flat-cost-small-prize"},
        {"protocol": "finite-test", "parameters": {"items": 20}},
        {"protocol": "incumbent-margin", "parameters": {"margin": 0.05}},
        {"protocol": "shared-test", "parameters": {"items": 20}},
    ],
    ids=lambda changes: " ".join(map(str, changes.values())),
)
def test_it_is_read_back_exactly(tmp_path: Path, changes: dict[str, Any]) -> None:
    chosen = settings(**changes)
    made, kept = predicted(chosen), kept_prediction(chosen, tmp_path)
    json.loads((tmp_path / FILE).read_text(), parse_constant=pytest.fail)  # plain JSON
    assert set(kept.answers) == set(CONCEPTS)  # nothing is left to be found
    assert plain(kept.question.decision) == plain(made.question.decision)
    assert plain(kept.order) == plain(made.order)
    for name in CONCEPTS:
        ours, theirs = made.answer(name), kept.answer(name)
        # `plain` writes floats by their repr: the same text is the same bits.
        assert repr(plain(ours)) == repr(plain(theirs))
        assert type(ours.found) is type(theirs.found)
    assert [s.concept for s in kept.solutions] == [s.concept for s in made.solutions]
    if made.mixed is not None:
        assert kept.mixed is not None
        for one, other in zip(made.mixed.strategies, kept.mixed.strategies, strict=True):
            assert [part.tobytes() for part in one] == [part.tobytes() for part in other]


def test_an_old_run_gets_one_when_it_is_evaluated(tmp_path: Path) -> None:
    run = tmp_path / "run"
    train(settings(), run)
    text = (run / FILE).read_text()
    (run / FILE).unlink()
    assert evaluate(run).prediction.regime == "cycle"
    assert (run / FILE).read_text() == text


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"game": "three"}, "made_for.game: made for duel, and this run has three"),
        (
            {"protocol": "tune-before-test", "parameters": {"level": 1}},
            "made_for.parameters: made for {}",
        ),
        ({"horizon": 2}, "made_for.horizon: made for 1, and this run has 2"),
        ({"revision": "random"}, "made_for.revision: made for simultaneous"),
        ({"resolution": 0.01}, "made_for.resolution: made for 0.001"),
        ({"action_type": "discrete"}, "made_for.levels: made for None"),
    ],
)
def test_one_made_for_something_else_is_not_used(
    tmp_path: Path, changes: dict[str, Any], field: str
) -> None:
    kept_prediction(settings(), tmp_path)
    with pytest.raises(ValueError, match=f"{tmp_path / FILE}: {field}"):
        kept_prediction(settings(**changes), tmp_path)


def test_a_game_whose_numbers_have_changed_is_another(tmp_path: Path) -> None:
    kept_prediction(settings(), tmp_path)
    content = json.loads((tmp_path / FILE).read_text())
    content["made_for"]["game_digest"] = "0" * 12
    (tmp_path / FILE).write_text(json.dumps(content))
    with pytest.raises(ValueError, match=r"made_for\.game_digest: made for 000000000000"):
        kept_prediction(settings(), tmp_path)


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        (["schema"], 0, "schema: expected version 2"),
        (["decision", "regime"], "mixed", r"decision\.regime: expected one of .*, got 'mixed'"),
        (["decision", "temptation"], "much", r"decision\.temptation: expected a number, got 'much'"),
        (["decision", "assumptions"], [], r"decision\.assumptions: expected an object"),
        (["decision", "binding"], [1], r"decision\.binding: expected 2 entries"),
        (["order", "ranking"], [0, 0], "order: does not fit a game of 2 developers"),
        (["order", "ranking"], [0.5, 1], r"order\.ranking: expected a whole number, got 0\.5"),
        (["answers"], {"luck": {}}, r"answers\.luck: unknown concept"),
        (["answers", "mixed"], {}, r"answers\.mixed\.found: missing"),
        (["answers", "mixed", "found", "payoffs"], [0.5], r"answers\.mixed: does not fit"),
        (
            ["answers", "mixed", "found", "nash_conv"],
            None,
            r"answers\.mixed\.found\.nash_conv: expected a",
        ),
        (["answers", "mixed", "found", "strategies"], [[[0.0]]], r"found\.strategies\[0\]: expected 2"),
    ],
)
def test_a_damaged_file_names_the_field(
    tmp_path: Path, path: list[str], value: Any, message: str
) -> None:
    kept_prediction(settings(), tmp_path)
    content = json.loads((tmp_path / FILE).read_text())
    inner = content
    for key in path[:-1]:
        inner = inner[key]
    inner[path[-1]] = value
    (tmp_path / FILE).write_text(json.dumps(content))
    with pytest.raises(ValueError, match=f"{tmp_path / FILE} is damaged: .*{message}"):
        kept_prediction(settings(), tmp_path)


@pytest.mark.parametrize("text", ["", "{", "[]", '"words"'])
def test_what_is_no_prediction_is_named(tmp_path: Path, text: str) -> None:
    (tmp_path / FILE).write_text(text)
    with pytest.raises(ValueError, match=str(tmp_path / FILE)):
        kept_prediction(settings(), tmp_path)


def test_a_game_that_no_solver_reaches_is_trained_and_graded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # As for more than 100 developers: a limit of 2 makes a game of 3 one of those.
    monkeypatch.setattr(equilibrium, "LARGEST", 2)
    run = tmp_path / "run"
    train(settings(game="three"), run)
    found = evaluate(run)
    assert found.prediction.mixed is None
    assert "3 developers" in found.prediction.reasons["mixed"]
    assert np.isfinite(found.seeds[0].nash_conv)
    assert report([str(run)]) == 0


def test_the_cycle_is_of_the_choices_that_the_run_has() -> None:
    on_levels = predicted(settings(action_type="discrete", effort_levels=9, **IN_TURN))
    assert on_levels.cycle is not None
    assert on_levels.cycle.levels is not None
    assert on_levels.cycle.levels.size == 9
    together = predicted(settings(**{**IN_TURN, "revision": "simultaneous"}))
    assert together.cycle is None
    assert "simultaneous" in together.reasons["best_response_cycle"]


def test_a_new_concept_is_predicted_kept_and_reported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def find(question: Question) -> Answer:
        return Answer("all levels are equally good", np.full(2, 0.25), 0.5)

    def solutions(question: Question, answer: Answer) -> tuple[Solution, ...]:
        return (Solution("luck", answer.found, 1.0, "nothing", 0.5, "a guess", question.scope),)

    monkeypatch.setitem(CONCEPTS, "luck", Concept("luck", find, solutions, Floats))
    run = tmp_path / "run"
    train(settings(**IN_TURN), run)
    (kept,) = [
        one for one in kept_prediction(settings(**IN_TURN), run).solutions if one.concept == "luck"
    ]
    assert kept.play.tolist() == [0.25, 0.25]
    assert kept.scope.revision == "alternating"
    assert report([str(run)]) == 0
    assert "a guess; nothing" in (run / "report.html").read_text()


def test_the_last_digits_of_levels_are_no_other_choice(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    chosen = settings(action_type="discrete", effort_levels=9, **IN_TURN)
    kept_prediction(chosen, tmp_path)
    scope = prediction.scope_of(chosen)
    assert scope.levels is not None
    moved = replace(scope, levels=scope.levels * (1 + 2.0**-52))
    monkeypatch.setattr(prediction, "scope_of", lambda chosen: moved)
    assert kept_prediction(chosen, tmp_path).cycle is not None
