"""The command line of the package: pages, exit statuses, one line per error."""

from __future__ import annotations

import csv
import json
import re
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from tools.cases import evenly_spaced
from tools.checks import status

import benchgame_env as bg
from benchgame_env.__main__ import main
from benchgame_env.cli import facts, pages
from benchgame_env.cli.commands import protocol_parameters
from benchgame_env.files import json_text
from benchgame_env.rules import protocol_class

run = partial(status, main)
HEADER = "benchmark,model,steps,score,stderr"
TUNED = ["predict", "duel", "--protocol", "tune-before-test"]


@pytest.fixture(autouse=True)
def wide(monkeypatch: pytest.MonkeyPatch) -> None:
    """A terminal in which nothing is wrapped; tests/commands/test_widths.py has one of 80 columns."""
    monkeypatch.setenv("COLUMNS", "1000")


def checkpoints(path: Path, rows: list[list[object]], header: str = HEADER) -> Path:
    with path.open("w", newline="") as file:
        file.write(header + "\n")
        csv.writer(file).writerows(rows)
    return path


def law_rows(model: str, ceiling: float) -> list[list[object]]:
    """Checkpoints on a scaling law with floor 0.1, intercept -5 and slope 1."""
    curve = bg.curves.ScalingLaw([0.1], [ceiling], [-5.0], [1.0])
    steps = [0, 30, 100, 300, 1000, 3000, 10000]
    return [["toy", model, x, float(curve.score(np.array([x]))[0]), 0.005] for x in steps]


def test_games_and_protocols_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("games") == 0
    listed = capsys.readouterr().out
    assert [line.split()[0] for line in listed.splitlines()] == [*bg.games(), "FAMILY/SEED"]
    assert run("protocols") == 0
    listed = capsys.readouterr().out
    assert [line.split(":")[0] for line in listed.splitlines()] == list(bg.protocols())


def test_what_is_not_known_is_said_with_its_reason(capsys: pytest.CaptureFixture[str]) -> None:
    # At level 40 both scores of the duel lie within exp(-40) of 1: one step of the grid decides.
    assert run("predict", "duel", "--protocol", "tune-before-test", "--level", "40") == 0
    page = capsys.readouterr().out
    assert "T is not known: one step of the grid" in page
    assert page.count("is not known") == 3  # T, and the NashConv of zero effort as two concepts
    assert "nan" not in page


def test_a_prediction_names_who_is_tempted(capsys: pytest.CaptureFixture[str]) -> None:
    # The duel: passing costs 0.5, wins 1 (theory section 5); zero effort leaves exactly that regret.
    assert run("predict", "duel") == 0
    page = capsys.readouterr().out
    assert "regime       no pure equilibrium" in page
    assert "card: Theorem 4.6" in page
    assert "temptation   T = 0.5, give or take" in page
    assert "model-1 passes model-0 with effort 0.5, gains 0.5" in page
    assert "NashConv of zero effort is 0.5" in page
    assert "stopped by   no tune-before-test level" in page
    # Section 5: the weaker tops the board 37.5 % of the time, half of the prize is burnt; expected tau
    # is 2 x 0.625 - 1. The closed form is given on 2,000 points.
    assert "Kendall tau 0.25" in page
    assert "best model on top 62.5%, 50.0% of the prizes burnt" in page


