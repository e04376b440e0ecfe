"""The verdict on one set of plays, or on strategies, of a game under a protocol."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from benchgame_env import VectorEnv, metrics, theory
from benchgame_env.agents import FromPolicy, Seat, play
from benchgame_env.metrics.limit_cycle import within_budget
from benchgame_env.metrics.strategies import read_strategies
from benchgame_env.training.grading.controls import controls
from benchgame_env.training.grading.exact_figures import Strategies
from benchgame_env.training.grading.figures import SeedFigures, effort_scale, share_of_scale
from benchgame_env.training.grading.intervals import Bounds
from benchgame_env.training.grading.regrets import (
    dependence,
    distance_of_means,
    mean_bounds,
    played_regrets,
    strategy_regrets,
)
from benchgame_env.training.grading.target import Target, in_order, target_of
from benchgame_env.training.grading.verdict import Verdict
from benchgame_env.training.grading.verdict import judge as judge_figures
from benchgame_env.validate import Floats

SEED = 0  # of simulated boards, where no generator is passed in
BOARDS = 2_000  # of strategies, drawn to see in which order they rank
COPIES, PARTS = 1_000, 10  # policies play so many episodes at once, so many times


def judge(
    game: Any,
    protocol: Any,
    strategies: Any = None,
    plays: ArrayLike | None = None,
    prediction: theory.Prediction | None = None,
    rng: np.random.Generator | None = None,
    policies: Any = None,
    env: Mapping[str, Any] | None = None,
) -> Verdict:
    """Judge one set of plays, strategies or policies of developers who choose their efforts at once.

    Strategies are graded exactly. Plays are taken as independent plays of the whole profile; the verdict
    is ``undecided`` if they are too few. Policies play 10,000 episodes, and what they hold in the last
    round is judged. Where nothing is predicted, play is judged by its own deviation gains.

    Parameters
    ----------
    game : Game or str
        The game, or its name.
    protocol : protocol, str or pair
        The protocol, its name, or ``(name, parameters)``.
    strategies : array of float, or list of pairs
        Efforts ``[n]``, or one pair ``(efforts, probabilities)`` per developer; effort units.
    plays : array_like
        Efforts that were played together, ``[plays, n]``, effort units, in the order of play. Give one
        of strategies, plays and policies.
    prediction : Prediction, optional
        What is predicted; by default it is computed.
    rng : numpy.random.Generator, optional
        Source of what is drawn; by default one with a fixed seed.
    policies : policy, or list of policies
        One policy for all developers, or one for each; see `benchgame_env.agents.FromPolicy`.
    env : mapping, optional
        Settings of `benchgame_env.VectorEnv` in which the policies play, such as ``action_type``; by
        default its own, with episodes of one round.

    Returns
    -------
    Verdict
        The outcome with its checks. ``regrets`` ``[n]``, shares of P, are those of the developers.

    Raises
    ------
    ValueError
        None or several of strategies, plays and policies, not a policy for each developer, efforts
        outside the budget, or a game whose ranks all pay the same, in which there is no unit for
        regrets.

    Examples
    --------
    >>> from benchgame_env.training import judge
    >>> judge("duel-small-prize", "direct", strategies=[0.0, 0.0]).outcome
    'match'
    >>> judge("duel", "direct", strategies=[0.0, 0.0]).sentence  # doctest: +NORMALIZE_WHITESPACE
    'mismatch: the developer with most to gain (developer_1) could win 50 % of P, the spread of prizes,
    not less than the bound of 2.5 %'
    """
    if sum(one is not None for one in (strategies, plays, policies)) != 1:
        raise ValueError("strategies, plays, policies: give one of the three")
    rng = np.random.default_rng(SEED) if rng is None else rng
    if policies is not None:
        plays = _plays_of(game, protocol, policies, env or {}, rng)
    prediction = theory.predict(game, protocol) if prediction is None else prediction
    if prediction.game.prize_range == 0:
        raise ValueError("game: all ranks pay the same, so there is nothing to judge")
    target = target_of(prediction, "simultaneous")
    if strategies is not None:
        mixed = read_strategies(prediction.game, strategies)
        figures = _of_strategies(prediction, target, mixed, rng)
    else:
        assert plays is not None
        efforts = within_budget(prediction.game, plays, "plays")
        mixed = metrics.empirical(efforts)
        figures = _of_plays(prediction, target, efforts, rng)
    return judge_figures(target, [figures], partial(controls, target, prediction, mixed), one_set=True)


def _plays_of(
    game: Any, protocol: Any, policies: Any, env: Mapping[str, Any], rng: np.random.Generator
) -> Floats:
    """Efforts ``[plays, n]`` that policies hold at the end of their episodes."""
    vec = VectorEnv(game, protocol, COPIES, **{"horizon": 1, **env})
    each = list(policies) if isinstance(policies, (list, tuple)) else [policies] * vec.n_developers
    if len(each) != vec.n_developers:
        raise ValueError(f"policies: {len(each)} for {vec.n_developers} developers")
    players = [FromPolicy(Seat.of(vec, i), policy) for i, policy in enumerate(each)]
    seed = int(rng.integers(2**31))
    played = play(vec, players, PARTS * vec.horizon, rng, seed, mode="play")["effort"]
    return np.concatenate(played[vec.horizon - 1 :: vec.horizon])


def _of_strategies(
    prediction: theory.Prediction, target: Target, mixed: Strategies, rng: np.random.Generator
) -> SeedFigures:
    game, rule, scale = prediction.game, prediction.protocol, effort_scale(prediction.game)
    regrets = strategy_regrets(game, rule, mixed, rng)
    means = share_of_scale(game, np.array([efforts @ chances for efforts, chances in mixed]))
    drawn = np.stack([rng.choice(efforts, BOARDS, p=chances) for efforts, chances in mixed], axis=1)
    figures = SeedFigures.exact(
        regrets,
        means,
        unique=target.efforts if target.kind == "mixed" else None,
        in_order=in_order(prediction, _mean_ranks(prediction, drawn, rng)),
        nash_conv=float(regrets.estimate.sum()) * game.prize_range,
    )
    if target.kind != "pure" or target.efforts is None:
        return figures
    away = [
        np.abs(efforts / most - one) @ chances
        for (efforts, chances), most, one in zip(mixed, scale, target.efforts, strict=True)
    ]
    return replace(figures, away=Bounds.exact(away))


def _of_plays(
    prediction: theory.Prediction, target: Target, efforts: Floats, rng: np.random.Generator
) -> SeedFigures:
    game, rule = prediction.game, prediction.protocol
    regrets, shares = played_regrets(game, rule, efforts, rng), share_of_scale(game, efforts)
    found: dict[str, Any] = {}
    if target.efforts is not None:
        if target.kind == "pure":
            found["away"] = mean_bounds(np.abs(shares - target.efforts))
        else:
            found["final_away"] = distance_of_means(shares, target.efforts)
    return SeedFigures.exact(
        regrets,
        shares.mean(axis=0),
        in_order=in_order(prediction, _mean_ranks(prediction, efforts, rng)),
        tau=math.nan,
        dependence=dependence(efforts),
        nash_conv=float(regrets.estimate.sum()) * game.prize_range,
        **found,
    )


def _mean_ranks(prediction: theory.Prediction, efforts: Floats, rng: np.random.Generator) -> Floats:
    """Mean ranks ``[n]`` on boards of ``efforts`` ``[plays, n]``."""
    ranks = prediction.protocol.evaluate(prediction.game, efforts, rng).ranks
    return np.asarray(ranks.mean(axis=0))
