"""Every file that a command reads, damaged in every way: one line that names it, at once."""

from __future__ import annotations

import io
import json
import math
import os
import re
import shutil
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

import benchgame_env as bg
from benchgame_env.__main__ import main as core
from benchgame_env.agents.runs.checkpoints import load_checkpoint, save_checkpoint
from benchgame_env.agents.runs.settings import SAMPLE, TrainSettings
from benchgame_env.training.benchmark.__main__ import main as benchmark
from benchgame_env.training.compare_protocols.__main__ import main as compare
from benchgame_env.training.evaluate import main as evaluate
from benchgame_env.training.rank_agreement import main as rank_agreement
from benchgame_env.training.report.__main__ import main as report
from benchgame_env.training.train import main as train

Main = Callable[[list[str]], int]
SUITE = """
name = "small"
seeds = 1
defaults = { updates = 1, copies = 4 }

[[tasks]]
name = "duels"
games = ["duel-small-prize"]

[algorithms.honest]
"""
TYPED = ["--game", "duel", "--agents", "honest", "--seeds", "1", "--updates", "2", "--copies", "4"]
COMPARE = ["duel", "--protocols", "direct", "--workers", "1", "--out", "rows.csv"]
PART = "bench/runs/duels-honest"
# The file, and a command that reads it.
READ: list[tuple[str, Main, list[str]]] = [
    ("game.json", core, ["predict", "game.json", "--no-mixed"]),
    ("scores.csv", core, ["calibrate", "scores.csv"]),
    ("agreement.csv", rank_agreement, ["agreement.csv"]),
    ("suite.toml", benchmark, ["suite.toml", "--out", "new", "--workers", "1"]),
    ("rows.csv", compare, COMPARE),
    ("run/settings.json", report, ["run"]),
    ("run/settings.json", evaluate, ["run"]),
    ("run/settings.json", train, [*TYPED, "--out", "run", "--resume"]),
    ("run/prediction.json", report, ["run"]),
    ("run/prediction.json", evaluate, ["run"]),
    ("run/verdict.json", report, ["run"]),
    ("run/rows.csv", report, ["run"]),
    ("run/seed-0/progress.csv", report, ["run"]),
    ("run/seed-0/progress.csv", train, [*TYPED, "--out", "run", "--resume"]),
    ("run/seed-0/checkpoint.pt", report, ["run"]),
    ("run/seed-0/checkpoint.pt", evaluate, ["run"]),
    ("bench/suite.json", report, ["bench"]),
    ("bench/statistics.json", report, ["bench"]),
    (f"{PART}/settings.json", report, ["bench"]),
]
IDS = [f"{main.__module__.split('.')[-2 if main.__module__.endswith('__') else -1]} {file}"
       for file, main, _ in READ]  # fmt: skip


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with all these files as they should be."""
    folder = tmp_path_factory.mktemp("whole")
    law = bg.curves.ScalingLaw([0.1, 0.1], [0.8, 0.6], [-6.0, -6.0], [1.2, 1.2])
    lines = [
        f"quiz,{name},{steps},{law.score([steps] * 2)[k]},0.01"
        for k, name in enumerate(("large", "small"))
        for steps in (0, 30, 100, 300, 1000, 3000, 10000, 30000)
    ]
    (folder / "scores.csv").write_text("\n".join(["benchmark,model,steps,score,stderr", *lines, ""]))
    scores = ["a,x,.5,.6", "a,y,.4,.5", "b,x,.7,.6", "b,y,.4,.2"]
    (folder / "agreement.csv").write_text("\n".join(["benchmark,model,direct,tuned", *scores, ""]))
    (folder / "suite.toml").write_text(SUITE)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        assert core(["calibrate", "scores.csv", "--out", "game.json"]) == 0
        assert train([*TYPED, "--out", "run"]) == 0
        assert evaluate(["run", "--episodes", "4"]) == 3  # one seed: undecided
        assert benchmark(["suite.toml", "--out", "bench", "--workers", "1"]) == 0
        assert compare(COMPARE) == 0
    return folder


@pytest.fixture
def here(whole: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy, as the working folder."""
    folder = Path(shutil.copytree(whole, tmp_path / "here"))
    monkeypatch.chdir(folder)
    return folder


