"""Counterexamples with the number of the grader that certifies them."""

from __future__ import annotations

from typing import Any

import numpy as np

from benchgame_env import metrics
from benchgame_env.game import Game
from benchgame_env.rules import TuneBeforeTest
from benchgame_env.subgame import Subgame
from benchgame_env.theory.claims.card import Counterexample
from benchgame_env.validate import Floats

NASH_CONV = "NashConv by the grader, prize units: the sum of what each could gain by another effort"


def equilibrium(subgame: Subgame, efforts: Floats, regret: float, what: str) -> Counterexample:
    """``efforts`` are an equilibrium, which they should not be."""
    ranks = subgame.board(efforts).ranks.tolist()
    says = f"efforts {listed(efforts)} are an equilibrium, with ranks {ranks}"
    return _nash_conv(subgame.rule, efforts, regret, what, says)


def no_equilibrium(game: Game, level: float, regret: float, besides: str) -> Counterexample:
    """Zero effort is no equilibrium at a tune-before-test level, where it should be."""
    what = "zero effort is no equilibrium"
    says = f"there is a gain at level {level:.6g}; {besides}"
    return _nash_conv(TuneBeforeTest(level), np.zeros(game.n_developers), regret, what, says)


def regret_of_zero(subgame: Subgame, regret: float, against: str) -> Counterexample:
    """The regret of zero effort contradicts what a claim says of it."""
    what = "the regret of zero effort is another"
    says = f"from zero effort {regret:.6g} can be gained, although {against}"
    return _nash_conv(subgame.rule, np.zeros(subgame.n), regret, what, says)


def payoff_gain(subgame: Subgame, i: int, others: Floats, effort: float) -> Counterexample:
    """Developer i loses nothing by an effort that should lose against ``others``."""
    game, rule = subgame.game, subgame.rule
    own = np.array(others)
    own[i] = effort
    gain = float(
        (metrics.expected_payoffs(game, rule, own) - metrics.expected_payoffs(game, rule, others))[i]
    )
    at, instead = (
        f"bg.metrics.expected_payoffs(game, {rule_text(rule)}, {exact(x)})[{i}]" for x in (own, others)
    )
    return Counterexample(
        "zero effort is not dominant",
        f"against efforts {listed(others)}, developer {i} loses nothing by effort {effort:.6g}",
        gain,
        f"payoff of developer {i} at that effort less its payoff at 0, by the grader, prize units",
        f"{at} - {instead}",
    )


def _nash_conv(rule: Any, efforts: Floats, regret: float, what: str, says: str) -> Counterexample:
    check = f"bg.metrics.nash_conv(game, {rule_text(rule)}, {exact(efforts)})"
    return Counterexample(what, says, regret, NASH_CONV, check)


def rule_text(rule: Any) -> str:
    """A rule as every function takes it: its name, or its name and parameters."""
    given = {"level": float(rule.level)} if isinstance(rule, TuneBeforeTest) else {}
    if rule.ties != "quality":
        given["ties"] = rule.ties
    return str((rule.name, given)) if given else repr(rule.name)


def listed(values: Any) -> str:
    """Numbers to six digits, for a sentence."""
    return "(" + ", ".join(f"{value:.6g}" for value in np.ravel(values)) + ")"


def exact(values: Any) -> str:
    """Numbers as Python text that gives them back bit for bit."""
    return repr([float(value) for value in np.ravel(values)])
