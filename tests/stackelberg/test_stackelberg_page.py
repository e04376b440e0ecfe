"""What docs/stackelberg.md says is true: its example, parts and names are those of the code."""

from __future__ import annotations

import re
from typing import Any

from tools.checks import ROOT

from benchgame_env.agents import DESIGNERS
from benchgame_env.theory import design_loss

PAGE = (ROOT / "docs" / "stackelberg.md").read_text(encoding="utf-8")


def made() -> Any:
    [code] = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
    names: dict[str, Any] = {}
    exec(code, names)
    return names["env"]


def test_its_example_and_its_tables() -> None:
    env = made()
    assert repr(env.settings[9]).startswith("TuneBeforeTest(level=2.082")
    added = re.findall(r"^\| `(\w+)` \| (?:\d|settings|parameters) \|", PAGE, re.MULTILINE)
    parts = {agent: list(names) for agent, names in env.observation_parts.items()}
    board = ["board_scores", "board_ranks", "turn", "rounds_left"]
    assert parts["designer"] == [*board, *added]
    assert parts["developer_1"][-4:] == list(env.state_parts)[-4:] == added
    assert all(f"`{name}`" in PAGE for name in [*board, *DESIGNERS])
    _, infos = env.reset(seed=0)
    assert ", ".join(f"`{key}`" for key in infos["designer"]) in PAGE


def test_its_table_of_losses_has_the_predicted_ones() -> None:
    [row] = re.findall(r"^\| predicted \| (.*) \|$", PAGE, re.MULTILINE)
    env = made()
    # The closed form, see tests/agents/test_designers.py, as printed: three digits.
    losses = [design_loss("law-duel", env.settings[k], env.loss).loss for k in (0, 7, 8, 9)]
    assert re.findall(r"\.\d+", row) == [f"{loss:.3f}"[1:] for loss in losses]