def complaint(capsys: pytest.CaptureFixture[str], main: Main, words: list[str]) -> str:
    """The one line, but for a progress report, with which a command refuses a file."""
    capsys.readouterr()
    assert main(words) == 2
    *before, last = capsys.readouterr().err.splitlines()
    assert all(line.startswith("Drawing") or "update/s" in line or not line for line in before), before
    assert len(last) < 600
    return last


@pytest.mark.long
@pytest.mark.parametrize(("file", "main", "words"), READ, ids=IDS)
def test_they_are_read_as_they_should_be(here: Path, file: str, main: Main, words: list[str]) -> None:
    assert main(words) in (0, 3)


def put(path: Path, kind: str) -> None:
    content = path.read_bytes()
    path.unlink()
    if kind == "pipe":
        os.mkfifo(path)
    elif kind == "device":
        path.symlink_to("/dev/zero")
    elif kind == "folder":
        path.mkdir()
    elif kind == "sparse":
        with path.open("wb") as file:
            file.truncate(2**42)
    elif kind == "cut":  # in the middle of the last row, or before the end
        path.write_bytes(
            content[:-9] if path.suffix == ".pt" else content.rpartition(CUT[path.suffix])[0]
        )
    else:
        path.write_bytes(KINDS[kind])


CUT = {".csv": b",", ".json": b"}", ".toml": b"]"}
KINDS: dict[str, bytes] = {
    "empty": b"",
    "nested lists": b"[" * 100_000,
    "nested objects": b'{"a":' * 100_000,
    "list": b"[]",
    "null": b"null",
    "NUL": b"\0" * 100,
    "no text": b"\xff\xfe\0x",
    "mark alone": b"\xef\xbb\xbf",
    "digits": b'{"a": ' + b"9" * 401 + b"}",
    "many digits": b"9" * 10_000,
    "twice": b'{"schema": 1, "schema": 1}',
}


EVERY = (*(kind for kind in KINDS if kind != "nested lists"), "pipe", "folder", "sparse")


def often(case: Any) -> Any:
    """A case that is looked at in long tests alone."""
    return pytest.param(case, marks=pytest.mark.long)


