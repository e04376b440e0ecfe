"""Golden episodes: one per built-in protocol, for people to read and for tests to replay.

``python tests/tools/golden.py --renew`` writes them anew; the difference shows what a change did to
play.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np

import benchgame_env as bg
from benchgame_env.rules import protocol_class
from benchgame_env.rules.registry import registered

FOLDER = Path(__file__).parent.parent / "golden"
RENEW = "python tests/tools/golden.py --renew"
SEED, HORIZON, LEVELS = 2603, 6, 5

BUILT_IN = registered()


def game() -> bg.Game:
    """Three models that start close together; tuning helps the weakest most, up to a lower ceiling."""
    curves = bg.curves.ScalingLaw([0.1] * 3, [0.9, 0.85, 0.8], [0.0, -0.1, -0.2], [1.0, 1.2, 1.4])
    names = ["large", "medium", "small"]
    return bg.Game(curves, bg.LinearCost(1.0), [1.0, 0.4, 0.0], quality=[3, 2, 1], names=names)


def path(name: str) -> Path:
    return FOLDER / f"{name}.txt"


def episode(name: str) -> str:
    """The text of the golden episode of protocol ``name``, at its example parameters."""
    rule = bg.make_protocol(name, **protocol_class(name).example)
    kind = {"horizon": HORIZON, "revision": "alternating", "action_type": "discrete"}
    vec = bg.vector_env(game(), rule, num_envs=1, auto_reset=False, effort_levels=LEVELS, **kind)
    actions = np.random.default_rng(SEED).integers(0, LEVELS, (HORIZON, 1, 3))
    lines = [
        f"# Golden episode of {name}, replayed by tests/rules/test_golden.py; renew all: {RENEW}",
        f"protocol   {rule!r}",
        f"game       {game.__doc__}",
        "           prizes 1, 0.4, 0; effort costs 1 a unit",
        f"play       one developer revises at a time; efforts drawn with seed {SEED}",
    ]
    infos = vec.reset(SEED)[1]
    lines += _board("round 0: nobody could revise", infos)
    for t in range(HORIZON):
        who = game().names[int(vec.turn[0].argmax())]
        infos = vec.step(actions[t])[-1]
        lines += _board(f"round {t + 1}: {who} revises", infos)
    return "\n".join(lines) + "\n"


def _board(title: str, infos: dict[str, np.ndarray]) -> list[str]:
    """Six decimals: elementary functions may differ in the last place between machines."""
    rows = ["", title, f"{'':10}{'effort':>8}{'score':>10}{'rank':>6}{'prize':>10}"]
    for i, name in enumerate(game().names):
        effort, score, rank, prize = (infos[key][0, i] for key in ("effort", "score", "rank", "prize"))
        rows.append(f"{name:<10}{effort:>8.4g}{score:>10.6f}{rank:>6}{prize:>10.6f}")
    return rows


if __name__ == "__main__":
    if sys.argv[1:] != ["--renew"]:
        raise SystemExit(f"usage: {RENEW}")
    FOLDER.mkdir(exist_ok=True)
    for protocol in BUILT_IN:
        path(protocol).write_text(episode(protocol))
