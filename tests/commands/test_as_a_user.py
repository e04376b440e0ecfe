"""The commands of the README as a user runs them: from a shell, in processes of their own, with two
workers where they take workers, into a pipe whose reader leaves after the first line. Sizes are small.
"""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest
from tools.checks import ROOT, SOURCES, SUITE, piped, python

from benchgame_env.training.__main__ import COMMANDS

README = (ROOT / "README.md").read_text(encoding="utf-8")

CHECKPOINTS = [(0, 0.12), (10, 0.15), (100, 0.3), (1000, 0.55), (10000, 0.58), (30000, 0.58)]
SCORES = "benchmark,model,direct,tuned\nx,a,1,2\nx,b,2,1\ny,a,1,1\ny,b,3,2\n"
PLAYS = "developer_0,developer_1\n" + "0,0\n" * 2000
SMALL = ["--seeds", "2", "--updates", "2", "--copies", "128", "--workers", "2"]

# Commands that need nothing but the package, in an empty folder: words, and files that they write.
ALONE: list[tuple[list[str], list[str]]] = [
    (["games"], []),
    (["protocols"], []),
    (["check", "rounded"], []),
    (["predict", "pythia-gsm8k", "--protocol", "tune-before-test", "--level", "3000"], []),
    (["thresholds", "llama-gsm8k", "--plot", "levels.png"], ["levels.png"]),
    (["cards", "pythia-gsm8k"], []),
    (["design", "scaling-laws", "--price", "0.01"], []),
    (["explore", "pythia-gsm8k", "--out", "page.html"], ["page.html"]),
    (["calibrate", "my.csv", "--benchmark", "gsm8k", "--out", "my.json"], ["my.json"]),
    (["predict", "my.json", "--protocol", "tune-before-test", "--level", "1000"], []),
]
# Commands that make and read runs, in this order: command, words, exit statuses, files that they write.
CHAINS: dict[str, list[tuple[str, list[str], tuple[int, ...], list[str]]]] = {
    "run": [
        ("train", ["--game", "llama-gsm8k", *SMALL, "--out", "runs/llama"], (0,),
         ["runs/llama/settings.json", "runs/llama/seed-1/checkpoint.pt"]),
        ("evaluate", ["runs/llama"], (3,), ["runs/llama/verdict.json", "runs/llama/rows.csv"]),
        ("report", ["runs/llama"], (0,), ["runs/llama/report.html"]),
    ],
    "benchmark": [
        ("benchmark", ["suite.toml", "--workers", "2", "--out", "runs/small"], (0,),
         ["runs/small/rows.csv", "runs/small/verdicts.csv", "runs/small/statistics.json"]),
    ],
    "quickstart": [
        ("quickstart", ["--game", "duel", "--worth", "0.4", "--level", "0.5", "--seeds", "2",
         "--updates", "1", "--workers", "2"], (0,),
         ["runs/quickstart/direct/verdict.json", "runs/quickstart/tune-before-test/verdict.json"]),
    ],
    "designer": [
        ("compare", ["duel", "--protocols", "direct,rounded", "--quick", "--workers", "2"], (0,),
         ["runs/protocols/duel.csv", "runs/protocols/duel.html"]),
        ("rank-agreement", ["my_scores.csv", "--out", "pairs.csv"], (0,), ["pairs.csv"]),
    ],
    "designers": [
        ("designers", ["--seeds", "2", "--announcements", "5", "--designers", "ucb", "--workers", "2"],
         (0,), ["runs/designers/ucb-every-64-seed-1.csv", "runs/designers/regret.svg"]),
    ],
    "agents": [("agents", [], (0,), [])],
    "judge": [("judge", ["plays.csv", "--game", "duel"], (1,), [])],
}  # fmt: skip
# They take from a third of a second to two seconds; a help without them takes 0.4.
SLOW_TO_IMPORT = {"torch", "stable_baselines3", "matplotlib"}
SLOW_TO_IMPORT |= {"scipy.stats", "scipy.optimize", "scipy.sparse"}
# Commands that the tests of other files run: they take minutes.
LONG = {"speed", "adversary", "coverage"}
CORE = ["games", "protocols", "predict", "cards", "thresholds", "calibrate", "check", "falsify"]
CORE += ["prevalence", "explore", "design"]
# What else can be run as `python -m MODULE`, as in a checkout that is not installed: the old names.
MODULES = {
    "benchgame_env": "", "agents": "agents", "training": "",
    "training.train": "train", "training.evaluate": "evaluate", "training.report": "report",
    "training.judge_plays": "judge",
    "training.benchmark": "benchmark", "training.compare_protocols": "compare",
    "training.quickstart": "quickstart", "training.rank_agreement": "rank-agreement",
    "training.speed": "speed", "training.adversary": "adversary",
    "training.coverage": "coverage", "training.designers": "designers",
}  # fmt: skip


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """An empty folder but for what a user brings."""
    rows = [f"gsm8k,{model},{x},{y},0.01" for model in "mn" for x, y in CHECKPOINTS]
    table = "\n".join(["benchmark,model,steps,score,stderr", *rows, ""])
    (tmp_path / "my.csv").write_text(table, encoding="utf-8")
    (tmp_path / "my_scores.csv").write_text(SCORES, encoding="utf-8")
    (tmp_path / "plays.csv").write_text(PLAYS, encoding="utf-8")
    (tmp_path / "suite.toml").write_text(SUITE, encoding="utf-8")
    return tmp_path


