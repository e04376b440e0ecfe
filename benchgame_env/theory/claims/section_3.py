"""The theorems of docs/theory.md, section 3: what the temptation decides."""

from __future__ import annotations

import numpy as np

from benchgame_env import metrics
from benchgame_env.subgame import Subgame
from benchgame_env.theory.claims.candidates import (
    CERTAIN,
    counts,
    prize_scale,
    pure_equilibria,
    useful_efforts,
)
from benchgame_env.theory.claims.card import Counterexample
from benchgame_env.theory.claims.certificates import equilibrium, payoff_gain, regret_of_zero
from benchgame_env.theory.claims.levels import CLEAR
from benchgame_env.theory.claims.registry import register_card
from benchgame_env.theory.pure.assumptions import REQUIRED, temptation_of
from benchgame_env.validate import Floats

# Efforts of those ahead against which zero effort has to be best, as shares of what may pay.
SHARES = (0.0, 0.3, 1.0)
NOTES = "docs/theory.md, section 3"


@register_card(
    "temptation",
    title="Temptation theorem",
    hypotheses=REQUIRED,
    sentence="only zero effort can be a pure equilibrium, and it is one exactly if the temptation T is "
    "0",
    source=NOTES,
    example=("winner-take-all", "direct"),
    boundary=("flat-cost-small-prize", "direct"),
    lesson="effort up to 1 is free: T = 0.1, and efforts (1, 0) are an equilibrium",
)
def temptation(subgame: Subgame) -> Counterexample | None:
    for efforts, regret in pure_equilibria(subgame, with_zero=False):
        return equilibrium(subgame, efforts, regret, "somebody spends effort")
    amount, seen = temptation_of(subgame).amount, _gain_seen(subgame)
    scale = prize_scale(subgame)
    if abs(amount - seen) <= CLEAR * scale:
        return None
    regret = metrics.nash_conv(subgame.game, subgame.rule, np.zeros(subgame.n))
    wrong = regret > CLEAR * scale if amount == 0 else regret <= CERTAIN * scale
    return regret_of_zero(subgame, regret, f"T = {amount:.6g}") if wrong else None


def _gain_seen(subgame: Subgame) -> float:
    """The most that anybody gains by one of many efforts from zero effort, on the boards themselves."""
    game, n = subgame.game, subgame.n
    efforts = subgame.efforts_for(np.nextafter(subgame.honest_scores, np.inf)[:, None])
    top = useful_efforts(subgame)
    tries = np.concatenate(
        (efforts * (1 + 1e-6) + 1e-9 * top, efforts, np.linspace(0, 1, 9)[:, None] * top)
    )
    tries = np.where(np.isfinite(tries), np.minimum(tries, game.budget), 0.0)
    profiles = np.zeros((n, len(tries), n))
    profiles[np.arange(n), :, np.arange(n)] = tries.T
    payoffs = game.payoffs(subgame.board(profiles).prizes, profiles)
    own = payoffs[np.arange(n), :, np.arange(n)]  # [n, m]
    return float((own - subgame.board(np.zeros(n)).prizes[:, None]).max(initial=0.0))


@register_card(
    "dominance",
    title="Dominance theorem",
    hypotheses=(*REQUIRED, "overtaking_loses"),
    sentence="zero effort survives iterated strict dominance: it is the only Nash, correlated and "
    "coarse correlated equilibrium, where every no-regret learner ends",
    source=NOTES,
    example=("five-small-prizes", "direct"),
    boundary=("flat-cost-equal-prizes", "direct"),
    lesson="effort up to 1 is free: T = 0, and every profile of efforts up to 1 is an equilibrium",
)
def dominance(subgame: Subgame) -> Counterexample | None:
    """Last rank first: against developers ahead at any effort and those behind at zero, any effort is
    worse than zero."""
    for efforts, regret in pure_equilibria(subgame, with_zero=False):
        return equilibrium(subgame, efforts, regret, "there is another equilibrium")
    ranks, tries = subgame.board(np.zeros(subgame.n)).ranks, _efforts_to_try(subgame)
    for i in range(subgame.n):
        for share in SHARES:
            others = np.where(ranks < ranks[i], share * useful_efforts(subgame), 0.0)
            gain, effort = _best_effort(subgame, i, others, tries[:, i])
            if gain >= -CERTAIN * prize_scale(subgame):
                found = payoff_gain(subgame, i, others, effort)
                if found.number >= 0:
                    return found
    return None


def _efforts_to_try(subgame: Subgame) -> Floats:
    """Efforts ``[m, n]`` that join or pass what rivals show at `SHARES` of what may pay, and others; 0
    where there is none."""
    top = useful_efforts(subgame)
    shown = subgame.scores(np.array(SHARES)[:, None] * top).ravel()
    passing = subgame.efforts_for(np.concatenate((shown, np.nextafter(shown, np.inf)))[:, None])
    tries = np.concatenate(
        (passing, passing * (1 + 1e-6), np.array([[0.01], [0.1], [0.5], [1.0]]) * top)
    )
    return np.where(tries <= top, tries, 0.0)


def _best_effort(subgame: Subgame, i: int, others: Floats, tries: Floats) -> tuple[float, float]:
    """The most that developer i gains by one of ``tries`` ``[m]`` that can be told from 0, against
    ``others``; and that effort."""
    tries = np.append(0.0, tries[counts(subgame, tries)])
    if tries.size == 1:
        return -np.inf, 0.0
    profiles = np.tile(others, (tries.size, 1))
    profiles[:, i] = tries
    payoffs = subgame.game.payoffs(subgame.board(profiles).prizes, profiles)[:, i]
    best = 1 + int(np.argmax(payoffs[1:]))
    return float(payoffs[best] - payoffs[0]), float(tries[best])
