"""The report of a run: what stands on the page, what the figures show, what is refused."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest

import benchgame_env as bg
from benchgame_env import theory
from benchgame_env.agents.runs.settings import TrainSettings
from benchgame_env.training.benchmark.named_suites import STANDARD, suite_called
from benchgame_env.training.evaluate import evaluate
from benchgame_env.training.html import page
from benchgame_env.training.html.drawing import Axis, Frame, colour, exact_axis, zero_axis
from benchgame_env.training.report import boards, curves
from benchgame_env.training.report.__main__ import main
from benchgame_env.training.report.expected import Expected, expected_play
from benchgame_env.training.report.files import Seed, graded_episode, read_run, sampled_efforts
from benchgame_env.training.run.prediction import predicted
from benchgame_env.training.run.storage import read_rows, write_rows
from benchgame_env.training.train import train

SEEDS, UPDATES = 3, 12
TINY = {"game": "duel", "seeds": SEEDS, "updates": UPDATES, "copies": 8}


def made(folder: Path, **changes: object) -> Path:
    """A trained and graded run."""
    train(TrainSettings(**(TINY | changes)), folder)  # type: ignore[arg-type]
    evaluate(folder, episodes=8)
    return folder


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = made(tmp_path_factory.mktemp("runs") / "mixed")
    assert main([str(folder)]) == 0
    return folder


@pytest.fixture(scope="module")
def turns(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("runs") / "turns"
    changes = {"revision": "alternating", "horizon": 30, "agents": "best-response", "updates": 2}
    made(folder, seeds=1, action_type="discrete", **changes)
    assert main([str(folder)]) == 0
    return folder


@pytest.fixture
def copy(run: Path, tmp_path: Path) -> Path:
    """The run again, to be damaged."""
    return Path(shutil.copytree(run, tmp_path / "copy"))


def text_of(folder: Path) -> str:
    return (folder / "report.html").read_text()


def parsed(text: str) -> ElementTree.Element:
    """The page as XML, which it also is: every tag is closed, every text escaped."""
    return ElementTree.fromstring(text)


def figures(text: str) -> dict[str, ElementTree.Element]:
    """Pictures by what a screen reader says of them."""
    return {svg.attrib["aria-label"]: svg for svg in parsed(text).iter("svg") if "role" in svg.attrib}


def marks(svg: ElementTree.Element, kind: str) -> int:
    return sum(kind in part.attrib.get("class", "").split() for part in svg.iter())


# --- the page ----------------------------------------------------------------------------------


def test_the_page_needs_nothing_else(run: Path) -> None:
    text = text_of(run)
    root = parsed(text)
    assert not {"script", "link", "img", "iframe"} & {part.tag for part in root.iter()}
    assert not {"src", "href"} & {name for part in root.iter() for name in part.attrib}
    assert all(word not in text for word in ("http:", "https:", "url(", "@import"))
    assert {th.attrib["scope"] for th in root.iter("th")} == {"col", "row"}


def test_every_picture_has_its_label_and_its_marks(run: Path) -> None:
    found = figures(text_of(run))
    # Regret, distance and tau; two developers' efforts and distributions; two ranks.
    assert len(found) == 3 + 2 + 2 + 2
    courses = [svg for words, svg in found.items() if "seeds and" in words]
    assert len(courses) == 3 + 2 + 2
    for svg in courses:
        assert marks(svg, "faint") == SEEDS
        assert marks(svg, "bold") == 1
    assert len(list(parsed(text_of(run)).iter("figure"))) == len(found)


def test_numbers_are_those_of_the_verdict(run: Path) -> None:
    verdict = json.loads((run / "verdict.json").read_text())
    shown = {
        row[0].text: [cell.text for cell in row[1:]]
        for row in parsed(text_of(run)).iter("tr")
        if row[0].attrib["scope"] == "row"
    }
    for check in [*verdict["checks"], *verdict["last_iterate"]]:
        who = "" if check["who"] is None else f": developer_{check['who']}"
        outcome, mean, bound, interval = shown[check["name"] + who]
        assert mean == f"{check['mean']:.4g}"
        assert interval == f"{check['low']:.4g} to {check['high']:.4g}"
        assert bound == f"{check['bound']:g}"
        assert outcome is not None
        assert outcome.endswith(check["outcome"])
    efforts = np.mean([seed["efforts"] for seed in verdict["seeds"]], axis=0)
    for name, effort in zip(bg.load_game("duel").names, efforts, strict=True):
        assert shown[name][2].startswith(f"{effort:.4g} ±")  # type: ignore[union-attr]


def test_the_verdict_is_a_word_and_a_colour(run: Path) -> None:
    outcome = json.loads((run / "verdict.json").read_text())["outcome"]
    (sentence,) = (p for p in parsed(text_of(run)).iter("p") if "verdict" in p.attrib.get("class", ""))
    assert sentence.attrib["class"] == f"verdict {outcome}"
    assert outcome in (sentence[0].text or "")
    assert re.search(rf"\.{outcome}\b[^{{}}]*{{ color: #", text_of(run))


def test_everything_written_is_escaped() -> None:
    odd = "<b>&\"'"
    frame = Frame(exact_axis(0, 1), exact_axis(0, 1))
    picture = frame.svg([frame.words(0, 0, odd)], odd, odd)
    parts = [page.table([odd], [[odd, odd]]), page.definitions([(odd, odd)]), page.paragraph(odd)]
    parts += [page.panels([(odd, picture)]), page.legend([("", odd)])]
    root = parsed(page.document(odd, parts))
    assert not list(root.iter("b"))
    # Heading and title; three cells; word and meaning; paragraph; figure, its text and axis; sign.
    assert "".join(root.itertext()).count(odd) == 2 + 3 + 2 + 1 + 3 + 1


def test_an_unfinished_run_says_how_far_it_got(copy: Path) -> None:
    progress = copy / "seed-1" / "progress.csv"
    write_rows(progress, read_rows(progress)[:5])
    shutil.rmtree(copy / "seed-2")
    (copy / "verdict.json").unlink()
    assert main([str(copy)]) == 0
    assert f"Not finished: seed 1 reached update 5 of {UPDATES}." in text_of(copy)
    assert "Not finished: seed 2 has not begun." in text_of(copy)
    assert "not graded" in text_of(copy)
    regret = next(svg for words, svg in figures(text_of(copy)).items() if "largest regret" in words)
    assert marks(regret, "faint") == SEEDS - 1


def test_without_checkpoints_distributions_are_of_graded_play(copy: Path) -> None:
    for path in copy.glob("seed-*/checkpoint.pt"):
        path.unlink()
    assert main([str(copy)]) == 0
    assert "in the graded play" in text_of(copy)
    assert "Rank flow" not in text_of(copy)


def test_play_in_turn_is_laid_over_the_cycle(turns: Path) -> None:
    found = [svg for words, svg in figures(text_of(turns)).items() if "predicted cycle" in words]
    assert len(found) == 2
    for svg in found:  # who answers best on the same levels plays the predicted cycle itself
        played, predicted = (part.attrib["d"] for part in svg.iter("path"))
        assert played == predicted
    episode = graded_episode(read_run(turns))
    rows = [float(row["effort"]) for row in read_rows(turns / "rows.csv") if row["episode"] == "0"]
    assert episode == pytest.approx(np.reshape(rows, (-1, 2)))


def test_required_efforts_are_drawn_where_curves_follow_the_scaling_law() -> None:
    game = bg.load_game("pythia-gsm8k")
    levels = [list(span) for span in theory.stabilizing_levels(game)]
    curves, needed = (
        ElementTree.fromstring(svg) for _, svg in boards.required_effort(game, levels, {}, 3000.0)
    )
    assert marks(curves, "beyond") == 5  # a developer each
    assert marks(needed, "curve") == 4 + 1 + 1  # a rank each, the least, the level of the run
    assert marks(needed, "stable") == len(levels) == 1


# --- the figures -------------------------------------------------------------------------------


def test_atoms_of_the_duel_stand_at_one_half() -> None:
    # Theory section 5, worked: both play 0 with probability 1/2, and nothing else with an atom.
    game = bg.load_game("duel")
    played = {0: np.array([[0.0, 0.2], [0.5, 0.8]])}
    for _, svg in curves.distributions(game, played, expected("simultaneous")):
        (atom,) = ElementTree.fromstring(svg).iter("circle")
        frame = Frame(Axis(0, 1, ()), Axis(0, 1, ()))
        assert float(atom.attrib["cx"]) == pytest.approx(float(frame.x(0)), abs=0.1)
        assert float(atom.attrib["cy"]) == pytest.approx(float(frame.y(0.5)), abs=0.2)


def test_what_play_is_held_against() -> None:
    # Theory section 5, worked: mean efforts 1/8 and 3/8; best responses in turn repeat after 290.
    mixed, cycle = expected("simultaneous"), expected("alternating")
    assert mixed.mean == pytest.approx([0.125, 0.375], abs=1e-3)
    assert mixed.cycle is None
    assert cycle.cycle is not None
    assert cycle.cycle.period == 290
    assert cycle.mean == pytest.approx(cycle.cycle.states.mean(axis=0))
    for revision in ("simultaneous", "alternating"):
        pure = expected(revision, "duel-small-prize")
        assert (pure.name, pure.mean.tolist()) == ("pure equilibrium", [0.0, 0.0])


def test_a_cycle_moves_on_the_levels_that_were_played() -> None:
    # Levels a quarter apart, ties go to 1, who is ahead by 1/2: 2 passes with 3/4, 1 answers with 1/4;
    # to pass again costs 2 all that it wins, so it drops out, and 1 then spends nothing.
    found = expected("alternating", action_type="discrete", effort_levels=5, action_scale="linear")
    assert found.cycle is not None
    assert found.cycle.states.tolist() == [[0, 0], [0, 0.75], [0.25, 0.75], [0.25, 0]]


def expected(revision: str, game: str = "duel", **changes: object) -> Expected:
    settings = TrainSettings(game=game, revision=revision, horizon=5, **changes)  # type: ignore[arg-type]
    found = expected_play(predicted(settings))
    assert found is not None
    return found


def test_the_cycle_begins_where_play_is() -> None:
    states = np.array([[0.0, 0.0], [0.0, 0.6], [0.2, 0.6], [0.2, 0.0], [0.1, 0.0]])
    played = np.tile(states, (3, 1))[2:13]
    assert curves.in_phase(played, states) == pytest.approx(played)
    assert curves.in_phase(played + 0.01, states) == pytest.approx(played)


def test_ranks_are_shares_of_boards() -> None:
    game = bg.load_game("duel")
    # Four boards an update; the weaker model tops none of them at first, then three.
    early, late = [[1, 2]] * 4, [[1, 2], [2, 1], [2, 1], [2, 1]]
    (_, first), (_, second) = boards.rank_flow(game, np.array([early, late]))
    layers = list(ElementTree.fromstring(first).iter("polygon"))
    frame = Frame(exact_axis(0, 1), Axis(0, 1, ()))
    corners = [point.split(",") for point in layers[0].attrib["points"].split()]
    tops = [float(y) for _, y in corners[2:]]  # edges run forth below or above, then back
    heights = {float(y) for _, y in corners}
    assert heights == {round(float(frame.y(share)), 1) for share in (0.0, 1.0, 0.25)}
    assert len(tops) == 2
    assert len(layers) == len(list(ElementTree.fromstring(second).iter("polygon"))) == 2


def test_lines_break_where_values_are_unknown() -> None:
    frame = Frame(exact_axis(0, 4), exact_axis(0, 1))
    path = frame.line(range(5), [0, 1, np.nan, 1, 0], "x")
    assert path.count("M") == path.count("L") == 2


def test_the_mean_goes_as_far_as_all_seeds() -> None:
    seeds = [
        Seed(k, {"update": np.arange(float(length)), "nash_conv": np.full(length, float(k))})
        for k, length in enumerate((4, 6))
    ]
    _, svg = curves.learning_curve(seeds, "nash_conv", 1.0, "regret", None, None)
    (mean,) = (p for p in ElementTree.fromstring(svg).iter("path") if "bold" in p.attrib["class"])
    assert len(mean.attrib["d"].split("L")) == 4


def test_an_axis_from_zero_is_linear_first_then_logarithmic() -> None:
    axis = zero_axis(0.01, 1.0)
    assert axis.ticks == (0.0, 0.01, 0.1, 1.0)
    assert axis.share([0, 0.005, 0.01, 0.1, 1.0]) == pytest.approx([0, 1 / 6, 1 / 3, 2 / 3, 1])
    assert axis.share([-1, 2]) == pytest.approx([0, 1])


# --- a benchmark -------------------------------------------------------------------------------

PROFILE = {"tau": [0.0, 0.5, 1.0], **{key: [1, 0.5, 0] for key in ("share", "low", "high")}}
TWO = {
    "honest": {"value": 0.5, "low": 0.4, "high": 0.6},
    "ppo-annealed": {"value": 0.3, "low": 0.2, "high": 0.4},
}
BOTH: dict[str, Any] = {
    "tasks": ["duel"],
    "runs": {"honest": 2, "ppo-annealed": 2},
    "iqm": TWO,
    "mean": TWO,
    "improvement": [
        {"better": "honest", "than": "ppo-annealed", "value": 0.7, "low": 0.45, "high": 0.9}
    ],
    "profile": {name: PROFILE for name in ("honest", "ppo-annealed")},
}
ALONE: dict[str, Any] = {
    "tasks": ["five"],
    "iqm": {"honest": {"value": 0.8, "low": 0.7, "high": 0.9}},
    "runs": {"honest": 3},
    "mean": {"honest": {"value": 0.8, "low": 0.7, "high": 0.9}},
    "improvement": [],
    "profile": {"honest": PROFILE},
}
MISSING = {"honest": 0, "ppo-annealed": 2}
STATISTICS = {"score": "1 - regret / P", "missing": MISSING, "comparisons": [BOTH, ALONE]}


@pytest.fixture
def benchmark(run: Path, tmp_path: Path) -> Path:
    """Two algorithms on a task, and one of them on another, not graded yet."""
    folder = tmp_path / "bench"
    shutil.copytree(run, folder / "runs" / "learned")
    made(folder / "runs" / "honest", agents="honest", updates=2, seeds=2)
    train(TrainSettings(game="five", agents="honest", seeds=1, updates=1), folder / "runs" / "five")
    runs = [
        ("honest", "duel", "honest"),
        ("learned", "duel", "ppo-annealed"),
        ("five", "five", "honest"),
    ]
    fields = ("folder", "task", "algorithm")
    named = [dict(zip(fields, run, strict=True)) | {"settings": {}} for run in runs]
    (folder / "suite.json").write_text(json.dumps({"name": "small", "runs": named}))
    (folder / "statistics.json").write_text(json.dumps(STATISTICS))
    return folder


def test_a_benchmark_has_a_table_for_those_who_meet(benchmark: Path) -> None:
    assert main([str(benchmark)]) == 0
    root = parsed(text_of(benchmark))
    rows, others = (found.findall(".//tr") for found in list(root.iter("table"))[:2])
    assert [cell.text for cell in rows[0]] == ["task", "honest", "ppo-annealed"]
    assert [row[0].text for row in rows[1:]] == ["duel", "matches"]
    assert [cell.text for cell in others[0]] == ["task", "honest"]
    assert [row[0].text for row in others[1:]] == ["five", "matches"]
    for cell, name in zip(rows[1][1:], ("honest", "learned"), strict=True):
        verdict = json.loads((benchmark / "runs" / name / "verdict.json").read_text())
        shown = "".join(cell.itertext())
        alone, first = verdict["share"]["mean"], verdict["checks"][0]["mean"]
        assert shown.endswith(f"{verdict['outcome']} {alone:.0%} {first:.2g}")
    assert "not graded" in "".join(others[1][1].itertext())
    assert [cell.text for cell in rows[2][1:]] == ["0", "0"]


def test_algorithms_of_the_standard_suite_look_different() -> None:
    names = {run.algorithm for run in suite_called(STANDARD).runs}
    assert len({colour(i, dashed=True) for i in range(len(names))}) == len(names)


def test_links_of_a_benchmark_lead_to_its_runs(benchmark: Path) -> None:
    assert main([str(benchmark)]) == 0
    root = parsed(text_of(benchmark))
    anchors = [part.attrib["id"] for part in root.iter() if "id" in part.attrib]
    assert [a.attrib["href"] for a in root.iter("a")] == [f"#{anchor}" for anchor in anchors]
    assert len(anchors) == 3


@pytest.mark.parametrize(
    ("pair", "against"),
    [
        (("honest", "ppo-annealed"), "0.7 [0.45, 0.9]"),
        (("ppo-annealed", "honest"), "0.3 [0.1, 0.55]"),
    ],
)
def test_pictures_of_a_benchmark(benchmark: Path, pair: tuple[str, str], against: str) -> None:
    # The best is compared with the others: of a pair that the file has the other way round, 1 - it.
    better, than = pair
    turned = {**BOTH, "improvement": [{**BOTH["improvement"][0], "better": better, "than": than}]}
    statistics = {**STATISTICS, "comparisons": [turned, ALONE]}
    (benchmark / "statistics.json").write_text(json.dumps(statistics))
    assert main([str(benchmark)]) == 0
    found = figures(text_of(benchmark))
    duel = next(svg for words, svg in found.items() if "on duel" in words)
    assert (marks(duel, "band"), marks(duel, "c0"), marks(duel, "c1")) == (2, 2, 2)
    estimates = next(svg for words, svg in found.items() if words.startswith("honest 0.5"))
    assert marks(estimates, "disc") == marks(estimates, "bold") == 2
    chance = next(svg for words, svg in found.items() if words == f"ppo-annealed {against}")
    assert marks(chance, "disc") == marks(chance, "bound") == 1
    assert "Runs without a score: ppo-annealed 2." in text_of(benchmark)
    assert len(found) == 3 + 2  # a comparison of two, none of one, and a panel a task
    (benchmark / "statistics.json").unlink()
    assert main([str(benchmark)]) == 0
    assert len(figures(text_of(benchmark))) == 2


def test_a_damaged_benchmark_is_refused(benchmark: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (benchmark / "statistics.json").write_text('{"score": "x", "missing": {}, "comparisons": [{}]}')
    assert main([str(benchmark)]) == 2
    assert "statistics.json is damaged" in capsys.readouterr().err
    shutil.rmtree(benchmark / "runs")
    assert main([str(benchmark)]) == 2
    assert "no run has reached its first checkpoint" in capsys.readouterr().err


# --- bad input ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("file", "content", "complaint"),
    [
        ("settings.json", '{"settings"', "settings.json is damaged"),
        ("seed-1/progress.csv", "update,nash_conv\n0,\n", "progress.csv is damaged"),
        ("seed-1/progress.csv", "", "progress.csv is damaged"),
        ("seed-0/checkpoint.pt", "no tensors", "checkpoint.pt is damaged"),
        ("verdict.json", '{"outcome": "match"', "verdict.json is damaged"),
        ("verdict.json", '{"outcome": "maybe"}', "verdict.json is damaged"),
        ("verdict.json", "[]", "verdict.json is damaged"),
    ],
)
def test_a_damaged_file_is_named(
    copy: Path, file: str, content: str, complaint: str, capsys: pytest.CaptureFixture[str]
) -> None:
    before = text_of(copy)
    (copy / file).write_text(content)
    assert main([str(copy)]) == 2
    error = capsys.readouterr().err.splitlines()[-1]
    assert complaint in error
    assert text_of(copy) == before


def test_damaged_rows_are_named(turns: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    copy = shutil.copytree(turns, tmp_path / "copy")
    lines = (copy / "rows.csv").read_text().splitlines(keepends=True)
    (copy / "rows.csv").write_text("".join(lines[:4]))  # a board and a half
    assert main([str(copy)]) == 2
    assert "rows.csv is damaged: its rows end in the middle" in capsys.readouterr().err
    (copy / "rows.csv").write_text(lines[0])
    assert main([str(copy)]) == 2
    assert "rows.csv is damaged: it has no rows" in capsys.readouterr().err


def test_a_folder_of_runs_has_a_page_that_compares_them(run: Path, turns: Path, tmp_path: Path) -> None:
    folder = tmp_path / "both"
    for source, name in ((run, "first & last"), (turns, "turns")):
        shutil.copytree(source, folder / name, ignore=shutil.ignore_patterns("report.html"))
    (folder / "turns" / "verdict.json").unlink()  # not graded
    assert main([str(folder)]) == 0
    text = text_of(folder)
    rows = [row for row in parsed(text).iter("tr") if row.find("td") is not None]
    links = [link.attrib["href"] for row in rows for link in row.iter("a")]
    assert links == ["first & last/report.html", "turns/report.html"]
    assert all((folder / link).exists() for link in links)
    assert [row[1].text for row in rows] == ["? undecided", "○ not graded"]  # three seeds are too few
    assert len(figures(text)) == 2  # a curve of regret for each run
    pytest.importorskip("matplotlib")
    paper = tmp_path / "paper"
    assert main([str(folder), "--figures", str(paper)]) == 0
    kinds = {b"<?xml": "svg", b"%PDF-": "pdf", b"\x89PNG\r": "png"}
    drawn = {path.name: kinds[path.read_bytes()[:5]] for path in paper.iterdir()}
    assert drawn == {f"{of}.{kind}": kind for of in ("efforts", "regrets") for kind in kinds.values()}
    assert main([str(run), "--figures", str(tmp_path / "one")]) == 0
    assert len(list((tmp_path / "one").iterdir())) == 6


def test_folders_without_a_run_are_refused(
    copy: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([str(tmp_path / "nothing")]) == 2
    assert "is not a run" in capsys.readouterr().err
    for folder in copy.glob("seed-*"):
        shutil.rmtree(folder)
    assert main([str(copy)]) == 2
    assert "no seed has reached its first checkpoint" in capsys.readouterr().err


def test_another_page_is_never_overwritten(
    run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "page.html"
    assert main([str(run), "--out", str(out)]) == 0
    assert out.read_text() == text_of(run)
    out.write_text("another")
    for path, complaint in [
        (out, "exists; remove it"),
        (tmp_path / "page.pdf", "unknown '.pdf'"),
        (tmp_path / "none" / "page.html", "there is no folder"),
    ]:
        assert main([str(run), "--out", str(path)]) == 2
        assert complaint in capsys.readouterr().err
    assert out.read_text() == "another"


def test_samples_are_read_as_they_were_played(run: Path) -> None:
    found = sampled_efforts(read_run(run))
    assert list(found) == list(range(SEEDS))
    assert all(play.shape[0] == UPDATES and play.shape[2] == 2 for play in found.values())


# --- in a browser ------------------------------------------------------------------------------

CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome")
WIDE = "<script>document.title = document.documentElement.scrollWidth + ' of ' + innerWidth</script>"


def browse(folder: Path, url: str, *options: str) -> str:
    command = [str(CHROMIUM), "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run"]
    command += [f"--user-data-dir={folder / 'profile'}", "--disable-background-networking"]
    done = subprocess.run([*command, *options, url], check=True, capture_output=True, timeout=60)
    return done.stdout.decode()


@pytest.mark.skipif(CHROMIUM is None, reason="no chromium")
def test_a_phone_shows_it_without_scrolling_sideways(turns: Path, tmp_path: Path) -> None:
    # A window is at least 500 wide, so the page goes into a frame of a phone's width.
    inner, outer = tmp_path / "page.html", tmp_path / "frame.html"
    inner.write_text(text_of(turns).replace("</body>", f"{WIDE}</body>"))
    show = "document.title = this.contentDocument.title"
    outer.write_text(f'<iframe src="page.html" width="390" height="900" onload="{show}"></iframe>')
    shown = browse(tmp_path, outer.as_uri(), "--dump-dom", "--allow-file-access-from-files")
    found = re.search(r"<title>(\d+) of (\d+)</title>", shown)
    assert found is not None
    assert int(found[1]) <= int(found[2]) == 390


@pytest.mark.skipif(CHROMIUM is None, reason="no chromium")
def test_it_prints(turns: Path, tmp_path: Path) -> None:
    out = tmp_path / "page.pdf"
    browse(tmp_path, (turns / "report.html").as_uri(), f"--print-to-pdf={out}")
    pdf = out.read_bytes()
    assert pdf.startswith(b"%PDF")
    assert len(pdf) > 20_000  # an empty page takes less than 2 kB
