"""A game under a protocol: its kind, what scores cost, and draws of curves."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from tools.generators import Counting

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


def test_a_draw_of_curves_makes_a_subgame_without_asking_them() -> None:
    # Nothing is validated again: that is what makes a thousand draws cheap.
    whole = Subgame("pythia-gsm8k", ("tune-before-test", {"level": 300.0}))
    curves = bg.load_game("pythia-gsm8k").curves
    other = Counting(
        bg.curves.ScalingLaw(curves.lower, curves.upper, curves.intercept + 0.1, curves.slope)
    )
    drawn = whole.drawn(other)
    assert other.asked == 0
    fresh = Subgame(bg.load_game("pythia-gsm8k", curves=other.curves), whole.rule)
    assert drawn.honest_scores.tolist() == fresh.honest_scores.tolist()
    assert (drawn.honest_scores != whole.honest_scores).all()
    assert drawn.price(np.full(5, 0.2)).tolist() == fresh.price(np.full(5, 0.2)).tolist()


def test_other_protocols_are_refused_where_theory_is_exact() -> None:
    with pytest.raises(ValueError, match="FirstLook"):
        Subgame.exact("duel", "first-look")
