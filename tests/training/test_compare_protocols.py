"""The designer's comparison: rows against theory and metrics, ranges, resuming, the page."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections import Counter
from html.parser import HTMLParser
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pytest

import benchgame_env as bg
from benchgame_env import metrics, rules, theory
from benchgame_env.draws import Draws
from benchgame_env.rules.registry import PROTOCOLS
from benchgame_env.theory.design import play
from benchgame_env.theory.design.play import EPISODES, MYOPIC, NASH, UNPREDICTED, replay
from benchgame_env.theory.dynamics import with_memory
from benchgame_env.training.compare_protocols import __main__ as compare_protocols
from benchgame_env.training.compare_protocols import comparison, results
from benchgame_env.training.compare_protocols.__main__ import main
from benchgame_env.training.compare_protocols.comparison import compare
from benchgame_env.training.compare_protocols.headline import advice
from benchgame_env.training.compare_protocols.page import OUTCOMES
from benchgame_env.training.compare_protocols.page import page as page_of
from benchgame_env.training.compare_protocols.picture import picture
from benchgame_env.training.compare_protocols.ranges import Setting, setting_from, settings_for
from benchgame_env.training.compare_protocols.results import (
    HEADER,
    NOTES,
    cells,
    cheapest,
    findings,
    read_results,
    write_results,
)
from benchgame_env.training.compare_protocols.rows import measure, row_of
from benchgame_env.training.html.drawing import linear_axis, logarithmic_axis

ROOT = Path(__file__).parent.parent.parent
FEW = [
    Setting("direct", {}),
    Setting("tune-before-test", {"level": 1.0}),
    Setting("rounded", {"decimals": 1}),
    Setting("ladder", {"step": 0.1}),
]


@pytest.fixture(autouse=True)
def wide(monkeypatch: pytest.MonkeyPatch) -> None:
    """A terminal in which nothing is wrapped; tests/commands/test_widths.py has one of 80 columns."""
    monkeypatch.setenv("COLUMNS", "1000")


def measured(game: str, protocol: str, **parameters: Any) -> dict[str, Any]:
    row = row_of(game, Setting(protocol, parameters))
    assert row["error"] == ""
    return row


@pytest.fixture
def broken(monkeypatch: pytest.MonkeyPatch) -> None:
    """A plug-in called ``broken`` that cannot be evaluated."""

    class Broken(bg.Protocol):
        name = "broken"
        example: ClassVar[dict[str, int]] = {"wheels": 3}

        def __init__(self, wheels: int) -> None:
            self.wheels = wheels

        def evaluate(self, game, efforts, rng=None):
            raise RuntimeError("out\nof order")

    monkeypatch.setitem(PROTOCOLS._things, "broken", Broken)


# --- rows --------------------------------------------------------------------------------------


def test_the_duel_is_evaluated_at_its_mixed_equilibrium() -> None:
    row = measured("duel", "direct")
    p = theory.predict("duel", "direct")
    assert (row["regime"], row["basis"], row["play"]) == ("cycle", "theorem", "mixed equilibrium")
    assert row["nash_conv"] == p.mixed.nash_conv
    found = metrics.outcomes(p.game, "direct", p.mixed.strategies)
    assert row["kendall_tau"] == found.kendall_tau
    # Section 5: overtaking costs 0.5 and wins 1; 62.5 % on top and half of the prize burnt, which
    # 2,000 points of each strategy give to 0.001.
    assert row["temptation"] == pytest.approx(0.5)
    assert row["best_on_top"] == pytest.approx(0.625, abs=1e-3)
    assert row["effort_share"] == pytest.approx(0.5, abs=1e-3)


def test_a_stable_level_is_evaluated_at_its_pure_equilibrium() -> None:
    row = measured("pythia-gsm8k", "tune-before-test", level=3000.0)
    assert (row["regime"], row["basis"], row["play"]) == ("pure", "theorem", "pure equilibrium")
    assert (row["temptation"], row["nash_conv"], row["effort_share"]) == (0.0, 0.0, 0.0)
    assert (row["kendall_tau"], row["best_on_top"]) == (1.0, 1.0)
    assert row["cost_tuning"] == 5 * 3000.0
    assert row["measured"] == "exact"


def test_drawn_scores_are_evaluated_at_the_equilibrium_that_was_found() -> None:
    game, rule = bg.load_game("duel-small-prize"), bg.make_protocol("finite-test", items=20)
    row, p = measured("duel-small-prize", "finite-test", items=20), theory.predict(game, rule)
    assert (row["regime"], row["basis"], row["play"]) == ("pure", "search", "pure equilibrium")
    assert row["nash_conv"] == p.certificate
    assert row["kendall_tau"] == metrics.outcomes(game, rule, p.equilibrium).kendall_tau
    assert row["temptation"] == metrics.regrets(game, rule, np.zeros(2)).max()
    assert row["cost_items"] == 40.0


def test_undecided_stays_undecided() -> None:
    # Overtaking costs more than it wins: all-zero is an equilibrium, but rounded scores have plateaus.
    row = measured("duel-small-prize", "rounded", decimals=3)
    assert (row["regime"], row["basis"], row["play"]) == ("undecided", "nothing", "pure equilibrium")


OUTCOME_COLUMNS = [
    name + end
    for name in ("kendall_tau", "best_on_top", "effort_share")
    for end in ("", "_low", "_high")
]


class Alone:
    """Direct evaluation in a class with evaluate alone, of which nothing is known."""

    def evaluate(self, game, efforts, rng=None):
        return game.board(game.curves.score(np.asarray(efforts)))


@pytest.mark.parametrize("rule", [Alone(), ("shared-test", {"items": 100})], ids=["alone", "shared"])
def test_what_nothing_is_predicted_of_has_a_temptation_and_no_outcomes(rule: Any) -> None:
    row = measure(bg.load_game("duel"), rules.as_protocol(rule))
    assert (row["regime"], row["play"], row["concept"]) == ("undecided", UNPREDICTED, "")
    assert [name for name in (*OUTCOME_COLUMNS, "nash_conv") if row.get(name) is not None] == []
    assert "no play is predicted: " in row["reason"]
    # Section 5: overtaking wins 1 and costs 0.5. A shared test needs a lead that it can tell, which
    # costs more, see the tests of the simulation; nothing of it has to be drawn.
    if isinstance(rule, Alone):
        assert row["temptation_low"] <= 0.5 <= row["temptation_high"]
        assert row["temptation_high"] - row["temptation_low"] < 0.15
    else:
        assert row["temptation_low"] == row["temptation_high"] == pytest.approx(0.3718, abs=1e-3)


def test_a_mixed_profile_is_a_prediction_only_with_a_good_certificate(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    exact = measured("duel", "direct")
    monkeypatch.setattr(play, "REFERENCE_REGRET", 1e-9)
    row = measured("duel", "direct")
    assert (row["regime"], row["play"], row["concept"]) == ("cycle", UNPREDICTED, "")
    assert [name for name in (*OUTCOME_COLUMNS, "nash_conv") if row[name] is not None] == []
    assert row["temptation"] == exact["temptation"]
    assert "the closest mixed profile found leaves one developer a gain of 0." in row["reason"]
    assert "more than 0.0%" in row["reason"]


def test_an_outcome_that_depends_on_who_hands_in_first_is_a_range_and_never_recommended() -> None:
    # Worst first the board is right for ever, best first it is upside down for ever.
    row = measured("pythia-gsm8k", "first-look")
    assert (row["regime"], row["basis"], row["concept"]) == ("undecided", "nothing", MYOPIC)
    assert (row["kendall_tau"], row["kendall_tau_low"], row["kendall_tau_high"]) == (None, -1.0, 1.0)
    assert (row["best_on_top"], row["best_on_top_low"], row["best_on_top_high"]) == (None, 0.0, 1.0)
    assert row["effort_share"] == 0.0
    assert all(finding.lines == ["none"] for finding in findings([row], tau=-1.0))
    assert {"-1.000 to 1.000*", "0.000 to 1.000*", "0.0%*", "0*"} <= set(cells(row))


EQUAL = [
    ("direct", ("refreshed", {"rate": 1.0})),
    ("direct", ("tune-before-test", {"level": 0.0})),
    ("direct", ("capped", {"effort": 1e6})),
    (("direct", {"ties": "split"}), ("rounded", {"decimals": 7})),
    (("finite-test", {"items": 20}), ("finite-test+best-of", {"items": 20, "k": 1})),
    (("finite-test", {"items": 20}), ("finite-test+refreshed", {"items": 20, "rate": 1.0})),
    (
        ("finite-test", {"items": 20, "ties": "split"}),
        ("confidence-ranks", {"items": 20, "z": 0.0}),
    ),
    (("ladder", {"step": 0.1}), ("refreshed+ladder", {"step": 0.1, "rate": 1.0})),
]


@pytest.mark.parametrize(("one", "other"), EQUAL, ids=lambda rule: str(rule).replace(" ", ""))
def test_rules_that_are_equal_have_equal_rows(one: Any, other: Any) -> None:
    first, second = (measure(bg.load_game("duel"), rules.as_protocol(rule)) for rule in (one, other))
    for name in {*first, *second}:
        if not name.startswith("cost_"):  # a test that is refreshed in whole costs a test
            ours, theirs = first[name], second[name]
            if isinstance(ours, float) and isinstance(theirs, float):  # a cap is searched from elsewhere
                theirs = pytest.approx(theirs, rel=1e-9)
            assert ours == theirs, name


def test_rows_that_rest_on_different_concepts_are_marked(report: Path) -> None:
    rows = read_results(report)
    assert {row["concept"] for row in rows} == {NASH, MYOPIC, ""}
    for row in rows:
        words = dict(zip(HEADER, cells(row), strict=True))
        for name in ("tau", "best on top", "burnt"):
            assert words[name].endswith("*") == (row["concept"] == MYOPIC)
    page = report.with_suffix(".html").read_text()
    assert page.count("<h3>ladder *</h3>") == 3  # tau, best on top, burnt
    assert "<h3>ladder</h3>" in page  # temptation is no outcome of best responses
    assert "One setting: direct " in page
    assert NOTES["*"] in results.text(bg.load_game("duel"), rows, [])
    equilibria = [row for row in rows if row["concept"] == NASH]
    assert NOTES["*"] not in results.text(bg.load_game("duel"), equilibria, [])


@pytest.mark.parametrize(
    ("rule", "regime"),
    [(("refreshed", {"rate": 0.5}), "cycle"), (("ladder", {"step": 0.01}), "pure")],
)
def test_rules_that_remember_are_averaged_over_their_period(rule: Any, regime: str) -> None:
    game, (name, parameters) = bg.load_game("duel"), rule
    found = theory.predict(game, rule).dynamics
    period = found.cycle.period
    ranks = found.ranks[-1 - period : -1]  # the trajectory ends where the period begins again
    row = measured("duel", name, **parameters)
    assert (row["regime"], row["basis"]) == (regime, "simulation")
    # Of two models tau is 1 or -1.
    assert row["kendall_tau"] == pytest.approx(np.mean(np.where(ranks[:, 0] == 1, 1.0, -1.0)))
    assert row["best_on_top"] == pytest.approx(np.mean(ranks[:, 0] == 1))
    assert row["effort_share"] == pytest.approx(found.cycle.cost)  # of a pot of 1
    assert row["one_round_gain"] == found.gain
    assert row["nash_conv"] is None


def test_drawn_boards_that_remember_are_played_again_in_many_episodes() -> None:
    game = bg.load_game("duel-small-prize")
    rule = bg.make_protocol("finite-test+ladder", items=20, step=0.05)
    found = theory.predict(game, rule).dynamics
    efforts, ranks = replay(game, rule, found, np.random.default_rng(0))
    assert ranks.shape == efforts.shape == (EPISODES, found.cycle.period, 2)
    assert (efforts[0] == found.trajectory[-1 - found.cycle.period : -1]).all()
    assert len(np.unique(ranks[:, -1, 0])) == 2  # boards differ between episodes


def test_an_open_path_predicts_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(with_memory, "ROUNDS", 20)
    row = measured("duel", "refreshed", rate=0.5)
    assert (row["regime"], row["play"], row["kendall_tau"]) == ("undecided", UNPREDICTED, None)
    assert "worst first, best first, all at once first, best responses come to no end" in row["reason"]


# --- ranges ------------------------------------------------------------------------------------


def test_every_protocol_has_settings_that_can_be_made(broken: None) -> None:
    settings = settings_for(bg.load_game("five"))
    assert {s.protocol for s in settings} >= {*bg.protocols(), "tune-before-test+finite-test"}
    assert len({s.key for s in settings}) == len(settings)
    assert [s.parameters for s in settings if s.protocol == "broken"] == [{"wheels": 3}]
    assert all(s.make() for s in settings)


def test_levels_are_tried_around_the_least_stable_one() -> None:
    game = bg.load_game("pythia-gsm8k")
    [(low, _)] = theory.stabilizing_levels(game).certain
    levels = [s.parameters["level"] for s in settings_for(game, ["tune-before-test"])]
    assert levels == sorted(levels)
    assert {low, 0.9 * low, 3 * 8000.0} <= set(levels)  # F is 8,000 steps


def test_settings_from_words() -> None:
    setting = setting_from("tune-before-test+finite-test:level=3000,items=500")
    assert setting.protocol == "tune-before-test+finite-test"
    assert setting.parameters == {"level": 3000, "items": 500}
    assert setting_from("direct").parameters == {}
    own = setting_from("benchgame_env.rules.rounded:rounded:decimals=2")
    assert (own.protocol, own.parameters) == ("benchgame_env.rules.rounded:rounded", {"decimals": 2})


# --- the cheapest ------------------------------------------------------------------------------


def row(name: str, basis: str = "theorem", tau: float = 1.0, **costs: float) -> dict[str, Any]:
    known = {"protocol": name, "parameters": "{}", "regime": "pure", "basis": basis, "error": ""}
    known |= {"concept": NASH, "largest_worth": None}
    return known | {"kendall_tau": tau} | {f"cost_{name}": cost for name, cost in costs.items()}


def names(rows: list[dict[str, Any]]) -> list[str]:
    return [row["protocol"] for row in rows]


def test_only_what_is_dearer_in_every_resource_is_left_out() -> None:
    rows = [
        row("a", tuning=5.0),
        row("b", items=9.0),
        row("c", tuning=5.0, items=1.0),
        row("d", items=9.0),
    ]
    assert names(cheapest(rows)) == ["a", "b", "d"]
    assert names(cheapest([*rows, row("free")])) == ["free"]
    assert names(cheapest(rows, {"tuning": 1.0, "items": 0.5})) == ["b", "d"]  # 5, 4.5, 5.5, 4.5
    assert names(cheapest(rows, {"tuning": 0.5, "items": 1.0})) == ["a"]  # 2.5, 9, 3.5, 9


def test_findings_are_told_apart_by_basis_and_ranking() -> None:
    rows = [
        row("a", tuning=5.0),
        row("b", "search", 0.8, items=1.0),
        row("c", "search", 0.995, items=2.0),
        row("d", "simulation") | {"regime": "cycle"},
        row("e", "simulation") | {"regime": "", "error": "ValueError: flat tyre"},
    ]
    stable, ordered, failed = findings(rows, tau=0.99)
    assert [line.split(";")[0].split(": ")[1] for line in stable.lines] == ["a", "b"]
    assert [line.split(";")[0].split(": ")[1] for line in ordered.lines] == ["a", "c"]
    assert failed.lines == ["e: ValueError: flat tyre"]
    assert findings(rows[3:4], tau=0.99)[0].lines == ["none"]


def test_what_was_not_looked_at_in_draws_says_so() -> None:
    rows = [
        row("a", tuning=5.0) | {"stable_share": 0.951},
        row("b", tuning=4.0) | {"stable_share": 0.949},  # cheaper, and not sure enough
        row("c", "search", items=1.0),
    ]
    stable, _ = findings(rows, tau=0.99)
    assert stable.lines == [
        "by theorem: a; costs 5 tuning; Kendall tau 1.000; stable in 95.1% of draws",
        "found and certified, perhaps not the only one, on the fitted curves alone: c; costs 1 items; "
        "Kendall tau 1.000",
    ]


def test_right_boards_count_as_right_where_qualities_are_equal() -> None:
    # Of three pairs one has equal qualities: a right board has tau-b 2 / sqrt(3 x 2).
    game = bg.Game(bg.curves.Additive([1.0, 1.0, 0.8]), bg.LinearCost(1.0), [0.01, 0.01, 0.0])
    reachable = metrics.reachable_tau(game.quality)
    assert reachable == pytest.approx(2 / 6**0.5)
    row = {**measure(game, bg.make_protocol("tune-before-test", level=1.0)), "error": ""}
    row |= {"protocol": "tune-before-test", "parameters": '{"level": 1.0}'}
    assert row["kendall_tau"] == pytest.approx(reachable)
    *_, right = findings([row], 0.99, reachable=reachable)
    assert "0.99 of the 0.816 that a right board has" in right.heading
    assert right.lines[0].startswith("by theorem: tune-before-test(level=1)")
    *_, wrong = findings([row | {"kendall_tau": 0.8}], 0.99, reachable=reachable)
    assert wrong.lines == ["none"]
    assert metrics.reachable_tau([3.0, 2.0, 1.0]) == metrics.reachable_tau([1.0, 1.0]) == 1.0


def test_the_least_stabilising_level_is_the_cheapest_by_theorem(tmp_path: Path) -> None:
    settings = settings_for(bg.load_game("pythia-gsm8k"), ["direct", "tune-before-test"])
    rows = compare("pythia-gsm8k", settings, tmp_path / "rows.csv")
    [(low, _)] = theory.stabilizing_levels("pythia-gsm8k").certain
    [best] = cheapest([row for row in rows if row["regime"] == "pure"])
    assert json.loads(best["parameters"]) == {"level": low}
    assert best["cost_tuning"] == pytest.approx(5 * low)


# --- files and interruption --------------------------------------------------------------------


def test_an_interrupted_comparison_goes_on_to_the_same_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole, parts = tmp_path / "whole.csv", tmp_path / "parts.csv"
    rows = compare("duel", FEW, whole)
    assert read_results(whole) == rows
    done: list[str] = []

    def interrupted(game: str, setting: Setting, *terms: Any) -> dict[str, Any]:
        if len(done) == 2:
            raise KeyboardInterrupt
        done.append(setting.protocol)
        return row_of(game, setting, *terms)

    monkeypatch.setattr(comparison, "row_of", interrupted)
    with pytest.raises(KeyboardInterrupt):
        compare("duel", FEW[::-1], parts)
    assert names(read_results(parts)) == done == ["ladder", "rounded"]
    rest = lambda game, s, *terms: done.append(s.protocol) or row_of(game, s, *terms)  # noqa: E731
    monkeypatch.setattr(comparison, "row_of", rest)
    assert compare("duel", FEW, parts) == rows
    assert parts.read_bytes() == whole.read_bytes()
    assert done[2:] == ["direct", "tune-before-test"]


def test_rows_of_other_settings_stay_in_the_file(tmp_path: Path) -> None:
    out = tmp_path / "rows.csv"
    compare("duel", FEW[:2], out)
    assert names(compare("duel", FEW[2:], out)) == ["rounded", "ladder"]
    assert names(read_results(out)) == ["rounded", "ladder", "direct", "tune-before-test"]


def test_processes_give_the_same_rows(tmp_path: Path) -> None:
    together = compare("duel", FEW[:3], tmp_path / "two.csv", workers=2)
    assert together == compare("duel", FEW[:3], tmp_path / "one.csv", workers=1)


KILLED = """
import multiprocessing, os, signal
import benchgame_env as bg
class Killed(bg.Protocol):
    name = "killed"
    def evaluate(self, game, efforts, rng=None):
        if multiprocessing.parent_process() is not None:  # in a worker
            os.kill(os.getpid(), signal.SIGKILL)
        return game.board(game.curves.score(efforts))