def check(
    folder: Path, command: str, words: list[str], statuses: tuple[int, ...], files: list[str]
) -> None:
    """Run a command into ``| head -1``."""
    status, line, errors = piped(folder, "benchgame_env.training", command, *words, lines=1)
    assert status in statuses, errors
    assert line.strip() or command == "quickstart"  # which begins with an empty line
    assert "Traceback" not in errors
    assert "Warning" not in errors
    assert [name for name in files if not (folder / name).stat().st_size] == []
    assert [path.name for path in folder.rglob("*.tmp")] == []


def test_the_package_alone_works_in_an_empty_folder(
    folder: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    site = tmp_path_factory.mktemp("site")
    others = shutil.ignore_patterns("agents", "training")
    shutil.copytree(ROOT / "benchgame_env", site / "benchgame_env", ignore=others)
    for words, files in ALONE:
        status, line, errors = piped(folder, "benchgame_env", *words, lines=1, path=site)
        assert (status, errors) == (0, "")
        assert line
        assert all((folder / name).stat().st_size for name in files)


@pytest.mark.parametrize("name", CHAINS)
def test_commands_do_their_work_when_the_reader_leaves(folder: Path, name: str) -> None:
    for command in CHAINS[name]:
        check(folder, *command)


@pytest.mark.parametrize("command", [*COMMANDS, "agents", *CORE])
def test_every_command_explains_itself(command: str, tmp_path: Path) -> None:
    words = ["-X", "importtime", "-m", "benchgame_env.training", command, "--help"]
    done = python(tmp_path, *words)
    imported = re.findall(r"^import time:.*\| +(\S+)$", done.stderr, flags=re.MULTILINE)
    errors = [line for line in done.stderr.splitlines() if not line.startswith("import time:")]
    assert (done.returncode, errors) == (0, [])
    assert "numpy" in imported
    assert SLOW_TO_IMPORT & set(imported) == set()
    text = done.stdout
    assert text.startswith(f"usage: benchgame {command} ")
    assert "%%" not in text
    assert [line for line in text.splitlines() if len(line) > 80] == []


@pytest.mark.skipif(not (ROOT / "agents").is_dir(), reason="a source distribution has no short names")
@pytest.mark.parametrize("module", MODULES)
def test_every_module_with_a_command_runs_it(module: str, tmp_path: Path) -> None:
    status, line, errors = piped(tmp_path, module, "--help", lines=1)
    assert (status, errors) == (0, "")
    assert line.startswith(" ".join(f"usage: benchgame {MODULES[module]}".split()) + " [-h]")


def test_every_command_of_the_readme_is_run() -> None:
    named = set(re.findall(r"^(?:\d\. `)?benchgame ([\w-]+)", README, flags=re.MULTILINE))
    run = {command for chain in CHAINS.values() for command, *_ in chain}
    assert named - run - LONG <= {words[0] for words, _ in ALONE}
    assert run | LONG == {*COMMANDS, "agents"}
    here = {path.parent.name if path.stem == "__main__" else path.stem for path in commands()}
    assert here == {module.rpartition(".")[2] for module in MODULES}


def commands() -> list[Path]:
    """Files of this project that are commands."""
    return [path for path in SOURCES if 'if __name__ == "__main__":' in path.read_text(encoding="utf-8")]
