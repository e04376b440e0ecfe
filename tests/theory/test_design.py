"""What a rule brings a designer: closed forms of section 13.1, and what certificates leave open."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from witnesses.designer import Law, duel_loss

import benchgame_env as bg
from benchgame_env.theory import DesignLoss, design_loss, optimal_design
from benchgame_env.theory.design.duel_bounds import _bounds
from benchgame_env.theory.design.duel_loss import duel_outcome
from benchgame_env.theory.design.equilibria import _numerical
from benchgame_env.theory.dynamics import with_memory

# Two laws with one L, U and beta = 1, intercepts apart by 1/2: rho = e^{1/2}. A prize of 2 at cost 1 per
# unit: E = 2.
RHO, E = math.exp(0.5), 2.0


def law_duel(prize: float = E) -> bg.Game:
    curves = bg.curves.ScalingLaw([0.0, 0.0], [1.0, 1.0], [0.5, 0.0], [1.0, 1.0])
    return bg.Game(curves=curves, cost=bg.LinearCost(1.0), prizes=[prize, 0.0])


def at(level: float) -> tuple[str, dict[str, float]]:
    return "tune-before-test", {"level": level}


@pytest.mark.parametrize("level", [0.0, 0.5, 1.0, 2.0, 2.0829, 3.0])
def test_the_duel_has_the_closed_form_of_section_13(level: float) -> None:
    # r = (rho - 1)(1 + Delta), x = r / E, 1 from Delta* on: P(weaker on top) = (1 - x^2) / (2 rho),
    # burnt share (1 - x) / rho, in units of the prize.
    x = min((RHO - 1) * (1 + level) / E, 1.0)
    found = design_loss(law_duel(), at(level), DesignLoss(1.0, 1.0, 1.0, price=0.1))
    wrong, burnt = (1 - x**2) / (2 * RHO), (1 - x) / RHO
    assert found.tau == pytest.approx(1 - 2 * wrong, abs=1e-7)
    assert found.burnt == pytest.approx(burnt, abs=1e-7)
    assert found.best_on_top == pytest.approx(1 - wrong, abs=1e-7)
    assert found.costs == {"tuning": 2 * level}
    assert found.loss == pytest.approx(3 * wrong + burnt + 0.1 * 2 * level, abs=1e-6)
    assert found.error <= 1e-6
    assert found.scope == "the only equilibrium"


def test_the_additive_duel() -> None:
    # rho -> 1: (1 - x^2) / 2 and 1 - x with x = .5, whatever the level.
    for level in (0.0, 2.0):
        found = design_loss("duel", at(level))
        assert (found.best_on_top, found.burnt) == pytest.approx((1 - 0.375, 0.5), abs=1e-6)


def test_the_real_duel_at_level_0() -> None:
    # Section 13.1, by numerical quadrature.
    game = bg.load_game("pythia-gsm8k", developers=("pythia-12b", "pythia-6.9b"))
    found = design_loss(game, "direct")
    assert found.loss == pytest.approx(1.1945, abs=1e-4)
    assert found.error < 1e-4


@pytest.mark.parametrize("level", [0.0, 1.0, 1.9, 2.05])
def test_the_error_of_a_numerical_equilibrium_covers_the_closed_form(
    level: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The numerical solver has to find the duel, whose outcomes the closed form knows.
    monkeypatch.setattr("benchgame_env.theory.mixed.equilibrium.duel_equilibrium", lambda subgame: None)
    subgame = bg.subgame.Subgame(law_duel(), at(level))
    exact = duel_outcome(subgame)
    assert exact is not None
    for tolerance in (5e-3, 1e-3, 3e-4):
        found = _numerical(subgame, tolerance)
        assert abs(found.tau - exact[0]) <= found.errors["tau"] <= 5 * tolerance
        assert abs(found.burnt - exact[1]) <= found.errors["burnt"] <= 5 * tolerance


@pytest.mark.parametrize("level", [0.0, 600.0, 1000.0])
def test_errors_cover_finer_certificates(level: float) -> None:
    rough, fine = (design_loss("pythia-gsm8k", at(level), tolerance=share) for share in (3e-3, 2e-4))
    assert fine.nash_conv < rough.nash_conv
    assert abs(rough.loss - fine.loss) <= rough.error + fine.error


def test_prices_and_weights_count_what_they_say() -> None:
    rule = ("tune-before-test+finite-test", {"level": 100.0, "items": 50})
    game = bg.load_game("pythia-gsm8k", developers=("pythia-12b", "pythia-1b"))
    loss = DesignLoss(0.0, 0.0, 0.0, price=0.01, item_price=0.1)
    found = design_loss(game, rule, loss)
    assert found.costs == {"tuning": 200.0, "items": 100.0}
    assert found.loss == found.own_cost == pytest.approx(0.01 * 200 + 0.1 * 100)
    by_name = DesignLoss.of({"best_on_top": 2.0}, price=3.0)
    assert by_name == DesignLoss(0.0, 0.0, 2.0, 3.0)
    assert str(by_name) == "2 x P(weaker on top) + 3 x step and model"


def test_several_equilibria_are_told_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    # Ranks pay the same and effort up to 1 is free: (0, 0) and (0, 0.75), which has the weaker model on
    # top, are equilibria (theory section 4). A coarse grid finds both.
    monkeypatch.setattr("benchgame_env.theory.pure.grid_search.MOST_PROFILES", 100)
    worst = design_loss("flat-cost-equal-prizes", "direct", {"tau": 1.0})
    best = design_loss("flat-cost-equal-prizes", "direct", {"tau": 1.0}, "optimistic")
    assert worst.losses == best.losses == (best.loss, worst.loss) == (0.0, 2.0)


def test_what_cannot_be_predicted_has_no_loss_but_a_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(with_memory, "ROUNDS", 20)
    rule = ("refreshed", {"rate": 0.5})
    found = design_loss("duel", rule)
    assert math.isnan(found.loss)
    assert (found.play, found.concept) == ("none predicted", "")
    reason = "worst first, best first, all at once first, best responses come to no end"
    assert found.scope == reason
    design = optimal_design("duel", ["direct", rule])
    assert design.protocol.name == "direct"
    assert not design.exact
    assert f"no play is predicted under refreshed(rate=0.5): {reason}" in str(design)
    with pytest.raises(ValueError, match=f"families: no play is predicted: {reason}"):
        optimal_design("duel", [rule])


@pytest.mark.parametrize("selection", ["pessimistic", "optimistic"])
def test_rules_that_remember_have_a_loss_for_each_order_of_first_submissions(selection: Any) -> None:
    # Under first-look a first submission lasts for ever. Worst first the board is right, best first it
    # is upside down, and nothing is burnt: 1 - tau is 0 or 2.
    found = design_loss("pythia-gsm8k", "first-look", {"tau": 1.0}, selection)
    assert found.losses == (0.0, 2.0)
    assert found.loss == (2.0 if selection == "pessimistic" else 0.0)
    assert (found.concept, found.error) == ("best responses one round ahead", 0.0)


def test_best_responses_of_one_round_are_not_compared_with_equilibria() -> None:
    # The best of both orders of first-look loses nothing, direct evaluation 1.25 (theory section 13.1).
    found = optimal_design("duel", ["direct", "first-look"], selection="optimistic")
    assert [one.loss for one in found.tried] == pytest.approx([1.25, 0.0])
    assert found.protocol.name == "direct"
    assert [str(one) for one in (*found.optima, *found.ties)] == ["direct"]
    assert not found.exact
    alone = optimal_design("duel", ["first-look"], selection="optimistic")
    assert (alone.loss, alone.exact) == (0.0, False)
    assert alone.table()[1][-1] == "myopic"


def test_the_same_rule_has_the_same_loss_bit_for_bit() -> None:
    first, again = (design_loss("three", "direct") for _ in range(2))
    assert first == again
    assert np.isfinite(first.loss)


@pytest.mark.parametrize("wrong", [{"price": -1.0}, {"w_tau": math.nan}, {"item_price": -0.1}])
def test_losses_refuse_unsuitable_numbers(wrong: dict[str, float]) -> None:
    with pytest.raises(ValueError, match=next(iter(wrong))):
        DesignLoss(**wrong)


def test_unknown_names_are_refused() -> None:
    with pytest.raises(ValueError, match="loss: "):
        DesignLoss.of({"speed": 1.0})
    with pytest.raises(ValueError, match="selection: "):
        design_loss("duel", "direct", selection="hopeful")  # type: ignore[arg-type]
    game = bg.Game(curves=bg.curves.Additive([1.0, 0.5]), cost=bg.LinearCost(1.0), prizes=[1.0, -1.0])
    with pytest.raises(ValueError, match="positive sum"):
        design_loss(game, "direct")


# --- the optimum ------------------------------------------------------------------------------------

BEST = E / (RHO - 1) - 1  # Delta*, 2.0830


@pytest.mark.parametrize(
    ("loss", "switch"),
    # [w_tau (1 - x_0^2) + w_b (1 - x_0)] / (2 rho Delta*), x_0 = (rho - 1) / E, in section 13.1.
    [({"tau": 1.0, "burnt": 1.0}, 0.2286), ({"tau": 1.0}, 0.1303), ({"best_on_top": 1.0}, 0.0651)],
)
def test_all_or_nothing_in_the_duel(loss: dict[str, float], switch: float) -> None:
    for price, level in ((0.98 * switch, BEST), (1.02 * switch, 0.0)):
        found = optimal_design(law_duel(), loss=loss, price=price)
        assert found.switch_price == pytest.approx(switch, abs=5e-5)
        assert found.level == pytest.approx(level, abs=1e-6)
        assert found.exact
        assert found.price == price
        assert found.protocol == bg.make_protocol("tune-before-test", level=found.level)
        if level:
            assert found.loss == pytest.approx(2 * price * BEST, abs=1e-6)


@pytest.mark.parametrize(("price", "trapped"), [(0.15, False), (0.17, True), (0.22, True)])
def test_level_0_is_a_trap_from_a_price_on(price: float, trapped: bool) -> None:
    # The slope of L at 0 is positive for p > [2 w_tau x_0 + w_b] (rho - 1) / (2 rho E) = .1622.
    found = optimal_design(law_duel(), price=price)
    assert found.trap_price == pytest.approx(0.1622, abs=5e-5)
    assert found.level == pytest.approx(BEST, abs=1e-6)
    assert ([level for level, _ in found.optima] == [found.level, 0.0]) == trapped
    ahead, start = (
        design_loss(law_duel(), at(level), {"tau": 1.0, "burnt": 1.0}) for level in (1e-4, 0.0)
    )
    slope = (ahead.loss - start.loss) / 1e-4 + 2 * price
    assert slope == pytest.approx(2 * (price - found.trap_price), abs=1e-3)


@pytest.mark.parametrize(
    ("source", "names", "best", "switch"),
    [
        ("pythia-gsm8k", ("pythia-12b", "pythia-6.9b"), 2248.27, 2.657e-4),
        ("llama-gsm8k", ("llama-65b", "llama-30b"), 1073.00, 3.949e-4),
    ],
)
def test_real_duels(source: str, names: tuple[str, str], best: float, switch: float) -> None:
    # Section 13.1, by numerical quadrature.
    game = bg.load_game(source, developers=names)
    for price, level in ((0.98 * switch, best), (1.02 * switch, 0.0)):
        found = optimal_design(game, price=price)
        assert found.switch_price == pytest.approx(switch, rel=2e-4)
        assert found.level == pytest.approx(level, abs=5e-3)


def test_two_selections_agree_where_there_is_one_equilibrium() -> None:
    worst, best = (
        optimal_design(law_duel(), price=0.1, selection=s) for s in ("pessimistic", "optimistic")
    )
    assert tuple(worst.best) == tuple(best.best)


def test_families_are_told_apart() -> None:
    # The cap of 0 leaves nothing to choose, and costs nothing: no other rule can be better.
    families = [
        "direct",
        ("capped", {"effort": [0.0, 1.0]}),
        ("tune-before-test", {"level": (0.0, 3.0)}),
    ]
    found = optimal_design(law_duel(), families, price=0.1)
    assert found.best.setting == ("capped", {"effort": 0.0})
    assert found.loss == 0
    assert {one.family.protocol for one in found.optima} == {"direct", "capped", "tune-before-test"}
    assert "capped(effort=0.0)" in str(found) or "capped(effort=0)" in str(found)


def test_the_loss_in_draws_is_the_mean_of_the_draws() -> None:
    # Two duels with prizes that make level 0 stable in one and not in the other.
    draws = [law_duel(0.3), law_duel(1.0)]
    found = optimal_design(draws[1], ["direct"], {"tau": 1.0, "burnt": 1.0}, draws=draws)
    alone = [design_loss(game, "direct").loss for game in draws]
    assert alone[0] == 0
    assert found.loss == pytest.approx(np.mean(alone))
    assert found.best.outcome.play == "pure in 1 of 2 draws"
    assert not found.exact
    levels = optimal_design(draws[1], price=0.05, draws=draws)
    # E / (rho - 1) - 1 with E = 1 is .5415: both are stable from there on; looked at on a grid.
    assert levels.level == pytest.approx(1 / (RHO - 1) - 1, abs=0.1)
    assert levels.scope.startswith("best of ")


@pytest.mark.long
def test_five_pythias_have_an_interior_optimum() -> None:
    # Section 13.1: a kink near 600 at 2e-5 per step and model, with L = .177; Delta* at 1e-5.
    found = optimal_design("pythia-gsm8k", price=2e-5)
    assert abs(found.level - 600) <= 25
    assert abs(found.loss - 0.177) <= 0.002
    assert found.best.outcome.nash_conv <= 3e-4
    assert not found.exact
    assert found.scope.startswith("exact on the stable set, best of")
    assert optimal_design("pythia-gsm8k", price=1e-5).level == pytest.approx(2248.27, abs=0.01)
    dear = optimal_design("pythia-gsm8k", price=3e-5)
    assert abs(dear.level - 600) <= 40
    assert abs(dear.loss - 0.2071) <= 0.002


# --- against a slow witness -------------------------------------------------------------------------


def random_duel(seed: int) -> tuple[Law, Law, float, float]:
    """Two laws, the better with the higher ceiling, a prize and a price. Many pairs cross."""
    rng = np.random.default_rng(seed)
    upper = np.sort(rng.uniform(0.6, 1.0, 2))[::-1]
    intercepts, slopes = rng.uniform(-2.0, 1.0, 2), rng.uniform(0.5, 1.5, 2)
    laws = [Law(*rng.uniform(0, 0.2, 1), *rest) for rest in zip(upper, intercepts, slopes, strict=True)]
    return laws[0], laws[1], float(rng.uniform(0.3, 3.0)), float(10 ** rng.uniform(-3, -0.5))


def agrees_with_all_levels(seed: int) -> None:
    """The optimum is as low as the best of 2,000 levels, and what the witness says it is."""
    better, weaker, prize, price = random_duel(seed)
    curves = bg.curves.ScalingLaw(*(np.array(pair) for pair in zip(better, weaker, strict=True)))
    game = bg.Game(curves=curves, cost=bg.LinearCost(1.0), prizes=[prize, 0.0], quality=[2.0, 1.0])
    found = optimal_design(game, price=price)
    start = duel_loss(better, weaker, prize, 0.0, price)
    levels = np.linspace(0.0, start / (2 * price), 2000)  # beyond, tuning alone costs more
    least = min(duel_loss(better, weaker, prize, float(level), price) for level in levels)
    assert found.exact, found.scope
    assert found.loss <= least + 1e-4
    assert found.loss >= least - 3e-3 - 2 * price * levels[1]
    assert found.loss == pytest.approx(duel_loss(better, weaker, prize, found.level, price), abs=1e-4)


@pytest.mark.parametrize("seed", range(1, 6))
def test_brute_force_on_random_duels(seed: int) -> None:
    agrees_with_all_levels(seed)


@pytest.mark.long
def test_brute_force_on_many_random_duels() -> None:
    for seed in range(100, 160):
        agrees_with_all_levels(seed)


def test_the_proof_for_duels_bounds_every_level() -> None:
    for seed in range(20):
        better, weaker, prize, price = random_duel(seed)
        curves = bg.curves.ScalingLaw(*(np.array(pair) for pair in zip(better, weaker, strict=True)))
        game = bg.Game(curves=curves, cost=bg.LinearCost(1.0), prizes=[prize, 0.0], quality=[2.0, 1.0])
        loss = DesignLoss(price=price)
        low = np.random.default_rng(seed).uniform(0, 5, 8)
        high = low + 0.05
        bounds = _bounds(game, loss, low, high)
        for bound, first, last in zip(bounds, low, high, strict=True):
            inside = [duel_loss(better, weaker, prize, x, price) for x in np.linspace(first, last, 5)]
            assert bound <= min(inside) + 1e-9
            assert bound >= min(inside) - 0.6  # and is worth something
        assert _bounds(game, loss, low, low) == pytest.approx(
            [duel_loss(better, weaker, prize, x, price) for x in low], abs=0.01
        )


def test_nothing_is_called_exact_beyond_the_last_level_looked_at() -> None:
    # Two laws whose intercepts are .005 apart are stable only from E / (rho - 1) - 1 on, rho =
    # exp(.005) and E = 2 (section 13.1): at 398; without a price levels up to 200 are looked at.
    game = bg.load_game("law-duel")
    near = replace(game, curves=replace(game.curves, intercept=np.array([0.005, 0.0])))
    assert not bg.theory.optimal_design(near, price=0).exact


def test_a_flat_loss_has_one_optimum() -> None:
    # No level helps the additive duel, whose loss is 1.25 everywhere: 2 * .375 + .5 (section 13.1).
    assert len(bg.theory.optimal_design("duel", price=0).optima) == 1


def test_a_share_of_no_prizes_is_left_out() -> None:
    # Prizes 1 and -1 add up to nothing, so that a burnt share has no meaning; tau alone has.
    found = bg.theory.optimal_design(bg.load_game("law-duel", prizes=[1, -1]), loss={"tau": 1})
    assert found.loss == 0.0
