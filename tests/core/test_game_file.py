"""Games as files: what is written is read back, and what is no game is refused by its field."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import benchgame_env as bg
from benchgame_env.files import json_text
from benchgame_env.named_games import checkpoints, game_file

GAMES = {
    "additive": bg.Game(bg.curves.Additive([1.0, 0.5]), bg.LinearCost(0.3), [1.0, 0.1]),
    "law": bg.Game(
        bg.curves.ScalingLaw([0.1, 0.0], [1.0, 0.9], [0.1, -1 / 3], [1.0, 0.7]),
        bg.PowerCost(1.0, 2.0, free=1.0),
        [1.0, 1.0],
        budget=[0.5, np.inf],
        names=("a", "b"),
    ),
    "tables": bg.Game(
        bg.curves.Tabulated([[0.0, 1.0], [0.0]], [[0.1, 0.9], [0.5]]),
        bg.costs.CappedCost(1.0, 0.5),
        [1.0, 0.0],
        budget=2.0,
    ),
    "entry": bg.Game(bg.curves.Additive([1.0, 0.5]), bg.costs.EntryCost(0.2, 1.0), [1.0, 0.0]),
}


def same_game(one: bg.Game, two: bg.Game) -> bool:
    """Whether two games have the same numbers, bit for bit."""
    return game_file.to_data(one) == game_file.to_data(two) and repr(one.cost) == repr(two.cost)


@pytest.mark.parametrize("name", GAMES)
def test_a_written_game_is_read_back(name: str, tmp_path: Path) -> None:
    path = tmp_path / "game.json"
    path.write_text(json_text(game_file.to_data(GAMES[name])))
    loaded = bg.load_game(str(path))
    assert same_game(loaded, GAMES[name])
    assert (loaded.budget == GAMES[name].budget).all()
    assert bg.theory.temptation(loaded, "direct") == pytest.approx(
        bg.theory.temptation(GAMES[name], "direct"), nan_ok=True
    )
    assert checkpoints(str(path)) == {}
    assert bg.load_game(str(path), prizes=[2.0, 0.0]).prizes.tolist() == [2.0, 0.0]


@pytest.mark.parametrize("name", GAMES)
def test_a_game_as_python_is_the_game(name: str) -> None:
    scope: dict[str, Any] = {}
    exec(game_file.to_source(GAMES[name]), scope)
    game = scope["game"]
    assert np.array_equal(game.budget, GAMES[name].budget)
    named = {**game_file.to_data(game), "names": list(GAMES[name].names)}  # names are left out
    assert named == game_file.to_data(GAMES[name])


def test_what_is_optional_may_be_missing(tmp_path: Path) -> None:
    path = tmp_path / "game.json"
    data = game_file.to_data(GAMES["additive"])
    path.write_text(json.dumps({key: data[key] for key in ("curves", "cost", "prizes")}))
    assert same_game(bg.load_game(str(path)), GAMES["additive"])


GOOD = game_file.to_data(GAMES["additive"])


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ({"curves": GOOD["curves"]}, "cost: is missing"),
        ({**GOOD, "curves": {"quality": [1, 0]}}, "family: is missing"),
        ({**GOOD, "curves": {"family": "linear"}}, "curves: family: unknown 'linear'; known: additive"),
        ({**GOOD, "curves": 3}, "curves: expected an object, got int"),
        ({**GOOD, "cost": {"family": "linear", "speed": 1}}, "speed"),
        ({**GOOD, "prizes": [0, 1]}, "prizes: must not increase"),
        ({**GOOD, "price": 1}, "field: unknown 'price'; known: curves"),
        (
            {**GOOD, "curves": {"family": "additive", "quality": "os.system"}},
            "quality: expected numbers",
        ),
    ],
)
def test_what_is_no_game_is_refused_by_file_and_field(data: Any, message: str, tmp_path: Path) -> None:
    path = tmp_path / "game.json"
    path.write_text(json.dumps(data))
    with pytest.raises(ValueError, match=f"game.json: .*{message}"):
        bg.load_game(str(path))


def test_curves_of_a_class_of_ones_own_have_no_form_in_a_file() -> None:
    class Mine(bg.curves.Additive):
        """Another family."""

    game = bg.Game(Mine([1.0, 0.5]), bg.LinearCost(), [1.0, 0.0])
    with pytest.raises(ValueError, match="curves: Mine has no form in a file"):
        game_file.to_data(game)