"""


def test_the_command_ends_with_two_workers_and_a_killed_worker_is_a_failed_row(tmp_path: Path) -> None:
    (tmp_path / "killed_rule.py").write_text(KILLED)
    out = tmp_path / "rows.csv"
    words = ["duel", "--protocols", "direct,rounded", "--quick", "--workers", "2", "--out", str(out)]
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "benchgame_env.training.compare_protocols",
            *words,
            "--setting",
            "killed_rule:Killed",
        ],
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    *rows, killed = read_results(out)
    settings = settings_for(bg.load_game("duel"), ["direct", "rounded"], quick=True)
    assert rows == compare("duel", settings, tmp_path / "one.csv", workers=1)
    assert names(rows) == ["direct", "rounded", "rounded"]
    assert [row["error"] for row in rows] == [""] * 3
    assert (killed["protocol"], killed["kendall_tau"]) == ("killed_rule:Killed", None)
    assert "SIGKILL" in killed["error"]
    assert "killed_rule:Killed: its process was ended by SIGKILL" in done.stdout


def test_a_failure_is_a_row_and_is_tried_again(
    broken: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out, settings = tmp_path / "rows.csv", [Setting("broken", {"wheels": 3}), FEW[0]]
    rows = compare("duel", settings, out)
    assert rows[0]["error"] == "RuntimeError: out of order"
    assert rows[0]["kendall_tau"] is None
    assert rows[1]["error"] == ""
    assert read_results(out) == rows
    monkeypatch.setattr(
        PROTOCOLS["broken"],
        "evaluate",
        lambda self, game, efforts, rng=None: game.board(game.curves.score(efforts)),
    )
    assert compare("duel", settings, out)[0]["error"] == ""


@pytest.mark.parametrize(
    ("column", "value"), [("game", "five"), ("game_digest", "0"), ("version", "0.0.0")]
)
def test_rows_of_another_game_are_refused(column: str, value: str, tmp_path: Path) -> None:
    out = tmp_path / "rows.csv"
    [found] = compare("duel", FEW[:1], out)
    write_results(out, [found | {column: value}])
    with pytest.raises(ValueError, match=f"holds rows of another {column} .*choose another --out"):
        compare("duel", FEW[:1], out)


def test_rows_as_parquet(tmp_path: Path) -> None:
    pytest.importorskip("pyarrow")
    out = tmp_path / "rows.parquet"
    rows = compare("duel", FEW, out)
    assert read_results(out) == rows


def test_without_pyarrow_rows_are_csv(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compare_protocols, "parquet_is_there", lambda: False)
    assert compare_protocols._out(tmp_path / "rows.parquet", "duel", {}) == tmp_path / "rows.csv"


# --- the command and its page ------------------------------------------------------------------


def test_figures_for_a_paper(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    words = ["duel", "--protocols", "direct,tune-before-test,finite-test", "--quick", "--workers", "1"]
    assert main([*words, "--out", str(tmp_path / "rows.csv"), "--figures", str(tmp_path / "paper")]) == 0
    drawn = {path.name for path in (tmp_path / "paper").iterdir()}
    expected = {
        f"ranking-against-{resource}" for resource in ("items", "tuning")
    }  # direct costs nothing
    assert drawn == {f"{name}.{kind}" for name in expected for kind in ("svg", "pdf", "png")}


class Page(HTMLParser):
    """Counts tags, and collects what could fetch something."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.counts: dict[str, int] = {}
        self.links: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.counts[tag] = self.counts.get(tag, 0) + 1
        self.links += [f"{tag} {name}" for name, _ in attrs if name in ("src", "href", "xlink:href")]


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The rows of a quick comparison; its page lies beside."""
    out = tmp_path_factory.mktemp("report") / "duel.csv"
    kinds = "direct,tune-before-test,finite-test,shared-test,confidence-ranks,refreshed,ladder,rounded"
    assert main(["duel", "--protocols", kinds, "--quick", "--workers", "1", "--out", str(out)]) == 0
    return out


def test_the_page_needs_nothing_else(report: Path) -> None:
    text = report.with_suffix(".html").read_text()
    page, rows = Page(text), read_results(report)
    assert page.links == []
    assert not {"script", "link", "img", "iframe"} & set(page.counts)
    assert all(word not in text for word in ("http:", "https:", "url(", "@import"))
    assert page.counts["table"] == 1
    assert page.counts["tr"] == 1 + len(rows)
    # Of each outcome a panel for every protocol of which two settings have it; one picture above them,
    # and four signs in each of two legends.
    columns = [*OUTCOMES, "cost_items", "cost_refresh", "cost_tuning"]
    shown = [[r for r in rows if r[c] is not None or r.get(f"{c}_low") is not None] for c in columns]
    counts = [Counter(r["protocol"] for r in there) for there in shown]
    panels = sum(count > 1 for there in counts for count in there.values())
    assert 0 < panels < sum(map(len, counts))
    assert page.counts["figure"] == panels + 1
    assert page.counts["svg"] == panels + 1 + 8
    assert page.counts["h2"] == 2 + 1 + len(columns) + 2


@pytest.mark.skipif(shutil.which("chromium") is None, reason="no chromium")
def test_a_browser_shows_it(report: Path, tmp_path: Path) -> None:
    picture = tmp_path / "page.png"
    command = ["chromium", "--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={tmp_path}"]
    command += [
        f"--screenshot={picture}",
        "--window-size=390,2000",
        report.with_suffix(".html").as_uri(),
    ]
    subprocess.run(command, check=True, capture_output=True, timeout=60)
    assert picture.stat().st_size > 20_000  # an empty page of this size takes 5 kB


def test_prices_name_one_setting(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["duel-small-prize", "--protocols", "tune-before-test", "--quick", "--workers", "1"]
    words += ["--setting", "tune-before-test:level=0.5", "--price", "tuning=2"]
    assert main([*words, "--out", str(tmp_path / "rows.csv")]) == 0
    # Of additive curves the level cancels out: stable at every level, and the least is 0.
    assert "at tuning=2" in (page := capsys.readouterr().out)
    assert "tune-before-test(level=0.5)" in page
    assert "by theorem: tune-before-test(level=0); costs nothing that is counted, 0 in all" in page


@pytest.mark.parametrize(
    ("words", "culprit"),
    [
        (["chess"], "unknown 'chess'"),
        (["duel", "--protocols", "direct,fair"], "unknown 'fair'"),
        (["duel", "--setting", "tune-before-test:level=-1"], "level: must be >= 0, got -1"),
        (["duel", "--setting", "tune-before-test"], "takes level, ties"),
        (["duel", "--setting", "rounded:decimals"], "cannot import 'rounded'"),
        (
            ["duel", "--protocols", "direct", "--price", "items=1"],
            "--price: none of these settings costs 'items'",
        ),
        (
            ["duel", "--protocols", "finite-test", "--price", "tuning=1"],
            "unknown 'tuning'; known: items",
        ),
        (["duel", "--protocols", "finite-test", "--price", "items"], "expected RESOURCE=NUMBER"),
        (["duel", "--protocols", "finite-test", "--price", "items=-1"], "--price: items: must be >= 0"),
        (["duel", "--protocols", "finite-test,refreshed", "--price", "items=1"], "also cost refresh"),
        (["duel", "--out", "rows.txt"], "--out: unknown '.txt'"),
        (["duel", "--workers", "0"], "--workers: must be a whole number >= 1"),
        (["duel", "--tau", "nan"], "--tau: must be finite"),
        (["duel", "--colour", "red"], "--colour"),
    ],
)
def test_bad_input_is_one_line(
    words: list[str], culprit: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    monkeypatch.chdir(tmp_path)
    try:
        status = main(words)
    except SystemExit as stop:
        status = int(stop.code or 0)
    assert status == 2
    error = capsys.readouterr().err
    assert culprit in error
    assert len(error.splitlines()) == 1
    assert list(tmp_path.iterdir()) == []


def test_a_file_of_something_else_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "rows.csv"
    out.write_text("benchmark,model\nx,a\n")
    assert main(["duel", "--protocols", "direct", "--out", str(out)]) == 2
    assert "holds no rows of this command" in capsys.readouterr().err


# --- axes --------------------------------------------------------------------------------------


def test_axes_have_round_ticks_around_the_values() -> None:
    assert linear_axis(0.0, 1.0).ticks == (0.0, 0.2, 0.4, 0.6, 0.8, 1.0)
    assert linear_axis(-0.17, 1.0).ticks == (-0.5, 0.0, 0.5, 1.0)
    assert linear_axis(0.0, 0.0).ticks[-1] == 1.0
    assert logarithmic_axis(400, 120_000).ticks == (100, 1000, 10_000, 100_000, 1_000_000)
    axis = logarithmic_axis(1, 100)
    assert axis.share([1, 10, 100]) == pytest.approx([0, 0.5, 1])


def test_other_terms_reach_rows_page_and_terminal(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    words = ["llama-gsm8k", "--protocols", "direct,tune-before-test", "--quick", "--setting",
             "tune-before-test:level=5000", "--worth", "500"]  # fmt: skip
    assert main(words) == 0
    terminal = capsys.readouterr().out
    out = tmp_path / "runs" / "protocols" / "llama-gsm8k worth=500.csv"
    stated = "one rank is worth an effort of 500"
    assert stated in terminal
    assert stated in out.with_suffix(".html").read_text()
    rule = ("tune-before-test", {"level": 5000.0})
    [row] = [row for row in read_results(out) if row["parameters"] == '{"level": 5000}']
    assert row["largest_worth"] == min(theory.largest_worth("llama-gsm8k", rule), 1e100)
    cheapest = [line for line in terminal.splitlines() if "by theorem: " in line]
    assert cheapest
    for line in cheapest:
        assert re.search(r"; stable (while one rank is worth no more than [\d,.]+|whatever .*)$", line)
    assert main(["llama-gsm8k", "--out", str(out), "--quick"]) == 2  # another worth: other rows
    assert "another game_digest" in capsys.readouterr().err


# --- the sentence to act on --------------------------------------------------------------------

QUICK = ["--protocols", "direct,tune-before-test,capped", "--quick", "--workers", "1"]


def headline_of(words: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> tuple[str, Any]:
    """The first line of a comparison, and its rows."""
    out = tmp_path / "rows.csv"
    assert main([*words, *QUICK, "--out", str(out)]) == 0
    said = capsys.readouterr().out.splitlines()
    assert f'<p class="first">{said[0]}</p>' in out.with_suffix(".html").read_text()
    return said[0], (read_results(out), said)


def test_the_level_to_announce_comes_from_draws(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    first, (rows, said) = headline_of(["llama-gsm8k", "--draws", "200"], tmp_path, capsys)
    found = re.fullmatch(
        r"Announce tune-before-test at ([\d,]+) steps: stable in 95 % of what your data allow while a "
        r"rank is worth no more than 2,000 steps, and in half of it up to [\d,]+; costs ([\d,]+) steps "
        r"per evaluation; ranks all four in order( in [\d.]+ % of it)?\.",
        first,
    )
    assert found, first
    level, cost = (float(found[k].replace(",", "")) for k in (1, 2))
    assert cost == 4 * level
    draws = bg.calibration.draws("llama-gsm8k", 200, np.random.default_rng(0))
    assert theory.least_level(draws).level <= level  # rounded up
    for row in rows:
        rule = rules.as_protocol((row["protocol"], json.loads(row["parameters"])))
        some = draws if row["stable_share_of"] == 200 else draws[:100]
        share = np.mean([theory.temptation(game, rule) == 0 for game in some])
        assert row["stable_share"] == pytest.approx(share)
    [announced] = [row for row in rows if json.loads(row["parameters"]).get("level") == level]
    assert announced["stable_share"] >= 0.95
    words = results.label_of(announced)
    assert sum(f"by theorem: {words}; costs" in line for line in said) == 2  # recommended


def test_entrants_are_a_second_source_of_doubt(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["llama-mmlu", "--draws", "100", "--entrants", "1"]
    first, (_, said) = headline_of(words, tmp_path, capsys)
    assert " of what your data allow and of what one more model may be like" in first
    again, _ = headline_of(words, tmp_path / "again", capsys)
    assert again == first
    assert said[1] == ""


def test_without_draws_curves_are_taken_as_exact(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    first, (rows, said) = headline_of(["llama-gsm8k", "--draws", "0"], tmp_path, capsys)
    [(low, _)] = theory.stabilizing_levels("llama-gsm8k").certain
    level = float(first.split(" at ")[1].split(" steps")[0].replace(",", ""))
    assert low <= level <= 1.01 * low
    assert first.endswith("ranks all four in order. The curves are taken as exact.")
    assert {row["stable_share"] for row in rows} == {None}
    assert "in draws" not in " ".join(said)
    first, _ = headline_of(["duel"], tmp_path / "duel", capsys)
    assert first == (
        "No tune-before-test level can be announced: none is stable. The curves are taken as exact."
    )


def test_the_picture_has_a_mark_for_each_equilibrium_and_the_frontier() -> None:
    rows = [
        row("direct", tau=0.8) | {"regime": "cycle"},
        row("a", tuning=100.0, tau=0.9),
        row("b", tuning=1000.0, tau=0.7),  # dearer and worse: not on the frontier
        row("c", tuning=10_000.0, tau=1.0),
        row("d", items=500.0, tau=0.6) | {"kendall_tau_low": 0.5, "kendall_tau_high": 0.7},
        row("e", items=500.0) | {"concept": MYOPIC},
    ]
    drawn = picture(rows, announced=rows[3], band=(200.0, 5000.0))
    marks = re.findall(r"<title>(\w+): ([\d.]+)</title>", drawn)
    assert marks == [("direct", "0.8"), ("d", "0.6"), ("a", "0.9"), ("b", "0.7"), ("c", "1")]
    assert drawn.count('class="disc pure"') == 4
    assert drawn.count('class="square cycle"') == 1
    assert drawn.count('class="curve joined"') == 1  # the interval
    assert drawn.count('class="ring"') == drawn.count("announce this") == 1
    assert [name for name in ("free", "items", "tuning") if f">{name}</text>" in drawn] == [
        "free", "items", "tuning",
    ]  # fmt: skip
    *_, steps = re.findall(r'class="curve pure bold" d="([^"]+)"', drawn)
    heights = [float(point.split(",")[1]) for point in re.split("[ML]", steps)[1:]]
    assert heights == sorted(heights, reverse=True)  # higher up is a smaller y: the ranking never falls
    assert len(set(heights)) == 2
    assert "total cost" in picture(rows, prices={"tuning": 1.0, "items": 2.0})
    assert picture(rows[-1:]) == ""


def test_the_title_is_no_path_and_numbers_are_whole(tmp_path: Path) -> None:
    rows = [row("a", tuning=100.0), row("a", tuning=900_000.0)]
    for one in rows:
        one |= {"play": "", "method": "", **dict.fromkeys(("temptation", "nash_conv", "one_round_gain"))}
        for name in ("best_on_top", "effort_share", "temptation"):
            one |= dict.fromkeys([name, f"{name}_low", f"{name}_high"])
        one |= dict.fromkeys(["kendall_tau_low", "kendall_tau_high"], 1.0)
    made = page_of(str(tmp_path / "mine.json"), "", bg.load_game("duel"), rows, [])
    assert "<h1>Which rule to announce: mine</h1>" in made
    assert str(tmp_path) not in made
    [(x, words)] = re.findall(r'text-anchor="end" x="([\d.]+)" y="[\d.]+">(1,000,000)<', made)
    assert float(x) >= 5.0 * len(words)  # a digit of this size takes 5.6 pixels, a comma 2.8


def test_data_that_support_no_level_say_what_is_not_known() -> None:
    # Ceilings that are equal but for noise: whoever is behind needs next to nothing at high levels.
    rng = np.random.default_rng(0)
    upper = np.stack([np.full(60, 0.8), 0.6 + 1e-4 * rng.normal(size=60), np.full(60, 0.6)], axis=1)
    laws = bg.curves.ScalingLaw(
        np.full((60, 3), 0.1), upper, np.full((60, 3), -5.0), np.full((60, 3), 1.0)
    )
    game = bg.Game(
        bg.curves.ScalingLaw([0.1] * 3, [0.8, 0.61, 0.6], [-5.0] * 3, [1.0] * 3),
        bg.LinearCost(1e-3),
        [1.0, 0.5, 0.0],
        names=("top", "left", "right"),
    )
    draws = Draws(game, laws)
    found = theory.least_level(draws, max_level=1000.0)
    assert not found.supported
    said = advice(game, draws, found, found, " steps")
    assert said.level is None
    assert said.headline.startswith(
        "No tune-before-test level can be announced: even at 1,000 steps honest play is stable in only "
        "0 % of what your data allow; what is not known is how far left and right are apart (in 100 % of"
    )
