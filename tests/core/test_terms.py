"""What a rank wins and what effort costs: given in words, stated in every output, kept in every file."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

import benchgame_env as bg
from benchgame_env.__main__ import main
from benchgame_env.cli.commands import worth_words
from benchgame_env.named_games import statement

WORDS: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "prizes": ({"prizes": "1,.5, 0"}, {"prizes": [1.0, 0.5, 0.0]}),
    "rate": ({"cost": "0.25"}, {"cost": bg.LinearCost(0.25)}),
    "family": ({"cost": "power,rate=2,exponent=3"}, {"cost": bg.PowerCost(2.0, 3.0)}),
    "entry": ({"cost": "entry,fee=0.5"}, {"cost": bg.costs.EntryCost(0.5)}),
    "worth": ({"worth": "3"}, {"worth": 3.0}),
    "nothing": ({"worth": "", "prizes": "", "cost": ""}, {}),
}


@pytest.fixture(autouse=True)
def wide(monkeypatch: pytest.MonkeyPatch) -> None:
    """A terminal in which nothing is wrapped."""
    monkeypatch.setenv("COLUMNS", "1000")


@pytest.mark.parametrize("case", WORDS)
def test_words_say_what_objects_do(case: str) -> None:
    words, objects = WORDS[case]
    one, other = bg.load_game("three", **words), bg.load_game("three", **objects)
    assert one.prizes.tolist() == other.prizes.tolist()
    assert one.cost == other.cost


@pytest.mark.parametrize("name", ["three", "flat-cost-small-prize", "pythia-gsm8k"])
@pytest.mark.parametrize("prizes", ["", "uneven"])
def test_the_worth_is_the_effort_that_costs_a_mean_prize_step(name: str, prizes: str) -> None:
    n = bg.load_game(name).n_developers
    given = {"prizes": [5.0] + [1.0] * (n - 2) + [0.0]} if prizes else {}
    game = bg.load_game(name, worth=300.0, **given)
    assert game.worth == pytest.approx(300.0)
    assert game.cost(300.0) == pytest.approx(game.prize_range / (n - 1))


def test_fitted_games_take_a_rank_to_be_worth_2000_steps() -> None:
    assert bg.load_game("pythia-gsm8k").worth == pytest.approx(2000.0)


@pytest.mark.parametrize(
    ("terms", "message"),
    [
        ({"worth": 3.0, "cost": "1"}, "worth: a cost is given too"),
        ({"worth": "0"}, "worth: must be > 0, got 0"),
        ({"worth": "much"}, "worth: expected a number, got 'much'"),
        ({"worth": 1.0, "prizes": [1, 1, 1]}, "worth: all ranks pay the same"),
        ({"prizes": "1,x,0"}, "prizes: expected a number, got 'x'"),
        ({"cost": "cheap"}, "cost: unknown 'cheap'; known: linear, power, capped, entry"),
        ({"cost": "power,rate=1"}, "cost: power: .*'exponent'"),
        ({"cost": "linear,rate=x"}, "rate: expected a number, got 'x'"),
        ({"cost": "-1"}, "cost: must be > 0, got -1"),
    ],
)
def test_other_words_are_refused(terms: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        bg.load_game("three", **terms)


def test_what_is_taken_for_granted_is_stated() -> None:
    assert statement(bg.load_game("pythia-gsm8k", worth=500.0)) == (
        "prizes from 1 to 0 in 4 equal steps; the cost of effort is linear, rate=0.0005; "
        "one rank is worth an effort of 500"
    )
    assert statement(bg.load_game("three", prizes=[1, 0.9, 0], cost="power,rate=1,exponent=2")) == (
        "prizes 1, 0.9, 0; the cost of effort is power, rate=1, exponent=2, free=0; "
        "one rank is worth an effort of 0.707107"
    )


def test_how_much_a_rank_may_be_worth_in_words() -> None:
    assert worth_words(1234.56) == "while one rank is worth no more than 1,235"
    assert worth_words(float("inf")) == "whatever one rank is worth"
    assert "not known" in worth_words(float("nan"))


LEVEL = ["--protocol", "tune-before-test", "--level", "3000"]
SENTENCES = {
    # One rank is worth what it is taken to be at the first stable level, and 3,337 at 3,000.
    "predict": (["predict", "pythia-gsm8k", *LEVEL], "one rank is worth no more than 3,337"),
    "thresholds": (["thresholds", "pythia-gsm8k"], "while one rank is worth no more than 500"),
}


@pytest.mark.parametrize("command", SENTENCES)
def test_commands_state_the_terms_and_what_they_withstand(
    command: str, capsys: pytest.CaptureFixture[str]
) -> None:
    words, sentence = SENTENCES[command]
    assert main([*words, "--worth", "500"]) == 0
    page = capsys.readouterr().out
    assert "one rank is worth an effort of 500" in page
    assert sentence in page
    assert main([*words, "--prizes", "1,0.5,0.5,0,0", "--cost", "0.001"]) == 0
    page = capsys.readouterr().out
    assert "prizes 1, 0.5, 0.5, 0, 0; the cost of effort is linear, rate=0.001" in page


def test_the_table_of_levels_has_what_each_withstands(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["thresholds", "duel", "--levels", "0", "2"]) == 0  # overtaking costs 0.5 at every level
    assert re.search(r"largest worth of a rank +0.5 +0.5", capsys.readouterr().out)


def test_json_has_the_terms(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["predict", "duel-small-prize", "--json", "--worth", "0.25", "--no-mixed"]) == 0
    known = json.loads(capsys.readouterr().out)
    assert (known["worth"], known["largest_worth"]) == (0.25, pytest.approx(0.5, rel=1e-6))


def test_a_game_of_a_file_keeps_its_terms_and_may_have_others(tmp_path: Path) -> None:
    from benchgame_env.files import json_text
    from benchgame_env.named_games import game_file

    path = tmp_path / "game.json"
    path.write_text(json_text(game_file.to_data(bg.load_game("three", worth=7.0, prizes="3,1,0"))))
    kept = bg.load_game(str(path))
    assert (kept.worth, kept.prizes.tolist()) == (pytest.approx(7.0), [3.0, 1.0, 0.0])
    assert bg.load_game(str(path), worth=2.0).worth == pytest.approx(2.0)


def checkpoints_csv(path: Path) -> Path:
    """Two models on known laws, measured without noise at eight numbers of steps."""
    law = bg.curves.ScalingLaw([0.05, 0.05], [0.8, 0.7], [-6.0, -6.5], [0.9, 0.9])
    lines = ["benchmark,model,steps,score,stderr"]
    for steps in (0, 100, 300, 1000, 3000, 10000, 30000, 100000):
        scores = law.score([steps, steps])
        lines += [
            f"quiz,{name},{steps},{score:.9f},0.01" for name, score in zip("ab", scores, strict=True)
        ]
    path.write_text("\n".join(lines))
    return path


def test_a_calibration_keeps_terms_which_others_replace(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    csv, out = checkpoints_csv(tmp_path / "quiz.csv"), str(tmp_path / "quiz.json")
    assert main(["calibrate", str(csv), "--worth", "500", "--out", out, "--draws", "200"]) == 0
    page = capsys.readouterr().out
    assert "one rank is worth an effort of 500" in page
    assert re.search(r"^Announce tune-before-test at [\d,]+ \(", page, re.MULTILINE)
    assert bg.load_game(out).worth == pytest.approx(500.0)
    assert bg.load_game(out, prizes="2,0").worth == pytest.approx(500.0)
    assert bg.load_game(out, worth=700.0).worth == pytest.approx(700.0)
    assert bg.load_game(out, cost="0.25").cost == bg.LinearCost(0.25)
    assert main(["calibrate", str(csv), "--cost", "dear", "--out", out]) == 2
    assert "cost: unknown 'dear'" in capsys.readouterr().err


def test_thresholds_of_a_fitted_game_begin_with_the_level_to_announce(
    capsys: pytest.CaptureFixture[str],
) -> None:
    # By 1,000 draws with pooling and overdispersion 95 % lie below some 3,040 (docs/draws.md).
    assert main(["thresholds", "pythia-gsm8k", "--draws", "500"]) == 0
    page = " ".join(capsys.readouterr().out.split())
    level = re.search(r"Announce tune-before-test at ([\d,]+) ", page)
    assert level is not None
    assert 2900 < float(level[1].replace(",", "")) < 3700
    assert "One rank is taken to be worth 2,000, and the level withstands a worth of" in page
    assert main(["thresholds", "pythia-gsm8k", "--draws", "0"]) == 0
    assert "Announce" not in capsys.readouterr().out
