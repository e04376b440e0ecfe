"""Games as JSON files: numbers only, and curves and costs of this package."""

from __future__ import annotations

import math
from dataclasses import fields
from pathlib import Path
from typing import Any

from benchgame_env.costs import CappedCost, EntryCost, LinearCost, PowerCost
from benchgame_env.curves import Additive, ScalingLaw, Tabulated
from benchgame_env.files import read_text
from benchgame_env.game import Game
from benchgame_env.records import fields_of, parse_json
from benchgame_env.validate import choice

SCHEMA = 1
CURVES: dict[str, type] = {"additive": Additive, "scaling-law": ScalingLaw, "tabulated": Tabulated}
COSTS: dict[str, type] = {
    "linear": LinearCost, "power": PowerCost, "capped": CappedCost, "entry": EntryCost,
}  # fmt: skip


def to_data(game: Game) -> dict[str, Any]:
    """A game as lists, strings and numbers; None stands for no budget.

    Raises
    ------
    ValueError
        Curves or costs of another class than those of this package.
    """
    return {
        "schema": SCHEMA,
        "curves": _part("curves", game.curves, CURVES),
        "cost": _part("cost", game.cost, COSTS),
        "prizes": game.prizes.tolist(),
        "quality": game.quality.tolist(),
        "names": list(game.names),
        "budget": [None if math.isinf(budget) else budget for budget in game.budget.tolist()],
    }


def from_data(data: Any) -> Game:
    """The game that `to_data` wrote; ``quality``, ``names`` and ``budget`` may be missing.

    Raises
    ------
    ValueError
        Names the field at fault.
    """
    data = fields_of(data, SCHEMA)
    for field in data:
        choice("field", field, [f.name for f in fields(Game)])
    try:
        parts = {
            **data,
            "curves": _built("curves", data["curves"], CURVES),
            "cost": _built("cost", data["cost"], COSTS),
        }
        if isinstance(data.get("budget"), list):
            parts["budget"] = [math.inf if budget is None else budget for budget in data["budget"]]
        return Game(**parts)
    except KeyError as missing:
        raise ValueError(f"{missing.args[0]}: is missing") from None
    except TypeError as error:
        raise ValueError(str(error)) from None


def to_source(game: Game) -> str:
    """A game as Python that makes it, in which ``bg`` is the package."""
    lines = [
        f"curves=bg.curves.{_call(game.curves)}",
        f"cost=bg.costs.{_call(game.cost)}",
        f"prizes={_plain(game.prizes)}",
    ]
    if not all(map(math.isinf, game.budget)):
        budget = [float(x) for x in dict.fromkeys(game.budget.tolist())]
        text = str(budget[0] if len(budget) == 1 else game.budget.tolist())
        lines.append(f"budget={text.replace('inf', 'math.inf')}")
    body = "".join(f"    {line},\n" for line in lines)
    start = "import math\n\n" if "math.inf" in body else ""
    return f"{start}import benchgame_env as bg\n\ngame = bg.Game(\n{body})"


def _call(part: Any) -> str:
    values = {f.name: _plain(getattr(part, f.name)) for f in fields(part)}
    kept = [f"{f.name}={values[f.name]!r}" for f in fields(part) if values[f.name] != f.default]
    return f"{type(part).__name__}({', '.join(kept)})"


def load(path: str | Path) -> Game | None:
    """The game in a file; None if the file holds something else.

    Raises
    ------
    ValueError
        Names a file that cannot be read, or the field at fault.
    """
    try:
        data = parse_json(read_text(path))
    except OSError as error:
        raise ValueError(f"{path}: cannot be read: {error.strerror}") from None
    except (RecursionError, ValueError):
        return None
    if not isinstance(data, dict) or "curves" not in data:
        return None
    try:
        return from_data(data)
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from None


def _part(field: str, value: Any, families: dict[str, type]) -> dict[str, Any]:
    for name, family in families.items():
        if type(value) is family:
            return {"family": name, **{f.name: _plain(getattr(value, f.name)) for f in fields(family)}}
    raise ValueError(f"{field}: {type(value).__name__} has no form in a file")


def _plain(value: Any) -> Any:
    if isinstance(value, tuple):
        return [_plain(row) for row in value]
    return value.tolist() if hasattr(value, "tolist") else value


def _built(field: str, data: Any, families: dict[str, type]) -> Any:
    if not isinstance(data, dict):
        raise ValueError(f"{field}: expected an object, got {type(data).__name__}")
    return families[choice(f"{field}: family", data["family"], families)](
        **{name: value for name, value in data.items() if name != "family"}
    )