@pytest.mark.skipif(os.name != "posix", reason="pipes and devices of POSIX")
@pytest.mark.parametrize("kind", ["nested lists", "device", "cut", *map(often, EVERY)])
@pytest.mark.parametrize(("file", "main", "words"), READ, ids=IDS)
def test_a_damaged_file_is_named_in_one_line(
    here: Path,
    file: str,
    main: Main,
    words: list[str],
    kind: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    if file == "run/rows.csv":  # read where there are no checkpoints
        (here / "run" / "seed-0" / "checkpoint.pt").unlink()
    put(here / file, kind)
    assert Path(file).name in complaint(capsys, main, words)


# --- numbers and kinds in JSON -------------------------------------------------------------------

JSON = [row for row in READ if row[0].endswith(".json") and row[1] is not train]


@pytest.mark.parametrize(
    "number", ["9" * 401, *map(often, ("-" + "9" * 401, "1e999", "NaN", "Infinity"))]
)
@pytest.mark.parametrize(
    ("file", "main", "words"), JSON, ids=[i for i, r in zip(IDS, READ, strict=True) if r in JSON]
)
def test_a_number_out_of_range_is_named_with_its_field(
    here: Path,
    file: str,
    main: Main,
    words: list[str],
    number: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    text = (here / file).read_text()
    places = list(re.finditer(r'"(\w+)": (-?\d[\d.e-]*)', text))
    for place in places[:: max(len(places) // 4, 1)]:
        changed = f"{text[: place.start(2)]}{number}{text[place.end(2) :]}"
        (here / file).write_text(changed)
        if "versions" in changed[place.start() - 200 : place.start()]:
            continue
        line = complaint(capsys, main, words)
        assert Path(file).name in line
        assert place[1] in line


WRONG: list[tuple[str, list[Any], Any, str]] = [
    ("run/verdict.json", ["checks", 0, "outcome"], [], r"checks\[0\]\.outcome"),
    ("run/verdict.json", ["seeds", 0, "efforts"], [None, None], r"seeds\[0\]\.efforts"),
    ("run/verdict.json", ["seeds", 0, "efforts"], [0.0], r"seeds"),
    ("run/verdict.json", ["reason"], "\x1b[31m", "reason"),
    ("run/verdict.json", ["schema"], 2, "schema: expected version 1"),
    ("run/verdict.json", ["rules"], 1, "rules: made by version 1"),
    ("run/settings.json", ["settings", "options"], None, "options"),
    ("run/settings.json", ["settings", "updates"], 10**30, "updates"),
    ("run/settings.json", ["settings", "seeds"], 10**7, "seeds"),
    ("run/settings.json", ["settings", "seeds"], True, "seeds"),
    ("run/settings.json", ["settings", "seeds"], 1.0, "seeds"),
    ("run/settings.json", ["settings", "effort_levels"], 10**8, "effort_levels"),
    ("run/settings.json", ["settings", "horizon"], 10**30, "horizon"),
    ("run/settings.json", ["settings", "copies"], 2**40, "copies"),
    ("run/settings.json", ["settings", "episodes"], 0, "episodes"),
    ("run/settings.json", ["settings", "game"], ["duel"], "game"),
    ("run/settings.json", ["settings", "resolution"], "nan", "resolution"),
    ("run/settings.json", ["settings", "parameters"], {"a\x1b": 1}, "parameters"),
    ("run/settings.json", ["settings", "more"], 1, "more: unknown"),
    ("run/settings.json", ["versions"], [], "versions"),
    ("run/settings.json", ["git_revision"], {}, "git_revision"),
    ("run/settings.json", ["schema"], 2, "schema: expected version 1"),
    ("run/prediction.json", ["order", "ranking"], [0, 0], "order"),
    ("run/prediction.json", ["decision", "binding"], [0, 7], r"decision\.binding"),
    ("run/prediction.json", ["decision", "reason"], "a\nb", r"decision\.reason"),
    ("run/prediction.json", ["answers", "mixed", "found", "strategies", 0, 1, 0], 9.0, "mixed"),
    ("run/prediction.json", ["answers", "mixed", "found", "strategies", 0, 0, 0], "nan", "mixed"),
    ("run/prediction.json", ["answers", "mixed", "found", "strategies", 0, 0], [], "mixed"),
    ("bench/suite.json", ["runs", 0, "task"], [], r"runs\[0\]\.task"),
    ("bench/suite.json", ["runs", 0, "algorithm"], "\0", r"runs\[0\]\.algorithm"),
    ("bench/suite.json", ["runs"], {}, "runs"),
    ("bench/statistics.json", ["missing"], [], "missing"),
    ("bench/statistics.json", ["comparisons", 0, "iqm", "honest"], 1, r"iqm\.honest"),
    ("bench/statistics.json", ["comparisons", 0, "iqm", "new"], "copy", "iqm, profile"),
    ("bench/statistics.json", ["comparisons", 0, "profile", "honest", "tau"], [1.0], "tau"),
    ("game.json", ["report", 0, "name"], "", "name"),
    ("game.json", ["report", 0, "name"], "a\x1b[2J", r"report\[0\]\.name"),
    ("game.json", ["report", 0, "upper"], None, "upper"),
    ("game.json", ["report"], None, "report"),
    ("game.json", ["rejected"], 3, "rejected"),
    ("game.json", ["benchmark"], "a\0", "benchmark"),
    ("game.json", ["schema"], 3, "schema"),
]


@pytest.mark.parametrize(("file", "place", "value", "field"), WRONG)
def test_the_right_json_of_the_wrong_shape_names_the_field(
    here: Path,
    file: str,
    place: list[Any],
    value: Any,
    field: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    content = json.loads((here / file).read_text())
    inner = content
    for key in place[:-1]:
        inner = inner[key]
    inner[place[-1]] = inner["honest"] if value == "copy" else value
    (here / file).write_text(json.dumps(content))
    main, words = next((main, words) for path, main, words in READ if path == file)
    line = complaint(capsys, main, words)
    assert file in line or "checkpoint" in line
    assert re.search(field, line.split(file)[-1])


def test_a_name_of_the_file_is_escaped_in_the_error(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (here / "run" / "verdict.json").write_text('{"rules": 2, "a\\u001b[31m": 1}')
    assert "\x1b" not in complaint(capsys, report, ["run"])


def test_a_report_makes_no_players(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(TrainSettings, "players", None)
    assert report(["run"]) == 0
    assert report(["bench"]) == 0


# --- suites --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("old", "new", "field"),
    [
        ("", "a." * 100_000 + "a = 1", "bytes|dots"),
        ("", "[" + "a." * 300 + "a]", "dots"),
        ("", "a = " + "[" * 100_000, "nested"),
        ("", "a = " + "{a=" * 50_000, "nested"),
        ("seeds = 1", "seeds = " + "9" * 401, "seeds"),
        ("seeds = 1", "seeds = 1e400", "seeds"),
        ("seeds = 1", "seeds = nan", "seeds"),
        ("seeds = 1", "seeds = 1\nschema = 2", "schema"),
        ('name = "duels"', "name = 1", "tasks 0: name"),
        ('name = "duels"', 'name = ""', "tasks 0: name"),
        ('name = "duels"', r'name = "a\u001b[31m"', "tasks 0: name"),
        ('name = "duels"', f'name = "{"x" * 300}"', "tasks 0: name"),
        ('name = "small"', r'name = "a\u0000"', "name"),
        ("algorithms.honest", r'algorithms."a\u007fb"', "algorithms"),
        ("copies = 4", "copies = 1099511627776", "copies"),
        ("copies = 4", "copies = 4, horizon = 1000000, episodes = 1000", "efforts"),
        ('games = ["duel-small-prize"]', "games = [1]", "games"),
        ("[algorithms.honest]", "[algorithms.honest]\nat = { duels = 3 }", "honest.at.duels"),
    ],
)
def test_a_suite_that_does_not_fit_is_refused_by_field(
    here: Path, old: str, new: str, field: str, capsys: pytest.CaptureFixture[str]
) -> None:
    text = SUITE.replace(old, new) if old else f"{new}\n{SUITE}"
    assert text != SUITE
    (here / "suite.toml").write_text(text)
    line = complaint(capsys, benchmark, ["suite.toml", "--out", "new", "--workers", "1"])
    assert re.search(field, line.partition("suite.toml")[2])
    assert not (here / "new").exists()


@pytest.mark.parametrize(
    "names", [("Task", "task"), ("a:b", "a b"), ("stra\u00dfe", "STRASSE"), ("\uff21", "a")]
)
def test_tasks_that_would_share_a_folder_are_refused(
    here: Path, names: tuple[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    # The first on macOS and Windows, the second everywhere, the others where names are normalised.
    tasks = "".join(f'\n[[tasks]]\nname = "{name}"\ngames = ["duel"]\n' for name in names)
    (here / "suite.toml").write_text(SUITE.replace("[algorithms", f"{tasks}\n[algorithms"))
    line = complaint(capsys, benchmark, ["suite.toml", "--out", "new", "--workers", "1"])
    assert "another run has the folder" in line


# --- rows of a comparison ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "field"),
    [
        (lambda text: text[: text.rindex(",")], "row 2"),
        (lambda text: text.replace("schema,", "other,", 1), "schema"),
        (lambda text: text.replace(",cycle,", ",comet,"), "regime"),
        (lambda text: re.sub(r",\d\.\d+,", ",much,", text, count=1), "number"),
        (lambda text: re.sub(r",\d\.\d+,", ",nan,", text, count=1), "finite|number"),
        (lambda text: re.sub(r",\d\.\d+,", ",,", text, count=1), "number"),
        (lambda text: text.replace(",{},", ",[],"), "parameters"),
        (lambda text: text.replace(",{},", "," + "[" * 100_000 + ","), "nested"),
        (lambda text: text.replace(",direct,", ",dir\x1bect,"), "protocol"),
    ],
)
def test_rows_of_a_comparison_that_do_not_fit_are_refused(
    here: Path, change: Callable[[str], str], field: str, capsys: pytest.CaptureFixture[str]
) -> None:
    text = (here / "rows.csv").read_text()
    changed = change(text)
    assert changed != text
    (here / "rows.csv").write_text(changed)
    line = complaint(capsys, compare, COMPARE)
    assert re.search(field, line.partition("rows.csv")[2] or line)


# --- names in tables -----------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["a\x1b[31m", "a\u202eb", "x" * 300, "\u2028", "a\x7f"])
@pytest.mark.parametrize("file", ["scores.csv", "agreement.csv"])
def test_names_that_cannot_be_shown_are_refused(
    here: Path, file: str, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    path = here / file
    lines = path.read_text().split("\n")
    lines[1] = re.sub(",[a-z]+,", f",{name},", lines[1], count=1)
    path.write_text("\n".join(lines))
    main, words = next((main, words) for read, main, words in READ if read == file)
    line = complaint(capsys, main, words)
    assert "row 2: model: " in line
    assert line.isprintable()


def test_names_of_other_languages_are_names() -> None:
    names = ["Ünïcode <b>", "模型 7B", "модель", "$x^2_$", "e\u0301"]
    game = bg.Game(
        curves=bg.curves.Additive([4.0, 3, 2, 1, 0]),
        cost=bg.LinearCost(1.0),
        prizes=[1] * 5,
        names=names,
    )
    assert list(game.names) == names
    for name in ("a\0b", "", " ", "a\nb"):
        with pytest.raises(ValueError, match="names"):
            bg.load_game("duel", names=["ok", name])


# --- checkpoints ---------------------------------------------------------------------------------


def written(here: Path, content: dict[str, Any]) -> Path:
    path = here / "run" / "seed-0" / "checkpoint.pt"
    torch.save(content, path)
    return path


def known(here: Path) -> dict[str, Any]:
    return load_checkpoint(here / "run" / "seed-0" / "checkpoint.pt")


def _cyclic() -> list[Any]:
    found: list[Any] = []
    found.append(found)
    return found


def _doubled() -> list[Any]:
    found: list[Any] = [1]
    for _ in range(60):
        found = [found, found]  # 2^60 parts in a kilobyte
    return found


CONTENT: dict[str, tuple[Callable[[], dict[str, Any]], str]] = {
    "one number, expanded": (
        lambda: {"play": torch.zeros(1, dtype=torch.float64).expand(2, SAMPLE, 700_000_000)},
        "play: its numbers are more than the file holds",
    ),
    "wrong samples": (lambda: {"play": torch.zeros(2, 1, 2)}, "play: expected shape"),
    "no samples": (lambda: {"play": torch.zeros(2, 0, 2)}, "play: expected shape"),
    "complex": (lambda: {"play": torch.zeros(2, SAMPLE, 2, dtype=torch.complex64)}, "play: complex64"),
    "sparse": (lambda: {"play": torch.zeros(2, SAMPLE, 2).to_sparse()}, "names code"),
    "NaN": (lambda: {"play": torch.full((2, SAMPLE, 2), math.nan)}, "play: a number is not finite"),
    "negative": (lambda: {"play": torch.full((2, SAMPLE, 2), -1.0)}, "play: efforts must be >= 0"),
    "words": (lambda: {"update": "abc"}, "update"),
    "too many updates": (lambda: {"update": 3}, "update"),
    "yes": (lambda: {"update": True}, "update"),
    "more": (lambda: {"more": 1}, "expected update, players, play"),
    "players": (lambda: {"players": {}}, "players"),
    "cyclic": (lambda: {"players": _cyclic()}, "more often than it has bytes"),
    "doubled": (lambda: {"players": _doubled()}, "more often than it has bytes"),
    "bytes": (lambda: {"players": [{"a": bytearray(3)}]}, "names code"),
    "code": (lambda: {"update": os.getcwd}, "names code"),
    "infinite": (lambda: {"players": [{"a": math.inf}, {}]}, "no finite number"),
    "fewer players": (lambda: {"players": [{}]}, "other players"),
}


@pytest.mark.parametrize("kind", CONTENT)
def test_a_checkpoint_that_does_not_fit_is_refused(
    here: Path, kind: str, capsys: pytest.CaptureFixture[str]
) -> None:
    change, why = CONTENT[kind]
    written(here, known(here) | change())
    line = complaint(capsys, evaluate, ["run"])
    assert "checkpoint.pt" in line
    assert why in line


def test_compressed_checkpoints_are_refused(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = here / "run" / "seed-0" / "checkpoint.pt"
    packed = io.BytesIO()
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as new:
        for part in old.infolist():
            new.writestr(part.filename, old.read(part))
        new.writestr("archive/data/9", bytes(2**24))
    path.write_bytes(packed.getvalue())
    assert "its parts are compressed" in complaint(capsys, report, ["run"])


def nan_in(value: Any) -> Any:
    """The first number of a floating kind made NaN."""
    if isinstance(value, torch.Tensor) and value.is_floating_point() and value.numel():
        changed = value.clone()
        changed.view(-1)[0] = math.nan
        return changed
    if isinstance(value, dict):
        for key, part in value.items():
            changed = nan_in(part)
            if changed is not None:
                return value | {key: changed}
    return None


def reshaped(value: Any) -> Any:
    """The first tensor with another shape, which would broadcast."""
    if isinstance(value, torch.Tensor) and value.numel() > 1:
        return value.reshape(-1)[:1].clone()
    if isinstance(value, dict):
        for key, part in value.items():
            changed = reshaped(part)
            if changed is not None:
                return value | {key: changed}
    return None


OTHERS = ("a2c", "psro", "exp3", "fictitious-play", "regret-matching-plus")


@pytest.mark.parametrize("agents", ["ppo", "dqn", "q-learning", *map(often, OTHERS)])
def test_what_players_learned_is_held_against_what_they_are(
    agents: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    words = f"--game duel --agents {agents} --seeds 1 --updates 2 --copies 4 --episodes 2".split()
    words += ["--action-type", "discrete", "--effort-levels", "3", "--out", str(out)]
    assert train(words) == 0
    path = out / "seed-0" / "checkpoint.pt"
    content = load_checkpoint(path)
    for change, why in ((nan_in, "not finite"), (reshaped, "other players")):
        players = list(content["players"])
        players[0] = change(players[0])
        assert players[0] is not None
        save_checkpoint(path, content | {"players": players})
        line = complaint(capsys, evaluate, [str(out)])
        assert why in line
    for players in ([], [{}, {}], [{"a": 1}, {"b": np.zeros(3)}]):
        save_checkpoint(path, content | {"players": players})
        assert "other players" in complaint(capsys, evaluate, [str(out)])
    save_checkpoint(path, content)
    assert evaluate([str(out), "--episodes", "4"]) == 3
