"""Checkpoints from files of evaluation harnesses; the forms are those that the harnesses document."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import pytest
from tools.checks import status

from benchgame_env.__main__ import main
from benchgame_env.calibration import read_harness

STEPS = (0, 30, 100, 300, 1000)


def lm_eval(folder: Path, model: str, score: float, stderr: Any = 0.01, **more: Any) -> Path:
    """A file as lm-evaluation-harness writes it."""
    file = folder / model.replace("/", "__") / "results_2026-01-01T00-00-00.json"
    values = {
        "alias": "gsm8k",
        "exact_match,strict-match": score,
        "exact_match_stderr,strict-match": stderr,
    }
    values |= {"exact_match,flexible-extract": score / 2, "exact_match_stderr,flexible-extract": stderr}
    content = {"results": {"gsm8k": values}, "model_name": model}
    content["n-samples"] = {"gsm8k": {"original": 1319, "effective": 1319}}
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(content | more), encoding="utf-8")
    return file


def lighteval(folder: Path, model: str, score: float) -> Path:
    """A file as lighteval writes it."""
    file = folder / f"{model}.json"
    results = {"harness|gsm8k|5": {"acc": score, "acc_stderr": 0.02}, "all": {"acc": score}}
    file.write_text(json.dumps({"results": results, "config_general": {"model_name": model}}))
    return file


def test_a_folder_of_lm_evaluation_harness(tmp_path: Path) -> None:
    for steps in STEPS:
        lm_eval(tmp_path, f"org/pythia-1b-step{steps}", 0.1 + steps / 10_000)
    (tmp_path / "notes.json").write_text("[1]", encoding="utf-8")  # JSON of something else
    found = read_harness(tmp_path, filter="strict-match")
    assert sorted((p.benchmark, p.model, p.steps) for p in found) == [
        ("gsm8k", "org/pythia-1b", float(steps)) for steps in STEPS
    ]
    assert {p.stderr for p in found} == {0.01}
    half = read_harness(tmp_path, filter="flexible-extract")
    assert sorted(p.score for p in half) == sorted(p.score / 2 for p in found)


def test_where_no_standard_error_is_known_the_items_make_it(tmp_path: Path) -> None:
    lm_eval(tmp_path, "m-step3", 0.25, "N/A")
    [point] = read_harness(tmp_path, filter="strict-match")
    assert point.stderr == pytest.approx(math.sqrt(0.25 * 0.75 / 1319))


def test_a_folder_of_lighteval(tmp_path: Path) -> None:
    lighteval(tmp_path, "m-step-10", 0.2)
    lighteval(tmp_path, "m-step-20", 0.3)
    found = read_harness(tmp_path, benchmark="gsm8k")
    assert [(p.benchmark, p.model, p.steps, p.score, p.stderr) for p in found] == [
        ("gsm8k", "m", 10.0, 0.2, 0.02),
        ("gsm8k", "m", 20.0, 0.3, 0.02),
    ]


def test_steps_from_a_table(tmp_path: Path) -> None:
    folder = tmp_path / "results"
    lm_eval(folder, "base", 0.1)
    lm_eval(folder, "tuned-v7", 0.2)
    (tmp_path / "steps.csv").write_text("name,model,steps\nbase,m,0\ntuned-v7,m,500\n", encoding="utf-8")
    found = read_harness(folder, str(tmp_path / "steps.csv"), filter="strict-match")
    assert {(p.model, p.steps, p.score) for p in found} == {("m", 0.0, 0.1), ("m", 500.0, 0.2)}


@pytest.mark.parametrize(
    ("chosen", "error"),
    [
        ({}, "filter: choose one of flexible-extract, strict-match"),
        ({"filter": "strict"}, "filter: unknown 'strict'; known: flexible-extract, strict-match"),
        ({"benchmark": "mmlu"}, "benchmark: unknown 'mmlu'; known: gsm8k"),
        (
            {"filter": "strict-match", "steps": r"at(\d+)"},
            "neither its name nor that of the file has steps",
        ),
        ({"filter": "strict-match", "steps": "step"}, "steps: 'step' has no group"),
        ({"filter": "strict-match", "steps": "("}, "steps: .* is no pattern"),
    ],
)
def test_what_is_ambiguous_is_refused_with_its_choices(
    chosen: dict[str, str], error: str, tmp_path: Path
) -> None:
    lm_eval(tmp_path, "m-step3", 0.25)
    with pytest.raises(ValueError, match=error):
        read_harness(tmp_path, **chosen)


def test_files_at_fault_are_named(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="no file has results"):
        read_harness(tmp_path)
    file = lm_eval(tmp_path, "m-step3", 25.0)
    with pytest.raises(ValueError, match=rf"{file}: model 'm': score: must be in \[0, 1\]"):
        read_harness(tmp_path, filter="strict-match")
    again = file.with_name("results_2026-02-02T00-00-00.json")
    lm_eval(tmp_path, "m-step3", 0.25).rename(again)
    lm_eval(tmp_path, "m-step3", 0.25)
    with pytest.raises(ValueError, match=f"{file} and {again} both have model 'm' at 3 steps"):
        read_harness(tmp_path, filter="strict-match")
    again.write_text("{", encoding="utf-8")
    with pytest.raises(ValueError, match=f"{again} is damaged"):
        read_harness(tmp_path, filter="strict-match")


def test_calibrate_takes_the_folder(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for steps, score in zip(STEPS, (0.1, 0.15, 0.3, 0.45, 0.5), strict=True):
        lm_eval(tmp_path, f"a-step{steps}", score)
        lm_eval(tmp_path, f"b-step{steps}", 0.9 * score)
    words = [str(tmp_path), "--filter", "strict-match", "--draws", "0"]
    assert status(main, "calibrate", *words) == 0
    assert {"a", "b"} <= {line.split()[0] for line in capsys.readouterr().out.splitlines() if line}
    assert status(main, "calibrate", str(tmp_path)) == 2
    assert "choose one of flexible-extract, strict-match (--filter)" in capsys.readouterr().err
