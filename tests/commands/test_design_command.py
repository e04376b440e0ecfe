"""``benchgame design``: one sentence first, then the table; families and weights by words."""

from __future__ import annotations

import json

import pytest
from tools.checks import status

from benchgame_env.__main__ import main
from benchgame_env.cli.design import family_from
from benchgame_env.theory.dynamics import with_memory


def out(capsys: pytest.CaptureFixture[str], *words: str) -> str:
    assert status(main, "design", *words) == 0
    return capsys.readouterr().out


def test_the_first_sentence_says_what_to_announce(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    page = out(capsys, "crossing", "--price", "0.01")
    # Honest play is stable at level 0 and the best model is on top (section 3): nothing is cheaper.
    assert page.startswith("Announce tune-before-test(level=0): loss 0, costs nothing that is counted; ")
    assert "it is the optimum" in " ".join(page.split())
    assert all(len(line) <= 80 for line in page.splitlines())
    assert "Taken for granted: prizes 0.5, 0" in page
    # One table: of a single family only the parameter is in its first column.
    assert "level    loss  +-    tau    top  burnt    cost  play\n" in page
    assert "\n0      0.0000   0  1.000  1.000   0.0%  0.0000  pure\n" in page


def test_the_table_of_several_families_names_rules(capsys: pytest.CaptureFixture[str]) -> None:
    page = out(capsys, "duel", "--families", "direct", "finite-test:items=10")
    told = " ".join(page.split())
    assert "(direct: its loss is exact; finite-test: its loss is known up to the error of its" in told
    # P(weaker on top) .375 and a burnt share of .5 (section 5): 2 x .375 + .5.
    assert "direct                 1.2500   0  0.250  0.625  50.0%  0.0000  mixed" in page


def test_prices_families_and_selection(capsys: pytest.CaptureFixture[str]) -> None:
    words = ["duel", "--weights", "best_on_top=1,item_price=0.001", "--price", "0.5"]
    words += ["--families", "direct", "finite-test:items=10|20", "--selection", "optimistic", "--json"]
    found = json.loads(out(capsys, *words))
    assert [one["parameters"] for one in found["tried"]] == [{}, {"items": 10}, {"items": 20}]
    assert found["tried"][0]["loss"] == pytest.approx(0.375)  # P(weaker on top), section 5
    assert [one["own_cost"] for one in found["tried"][1:]] == pytest.approx([0.02, 0.04])
    assert found["selection"] == "optimistic"
    assert len(found["optima"]) == 2  # one a family


def test_a_rule_that_remembers_is_told_apart(capsys: pytest.CaptureFixture[str]) -> None:
    page = " ".join(out(capsys, "duel", "--families", "direct", "first-look").split())
    assert page.startswith("Announce direct: loss 1.25,")
    assert "Under first-look they bring a loss from 0 to 2, by who hands in first." in page
    assert "They are not an equilibrium, so their losses are not compared" in page


def test_what_is_not_predicted_is_told_with_the_reason(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(with_memory, "ROUNDS", 20)
    words = ["duel", "--families", "direct", "refreshed:rate=0.5|0.25"]
    page = " ".join(out(capsys, *words).split())
    rules = "refreshed(rate=0.5), refreshed(rate=0.25)"
    assert (
        f"No play is predicted under {rules}: worst first, best first, all at once first, best" in page
    )
    found = json.loads(out(capsys, *words, "--json"))
    assert [one["loss"] for one in found["tried"]] == [pytest.approx(1.25), None, None]
    assert "come to no end" in found["tried"][1]["scope"]
    assert status(main, "design", "duel", "--families", "refreshed:rate=0.5") == 2
    assert "no play is predicted: worst first" in capsys.readouterr().err


def test_families_in_words() -> None:
    assert family_from("direct") == "direct"
    assert family_from("tune-before-test:level=0..3e3") == ("tune-before-test", {"level": (0.0, 3000.0)})
    assert family_from("tune-before-test:level=5..") == ("tune-before-test", {"level": (5.0, None)})
    assert family_from("my.module:rule:k=1|2,z=3") == ("my.module:rule", {"k": [1, 2], "z": 3})


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["duel", "--weights", "speed=1"], "speed"),
        (["duel", "--price", "-1"], "price: "),
        (["duel", "--families", "capped:effort=a..b"], "--families: "),
        (["duel", "--families", "nothing-such"], "nothing-such"),
        (["nobody"], "nobody"),
    ],
)
def test_bad_input_is_told_in_one_line(
    words: list[str], told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert status(main, "design", *words) == 2
    error = capsys.readouterr().err
    assert told in error
    assert len(error.splitlines()) == 1
