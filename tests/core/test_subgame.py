"""A game under a protocol: its kind, and what scores cost."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import benchgame_env as bg
from benchgame_env.subgame import Subgame


@pytest.mark.parametrize(
    ("protocol", "kind"),
    [
        ("direct", "exact"),
        (("tune-before-test+rounded", {"level": 1.0, "decimals": 2}), "exact"),
        (("finite-test", {"items": 10}), "independent"),
        (("shared-test", {"items": 10}), "opaque"),
        (("ladder", {"step": 0.1}), "stateful"),
        (("finite-test+ladder", {"items": 10, "step": 0.1}), "stateful"),
    ],
)
def test_the_kind_follows_from_what_the_protocol_promises(protocol: Any, kind: str) -> None:
    assert Subgame("duel", protocol).kind == kind


def test_what_a_score_costs() -> None:
    # Additive, c(e) = e: index 1.5 takes 0.5 of the better duellist and 1 of the weaker; index 0.75 is
    # there for nothing, or for 0.25. Within a budget of 0.6 the weaker does not reach 1.5.
    scores = 1 - np.exp(-np.array([1.5, 0.75]))[:, None]
    priced = Subgame("duel", "direct").price(scores)
    assert priced == pytest.approx(np.array([[0.5, 1.0], [0.0, 0.25]]), abs=1e-12)
    capped = Subgame(bg.load_game("duel", budget=0.6), "direct").price(scores)
    assert capped == pytest.approx(np.array([[0.5, np.inf], [0.0, 0.25]]), abs=1e-12)


def test_other_protocols_are_refused_where_theory_is_exact() -> None:
    with pytest.raises(ValueError, match="FirstLook"):
        Subgame.exact("duel", "first-look")
