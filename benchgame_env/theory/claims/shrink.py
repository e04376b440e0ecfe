"""A counterexample made simple: fewer developers, fewer features, rounder numbers."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import fields, replace
from functools import partial
from typing import Any

import numpy as np

from benchgame_env.costs import LinearCost, PowerCost
from benchgame_env.curves import Additive, Tabulated
from benchgame_env.game import Game
from benchgame_env.rules import Direct, TuneBeforeTest
from benchgame_env.subgame import Subgame
from benchgame_env.theory.claims.card import Card, Counterexample
from benchgame_env.theory.claims.draws import chosen

# Digits after the decimal point that are tried in turn; 0 is tried before.
DIGITS = (0, 1, 2, 3)
ROUNDS = 8


def shrink(claim: Card, subgame: Subgame, found: Counterexample) -> tuple[Subgame, Counterexample]:
    """The simplest subgame that the search reaches from ``subgame``, on which the hypotheses hold and
    the conclusion fails in the same way as in ``found``; and how it fails."""
    for _ in range(ROUNDS):
        before = subgame
        for step in (_fewer_developers, _fewer_features, _rounder_numbers):
            subgame, found = _descend(claim, subgame, found, step)
        if subgame is before:
            break
    return subgame, found


Simpler = Callable[[], Subgame]  # may raise ValueError: not a game


def _descend(
    claim: Card,
    subgame: Subgame,
    found: Counterexample,
    step: Callable[[Subgame], Iterator[Simpler]],
) -> tuple[Subgame, Counterexample]:
    """Takes the first simpler subgame that still contradicts the claim, until there is none."""
    while True:
        for simpler in step(subgame):
            try:
                candidate = simpler()
                fails = claim.contradicted_by(candidate) if claim.applies(candidate) else None
            except ValueError:
                continue
            if fails is not None and fails.kind == found.kind:
                subgame, found = candidate, fails
                break
        else:
            return subgame, found


def _fewer_developers(subgame: Subgame) -> Iterator[Simpler]:
    if subgame.n > 2:
        for i in range(subgame.n):
            for prize in range(subgame.n):
                yield partial(_without_developer, subgame, i, prize)


def _without_developer(subgame: Subgame, i: int, prize: int) -> Subgame:
    game, kept = subgame.game, np.delete(np.arange(subgame.n), i)
    prizes, budget = np.delete(game.prizes, prize), game.budget[kept]
    return Subgame(Game(chosen(game.curves, kept), game.cost, prizes, budget=budget), subgame.rule)


def _fewer_features(subgame: Subgame) -> Iterator[Simpler]:
    game, rule, cost = subgame.game, subgame.rule, subgame.game.cost
    if not isinstance(game.curves, Additive):
        yield partial(_with, subgame, curves=Additive(np.linspace(1.0, 0.5, subgame.n)))
    if rule.ties != "quality":
        yield partial(Subgame, game, replace(rule, ties="quality"))
    if isinstance(rule, TuneBeforeTest):
        yield partial(Subgame, game, Direct(rule.ties))
    if np.isfinite(game.budget).any():
        yield partial(_with, subgame, budget=math.inf)
    if not isinstance(cost, LinearCost):
        yield partial(_with, subgame, cost=LinearCost())
    if isinstance(cost, PowerCost) and cost.free:
        yield partial(_with, subgame, cost=replace(cost, free=0.0))
    if isinstance(game.curves, Tabulated):
        for i, knots in enumerate(game.curves.efforts):
            for k in range(1, len(knots)):
                yield partial(_without_knot, subgame, game.curves, i, k)


def _with(subgame: Subgame, **changes: Any) -> Subgame:
    game = subgame.game
    parts = {"curves": game.curves, "cost": game.cost, "prizes": game.prizes, "budget": game.budget}
    return Subgame(Game(**(parts | changes)), subgame.rule)  # quality follows from the curves


def _without_knot(subgame: Subgame, curves: Tabulated, i: int, k: int) -> Subgame:
    def cut(table: Any) -> list[Any]:
        return [np.delete(row, k) if j == i else row for j, row in enumerate(table)]

    return _with(subgame, curves=Tabulated(cut(curves.efforts), cut(curves.scores)))


def _rounder_numbers(subgame: Subgame) -> Iterator[Simpler]:
    """One number after the other, the longest first: wherever it stands, then in each place alone."""
    numbers = _numbers(subgame)
    values = sorted({value for value in numbers if math.isfinite(value)}, key=lambda v: (-_length(v), v))
    for value in values:
        alike = [k for k, other in enumerate(numbers) if other == value]
        groups = [alike, *([k] for k in alike)] if len(alike) > 1 else [alike]
        for simpler in _simpler(value):
            for group in groups:
                changed = [simpler if k in group else old for k, old in enumerate(numbers)]
                yield partial(_rebuilt, subgame, changed)


def _simpler(value: float) -> list[float]:
    candidates = [0.0, 1.0, *(round(value, digits) for digits in DIGITS)]
    shorter = [c for c in candidates if _length(c) < _length(value)]
    return list(dict.fromkeys(shorter))


def _length(value: float) -> int:
    """How much there is to type: 0 and 1 come first."""
    return 0 if value == 0 else 1 if value == 1 else 1 + len(repr(abs(value)).replace(".0", ""))


def _numbers(subgame: Subgame) -> list[float]:
    game = subgame.game
    curves = [
        np.concatenate([np.atleast_1d(row) for row in value]) for value in vars(game.curves).values()
    ]
    cost = [getattr(game.cost, field.name) for field in fields(game.cost)]  # type: ignore[arg-type]
    level = [subgame.rule.level] if isinstance(subgame.rule, TuneBeforeTest) else []
    return [float(x) for x in np.concatenate((*curves, cost, game.prizes, game.budget, level))]


def _rebuilt(subgame: Subgame, numbers: list[float]) -> Subgame:
    """The subgame with other numbers, in the order of `_numbers`."""
    game, rest = subgame.game, iter(numbers)

    def like(value: Any) -> Any:
        if isinstance(value, tuple):
            return [like(row) for row in value]
        return np.array([next(rest) for _ in value])

    curves = type(game.curves)(*(like(value) for value in vars(game.curves).values()))
    cost = type(game.cost)(*(next(rest) for _ in fields(game.cost)))  # type: ignore[arg-type]
    prizes, budget = like(game.prizes), like(game.budget)
    rule = subgame.rule
    if isinstance(rule, TuneBeforeTest):
        rule = replace(rule, level=next(rest))
    simpler = Subgame(Game(curves, cost, prizes, budget=budget), rule)
    if _differences(simpler) < _differences(subgame):
        raise ValueError("what was different has become equal, which is not simpler but a coincidence")
    return simpler


def _differences(subgame: Subgame) -> int:
    """How many scores and whether any prizes differ when nobody spends effort."""
    return len(np.unique(subgame.shown(np.zeros(subgame.n)))) + (subgame.game.prize_range > 0)
