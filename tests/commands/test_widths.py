"""In a terminal of 80 columns no line for people is wider, but for names that cannot break."""

from __future__ import annotations

import shlex
from pathlib import Path

import pytest
from tools.checks import status

from benchgame_env.training.__main__ import main

CSV = "\n".join(
    ["benchmark,model,steps,score,stderr"]
    + [
        f"gsm8k,{m},{x},{y},0.01"
        for m in "mn"
        for x, y in ((0, 0.1), (30, 0.2), (300, 0.4), (3000, 0.6))
    ]
)
COMMANDS = [
    "games",
    "protocols",
    "agents",
    "cards",
    "cards pythia-gsm8k",
    "predict pythia-gsm8k",
    "predict pythia-gsm8k --protocol tune-before-test --level 3000",
    "predict duel --protocol first-look",
    "predict duel --protocol finite-test --param items=100",
    "predict duel --cycle",
    "thresholds pythia-gsm8k",
    "thresholds crossing --max-level 50",
    "check rounded",
    "explore llama-gsm8k --draws 5 --out page.html",
    "falsify proposition-4.3 --games 20",
    "falsify proposition-4.3 --games 20 --without cost_strictly_increasing",
    "calibrate my.csv",
    "compare duel --protocols direct,first-look --quick --workers 1",
]


@pytest.mark.parametrize("words", COMMANDS)
def test_lines_fit_the_terminal(
    words: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.chdir(tmp_path)
    Path("my.csv").write_text(CSV, encoding="utf-8")
    assert status(main, *shlex.split(words)) in (0, 1)
    shown = capsys.readouterr().out.partition("\nimport ")[0]  # then comes source, to copy
    assert shown
    assert [line for line in shown.splitlines() if len(line) > 80] == []