def test_enough_tuning_calms_the_real_leaderboard(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("predict", "pythia-gsm8k", "--protocol", "tune-before-test", "--level", 3000) == 0
    page = capsys.readouterr().out
    assert "regime       pure" in page
    assert "stopped by   tune-before-test at levels 2248.27 to 800000" in page
    assert "Kendall tau to quality 1.000" in page


def test_thresholds_say_where_honesty_is_stable(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("thresholds", "pythia-gsm8k", "--max-level", 10000) == 0
    printed = capsys.readouterr().out
    assert "stable from level 2248.27 (give or take 0.006) to 10000, the last one looked at" in printed
    assert run("thresholds", "duel") == 0
    assert "stable at no level" in capsys.readouterr().out


def test_own_checkpoints_become_a_game(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    data = checkpoints(tmp_path / "my.csv", law_rows("small", 0.4) + law_rows("large", 0.6))
    assert run("calibrate", data, "--out", tmp_path / "my.json") == 0
    assert "2 models fitted" in capsys.readouterr().out
    assert run("calibrate", data, "--out", f"{tmp_path}/my own.json") == 0
    told = " ".join(capsys.readouterr().out.split())  # lines end where the terminal does
    assert f"benchgame predict '{tmp_path}/my own.json'" in told
    data = checkpoints(tmp_path / "3.csv", [r for n in "abc" for r in law_rows(n, 0.4 + ord(n) / 1000)])
    for words, pooled in (((), True), (("--no-pooling",), False)):
        assert run("calibrate", data, *words) == 0
        assert ("Pooled: in the draws each model" in capsys.readouterr().out) == pooled
    assert run("predict", tmp_path / "my.json", "--protocol", "tune-before-test", "--level", 1000) == 0
    assert "large > small" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "culprit"),
    [
        (["predict", "chess"], "'chess'.* crossing"),
        (["predict", "duel", "--protocol", "fair"], "'fair'.* best-of"),
        (TUNED, "takes level, ties"),
        (
            [*TUNED, "--level", "-1"],
            "level: .*>= 0, got -1",
        ),
        (
            [*TUNED, "--level", "nan"],
            "level: .*got nan",
        ),
        ([*TUNED, "--level", "high"], "got 'high'"),
        (["predict", "duel", "--param", "ties"], "NAME=VALUE, got 'ties'"),
        (["predict", "duel", "--param", "ties=coin"], "'coin'.* quality, split"),
        (["predict", "missing.json"], "missing.json"),
        (["thresholds", "duel", "--max-level", "0"], "max_level: .*> 0, got 0"),
        (["thresholds", "duel", "--max-level", "nan"], "max_level"),
        (["thresholds", "duel", "--levels", "-1"], "level: .*>= 0, got -1"),
        (["thresholds", "duel", "--plot", "duel.jpg"], r"plot: .*'\.jpg'.* \.png, \.svg, \.pdf"),
        (["thresholds", "duel", "--plot", "missing/duel.png"], r"missing/.*duel\.png"),
        (["predict", "five", "--tolerance", "0"], "tolerance: .*> 0, got 0"),
        (["predict", "five", "--tolerance", "nan"], "tolerance: .*got nan"),
        (["cards", "chess"], "'chess'"),
        (["cards", "duel", "--protocol", "finite-test", "--param", "items=9"], "FiniteTest.*theory"),
        (["calibrate", "missing.csv"], "missing.csv"),
        (
            ["predict", "duel", "--protocol", "finite-test", "--param", f"items={10**14}"],
            "items: .*<= 1,000,000",
        ),
        (["check", "direct", "--seed", "-1"], "seed: .*>= 0, got -1"),
        (["calibrate", "my.csv", "--out", "my.txt"], r"out: .*'\.txt'.* \.json"),
        (["thresholds", "duel", "--plot", ""], "plot: .*''"),
        (["falsify", "theorem-9"], "card: unknown 'theorem-9'; known: .*temptation"),
        (["falsify", "missing:claim"], "card 'missing:claim': cannot import 'missing'"),
        (["falsify", "temptation", "--without", "C1"], "without: unknown 'C1'"),
        (["falsify", "temptation", "--games", "0"], "games: .*>= 1, got 0"),
        (["falsify", "temptation", "--out", "found.txt"], r"out: .*'\.txt'.* \.json"),
        (["prevalence", "chess"], "benchmark: unknown 'chess'; known: gsm8k, mmlu"),
        (["prevalence", "gsm8k", "--models", "99"], "size: gsm8k has 31 models, got 99"),
        (["explain", "duel"], "explain"),
        ([], "COMMAND"),
    ],
)
def test_bad_input_is_one_line(
    words: list[str], culprit: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(*words) == 2
    error = capsys.readouterr().err
    assert re.search(culprit, error)
    assert error.count("\n") == 1


@pytest.mark.parametrize(
    ("rows", "header", "culprit"),
    [
        ([["toy", "m", 0, 0.5]], "benchmark,model,steps,score", "columns: stderr"),
        ([["toy", "m", 0, 1.5, 0.01]], None, r"row 2: model 'm': score: .*\[0, 1\], got 1.5"),
        ([["toy", "m", 0, 0.5, 0.01]] * 2, None, "rows 2 and 3: .*'m'"),
        (law_rows("m", 0.4)[:3], None, "rejected: m: it has 3 checkpoints; a fit takes 4"),
        ([*law_rows("m", 0.4), ["other", "m", 0, 0.5, 0.01]], None, "benchmark: .*other, toy"),
    ],
)
def test_bad_checkpoints_are_refused_by_row_or_name(
    rows: list[list[object]],
    header: str | None,
    culprit: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    data = checkpoints(tmp_path / "my.csv", rows, header or HEADER)
    assert run("calibrate", data, "--out", tmp_path / "my.json") == 2
    error = capsys.readouterr().err
    assert re.search(culprit, error)
    assert error.count("\n") == 1
    assert not (tmp_path / "my.json").exists()


def test_parameters_come_as_numbers_where_they_are_numbers() -> None:
    assert protocol_parameters("3", ["rate=0.5", "ties=split"]) == {
        "level": 3,
        "rate": 0.5,
        "ties": "split",
    }
    with pytest.raises(ValueError, match=r"level .*twice"):
        protocol_parameters("3", ["level=4"])


# --- predictions for machines, cards, figures ----------------------------------------------------


def test_json_says_what_python_says(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("predict", "five", "--json", "--cycle") == 0
    known = json.loads(capsys.readouterr().out)
    game = bg.load_game("five")
    p = bg.theory.predict(game, "direct")
    assert (known["game"], known["regime"], known["card"]) == ("five", p.regime, p.card)
    assert known["temptation"] == p.temptation
    assert known["certificate"] == bg.metrics.nash_conv(game, "direct", np.zeros(5))
    assert known["assumptions"] == p.assumptions
    assert known["mixed"]["mean_efforts"] == p.mixed.mean_efforts.tolist()
    assert known["outcomes"]["cost_share"] == pytest.approx(p.mixed.mean_efforts.sum() / 2.5)  # c(e) = e
    assert (known["cycle"]["period"], known["equilibrium"]) == (725, None)  # theory section 5
    # All ten overtakes pay: d ranks cost d/8 and win d/4.
    gains = [pair["gain"] for pair in known["tempted"]]
    assert gains == pytest.approx([4 / 8, 3 / 8, 3 / 8, 2 / 8, 2 / 8, 2 / 8])


def test_json_has_no_numbers_that_json_lacks(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("predict", "duel", "--protocol", "ladder", "--param", "step=0.01", "--json") == 0
    known = json.loads(capsys.readouterr().out, parse_constant=pytest.fail)
    assert known["temptation"] is None


@pytest.mark.parametrize("name", bg.protocols())
def test_every_protocol_has_a_page(name: str) -> None:
    rule = bg.make_protocol(name, **protocol_class(name).example)
    known = facts.of(bg.theory.predict("duel", rule))
    page = pages.text(known)
    assert known["reason"] in page
    assert "Kendall tau" in page
    json.loads(json_text(known), parse_constant=pytest.fail)


def test_a_page_without_a_mixed_equilibrium_judges_honest_play(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert run("predict", "duel", "--no-mixed") == 0
    assert "of honest play, which is no prediction: Kendall tau 1.000" in capsys.readouterr().out


def test_a_large_game_has_a_page_without_a_mixed_equilibrium() -> None:
    uneven = evenly_spaced(101, np.linspace(1.0, 0.0, 101) ** 2)
    known = facts.of(bg.theory.predict(uneven, "direct"))
    assert (known["regime"], known["mixed"], known["outcomes"]["of"]) == (
        "cycle",
        None,
        "honest play, which is no prediction",
    )


def test_flat_costs_show_their_other_equilibria(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("predict", "flat-cost-small-prize") == 0
    page = capsys.readouterr().out
    found = len(bg.theory.pure_equilibria_on_grid(bg.load_game("flat-cost-small-prize"), "direct"))
    assert f"{found} pure equilibria on a grid of efforts, each certified" in page
    assert "card: none" in page


def test_cards_are_listed_and_held_against_a_game(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("cards") == 0
    listed = capsys.readouterr().out
    assert all(
        card.title in listed and card.sentence in listed
        for card in map(bg.theory.card, bg.theory.cards())
    )
    assert run("cards", "duel") == 0
    page = " ".join(capsys.readouterr().out.split())
    assert "Theorem 4.6 applies." in page
    assert "Fails overtaking_loses: passing anybody costs more than it wins, never as much." in page


@pytest.mark.parametrize("name", ["pythia-gsm8k", "duel", "open-gsm8k"])
def test_thresholds_are_drawn(name: str, tmp_path: Path) -> None:
    assert (
        run("thresholds", name, "--max-level", 5000, "--draws", 0, "--plot", tmp_path / "figure.svg")
        == 0
    )
    drawn = (tmp_path / "figure.svg").read_text()
    assert drawn.lstrip().startswith("<?xml")
    # Two frames with curves in them: text is drawn as shapes, curves as paths with a clip.
    assert drawn.count('id="axes_') == 2
    assert drawn.count("clip-path") > bg.load_game(name).n_developers


def test_a_long_prediction_is_quiet_where_nobody_watches(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("predict", "five") == 0
    assert capsys.readouterr().err == ""


def test_gains_from_a_tied_board_are_what_the_grader_finds() -> None:
    # The twins show equal scores and share the prize; the next decimal wins the other half of it.
    p = bg.theory.predict("twins", ("rounded", {"decimals": 1}))
    pairs = facts.tempted(p)
    regret = bg.metrics.regrets(p.game, p.protocol, np.zeros(2))
    assert [pair["gain"] for pair in pairs] == pytest.approx(list(regret))
    assert [pair["gain"] + pair["effort"] for pair in pairs] == pytest.approx([0.5, 0.5])


@pytest.mark.parametrize("ties", ["quality", "split"])
def test_nobody_is_tempted_by_more_than_the_temptation(ties: str) -> None:
    for decimals in (1, 2, 3):
        p = bg.theory.predict("pythia-gsm8k", ("rounded", {"decimals": decimals, "ties": ties}))
        assert facts.tempted(p)[0]["gain"] == pytest.approx(p.temptation)
        for pair in facts.tempted(p):
            i = p.game.names.index(pair["overtaker"])
            efforts = np.zeros(5)
            efforts[i] = np.nextafter(pair["effort"], np.inf)
            won = (
                p.protocol.evaluate(p.game, efforts).prizes
                - p.protocol.evaluate(p.game, 0 * efforts).prizes
            )
            gain = won[i] - p.game.cost(efforts)[i]
            assert gain >= pair["gain"] - 1e-9  # the effort that is named does it


def test_a_board_on_which_all_tie_agrees_with_no_order(capsys: pytest.CaptureFixture[str]) -> None:
    # Untuned Pythias solve less than half of GSM8K: all show 0, and tied pairs count 0 (Outcomes).
    assert (
        run("predict", "pythia-gsm8k", "--protocol", "rounded", "--param", "decimals=0", "--no-mixed")
        == 0
    )
    assert "honest       Kendall tau to quality 0.000" in capsys.readouterr().out


def test_where_a_rule_remembers_the_outcome_is_of_what_best_responses_come_to() -> None:
    # In a duel each board has tau 1 or -1; the mean over the cycle follows from the share misranked.
    p = bg.theory.predict("duel", ("incumbent-margin", {"margin": 0.05}))
    known = facts.of(p)
    assert p.cycle is not None
    assert p.cycle.misranked > 0
    found = known["outcomes"]
    assert found["kendall_tau"] == pytest.approx(1 - 2 * p.cycle.misranked)
    assert found["best_on_top"] == pytest.approx(1 - p.cycle.misranked)
    assert found["cost_share"] == pytest.approx(p.cycle.cost)  # the pot is 1
    assert "regime       cycle: best responses one round ahead" in pages.text(known)


def test_first_looks_last_on_the_board_that_play_comes_to() -> None:
    # The opening board of the Pythias is out of order, tau 0.6; locked best responses mend that.
    p = bg.theory.predict("pythia-gsm8k", "first-look")
    assert p.dynamics is not None
    assert p.dynamics.cycle is not None
    assert p.dynamics.cycle.misranked == 0
    assert facts.of(p)["outcomes"]["kendall_tau"] == 1
    assert facts.of(p)["honest_kendall_tau"] == pytest.approx(0.6)


# --- claims under attack -------------------------------------------------------------------------


def test_a_counterexample_is_printed_to_be_typed_again(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "found.json"
    attack = ["falsify", "theorem-4.6", "--without", "cost_strictly_increasing"]
    assert run(*attack, "--out", file) == 1
    page = capsys.readouterr().out
    assert page.startswith("Theorem 4.6 without cost_strictly_increasing is false.\n")
    assert "Taken away: cost_strictly_increasing, more effort always costs more." in page
    # From the import to the certificate it is Python, and prints the number that the comment gives.
    start, end = page.index("import"), page.index("\n\nFound after")
    exec(page[start:end], {})
    told = float(page[page.rindex("\n# ") + 3 :].partition(":")[0])
    assert float(capsys.readouterr().out) == pytest.approx(told, rel=1e-5, abs=1e-12)
    # And the file is the same game for every other command.
    assert run("predict", file, "--no-mixed") == 0
    assert "cost_strictly_increasing" in capsys.readouterr().out.partition("fails")[2]
    assert run(*attack, "--json") == 1
    known = json.loads(capsys.readouterr().out, parse_constant=pytest.fail)
    assert known["game"] == json.loads(file.read_text())
    assert known["counterexample"]["number"] == pytest.approx(told, rel=1e-5, abs=1e-12)


def test_where_nothing_is_found_the_page_says_how_sure_that_is(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert run("falsify", "temptation", "--games", 30) == 0
    done = capsys.readouterr()
    assert "no counterexample in 30 games on which the hypotheses hold" in done.out
    assert "wrong in fewer than 0.095 of the games of this search" in done.out  # 1 - 0.05^(1/30)
    assert done.err == ""  # no bar where nobody watches


def test_prevalence_is_a_table_or_json(capsys: pytest.CaptureFixture[str]) -> None:
    words = ["prevalence", "mmlu", "--models", 2, "--levels", 0, 300, "--line-ups", 20]
    assert run(*words, "--json") == 0
    direct, tuned = json.loads(capsys.readouterr().out)
    assert (direct["size"], direct["line_ups"], direct["complete"]) == (2, 20, False)
    assert direct["cycling"] >= tuned["cycling"]
    assert run(*words) == 0
    page = capsys.readouterr().out
    low, high = direct["interval"]
    assert f"{direct['share']:.1%} [{100 * low:.1f}, {100 * high:.1f}]" in page
