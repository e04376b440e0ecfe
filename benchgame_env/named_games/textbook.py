"""Games with known answers. Sections are those of docs/theory.md."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from benchgame_env.costs import LinearCost, PowerCost
from benchgame_env.curves import Additive, ScalingLaw
from benchgame_env.game import Game
from benchgame_env.named_games.registry import register_game

DUEL_QUALITY = (1.0, 0.5)


def _additive(quality: Any, prizes: Any, budget: float = math.inf) -> Game:
    return Game(curves=Additive(quality), cost=LinearCost(1.0), prizes=prizes, budget=budget)


@register_game("duel")
def duel() -> Game:
    """Two developers, one prize of 1; no pure equilibrium, the mixed one is known exactly."""
    return _additive(DUEL_QUALITY, [1.0, 0.0])


@register_game("duel-small-prize")
def duel_small_prize() -> Game:
    """The duel with a prize of 0.4, less than overtaking costs (0.5): pure, all zero."""
    return _additive(DUEL_QUALITY, [0.4, 0.0])


@register_game("duel-at-budget")
def duel_at_budget() -> Game:
    """The duel with budgets of 0.5: the weaker can only tie, and loses the tie. Pure, all zero."""
    return _additive(DUEL_QUALITY, [1.0, 0.0], budget=0.5)


@register_game("three")
def three() -> Game:
    """Three developers, equal prize steps; no pure equilibrium."""
    return _additive([1.0, 0.75, 0.5], [1.0, 0.5, 0.0])


@register_game("five")
def five() -> Game:
    """Five developers, equal prize steps; no pure equilibrium."""
    return _additive(np.linspace(1.0, 0.5, 5), [1.0, 0.75, 0.5, 0.25, 0.0])


@register_game("five-small-prizes")
def five_small_prizes() -> Game:
    """Five developers whose prize steps (0.1) are below what one overtake costs (0.125): pure."""
    return _additive(np.linspace(1.0, 0.5, 5), [0.4, 0.3, 0.2, 0.1, 0.0])


@register_game("winner-take-all")
def winner_take_all() -> Game:
    """Five developers, one prize: in equilibrium only the best two compete."""
    return _additive(np.linspace(1.0, 0.5, 5), [1.0, 0.0, 0.0, 0.0, 0.0])


@register_game("twins")
def twins() -> Game:
    """Two identical models: their scores touch at every level, so none is stable."""
    return _additive([1.0, 1.0], [1.0, 0.0])


@register_game("decreasing-intercept")
def decreasing_intercept() -> Game:
    """A scaling law on which overtaking costs 0.5 at every level: tune-before-test cannot help.

    ``v(theta, x) = 1 - 1/(2 + x + theta)``: U = 1, L = theta/(1 + theta), alpha = -log(1 + theta),
    beta = 1. The intercept falls with quality, against the hypotheses of Prop 5.6.
    """
    theta = np.array(DUEL_QUALITY)
    curves = ScalingLaw(theta / (1 + theta), np.ones(2), -np.log1p(theta), np.ones(2))
    return Game(curves=curves, cost=LinearCost(1.0), prizes=[1.0, 0.0], quality=theta)


@register_game("scaling-laws")
def scaling_laws() -> Game:
    """Three scaling laws with one floor, ceiling and slope: stable from a level of 1.3122 on.

    Prop 5.6: a pair with gap g is stable from ``g/(rho - 1) - 1``, ``rho = exp(alpha_k - alpha_r)``: for
    neighbours 1.5/(exp(0.5) - 1) - 1, for the outer two less.
    """
    return _laws([1.0, 0.5, 0.0], [1.0, 1.0, 1.0], [3.0, 1.5, 0.0])


@register_game("law-duel")
def law_duel() -> Game:
    """Two scaling laws, one prize of 2, worth an effort of 2: stable from a level of 2.0830 on.

    Prop 5.6: from ``2/(rho - 1) - 1`` on, ``rho = exp(0.5)``; below, the mixed equilibrium is known.
    """
    return _laws([0.5, 0.0], [1.0, 1.0], [2.0, 0.0])


@register_game("crossing")
def crossing() -> Game:
    """Two scaling laws that cross: stable up to a level of 5.35, and from 6.86 on.

    Until they cross at ``1 + Delta = e^2`` the second needs ``e sqrt(1 + Delta) - (1 + Delta)``, then
    the first ``exp(-2) (1 + Delta)^2 - (1 + Delta)``, both against 0.5.
    """
    return _laws([1.0, 0.0], [0.5, 1.0], [0.5, 0.0])


@register_game("flat-cost-equal-prizes")
def flat_cost_equal_prizes() -> Game:
    """Effort up to 1 is free and ranks pay the same: efforts (0, 0.75) are an equilibrium too."""
    return _flat_cost([1.0, 1.0])


@register_game("flat-cost-small-prize")
def flat_cost_small_prize() -> Game:
    """Effort up to 1 is free: (1, 0) and (1, 1) are equilibria at every level, all-zero is not."""
    return _flat_cost([0.1, 0.0])


def _flat_cost(prizes: list[float]) -> Game:
    cost = PowerCost(rate=1.0, exponent=2.0, free=1.0)
    return Game(curves=Additive(DUEL_QUALITY), cost=cost, prizes=prizes)


def _laws(intercept: list[float], slope: list[float], prizes: list[float]) -> Game:
    n = len(prizes)
    return Game(
        curves=ScalingLaw(np.zeros(n), np.ones(n), intercept, slope), cost=LinearCost(1.0), prizes=prizes
    )
