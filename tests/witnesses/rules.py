"""The built-in rules once more, in plain Python, one model at a time, from their cards.

A witness takes the rule's parameters, a `Story` of one episode and a generator, and tells the boards. It
calls the curves for accuracies and the witness of `reference` for ranks and prizes by score.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Any

import numpy as np

import benchgame_env as bg
from witnesses.episodes import award_all, publish, rank_all

Floats = list[float]
Board = tuple[Floats, list[int], Floats]  # scores, ranks, prizes


@dataclass
class Story:
    """Efforts and who could revise, ``[rounds][n]`` each; the first round opens the episode."""

    game: bg.Game
    efforts: list[Floats]
    revised: list[list[bool]]
    ties: str

    @property
    def prizes(self) -> Floats:
        return [float(prize) for prize in self.game.prizes]

    def accuracies(self) -> Iterator[Floats]:
        for efforts in self.efforts:
            yield [float(score) for score in self.game.curves.score(np.array(efforts))]

    def board(self, scores: Floats) -> Board:
        scores = [publish(score) for score in scores]
        return scores, rank_all(scores, self.ties), award_all(scores, self.prizes, self.ties)


def rounded(story: Story, rng: Any, decimals: int) -> list[Board]:
    """Python's exact decimals; halves do not occur among these scores."""
    unit = Decimal(1).scaleb(-decimals)
    return [
        story.board([float(Decimal(a).quantize(unit, ROUND_HALF_EVEN)) for a in accuracies])
        for accuracies in story.accuracies()
    ]


def capped(story: Story, rng: Any, effort: float) -> list[Board]:
    counted = [[e if e < effort else effort for e in efforts] for efforts in story.efforts]
    seen = Story(story.game, counted, story.revised, story.ties)
    return [story.board(accuracies) for accuracies in seen.accuracies()]


def refreshed(story: Story, rng: Any, rate: float) -> list[Board]:
    """What was spent s rounds ago still counts for (1 - rate)^s."""
    stocks = [
        [
            math.fsum(past[i] * (1 - rate) ** age for age, past in enumerate(reversed(history)))
            for i in range(len(story.prizes))
        ]
        for history in (story.efforts[: t + 1] for t in range(len(story.efforts)))
    ]
    seen = Story(story.game, stocks, story.revised, story.ties)
    return [story.board(accuracies) for accuracies in seen.accuracies()]


def first_look(story: Story, rng: Any) -> list[Board]:
    """The board that counts is the first one that a developer could revise for."""
    history, boards = [], []
    for t, accuracies in enumerate(story.accuracies()):
        history.append(accuracies)
        scores = []
        for i in range(len(accuracies)):
            could = [s for s in range(t + 1) if story.revised[s][i]]
            scores.append(history[could[0] if could else t][i])
        boards.append(story.board(scores))
    return boards


def _ladder(story: Story, margin: Callable[[float, float], float], steps: float) -> list[Board]:
    shown: list[float | None] = [None] * len(story.prizes)
    boards = []
    for accuracies in story.accuracies():
        for i, accuracy in enumerate(accuracies):
            best = shown[i]
            if best is None or accuracy > best + margin(accuracy, best):
                shown[i] = round(accuracy * steps) / steps
        boards.append(story.board([score for score in shown if score is not None]))
    return boards


def ladder(story: Story, rng: Any, step: float) -> list[Board]:
    return _ladder(story, lambda new, best: step, 1 / step)


def ladder_free(story: Story, rng: Any, items: int) -> list[Board]:
    def error(new: float, best: float) -> float:
        return math.sqrt((new * (1 - new) + best * (1 - best)) / items)

    return _ladder(story, error, items)


def incumbent_margin(story: Story, rng: Any, margin: float, decay: float) -> list[Board]:
    incumbent, since, boards = None, 0, []
    for t, scores in enumerate(story.accuracies()):
        best = min(i for i, score in enumerate(scores) if score == max(scores))
        if incumbent is None or scores[best] > scores[incumbent] + margin * math.exp(
            -decay * (t - since)
        ):
            incumbent, since = best, t
        others = [i for i in range(len(scores)) if i != incumbent]
        rest = [scores[i] for i in others]
        ranks, prizes = [1] * len(scores), [story.prizes[0]] * len(scores)
        for i, rank in zip(others, rank_all(rest, story.ties), strict=True):
            ranks[i] = rank + 1
        for i, prize in zip(others, award_all(rest, story.prizes[1:], story.ties), strict=True):
            prizes[i] = prize
        boards.append((scores, ranks, prizes))
    return boards


def _solved(items: int, accuracies: Floats, rng: np.random.Generator) -> Floats:
    return [int(rng.binomial(items, accuracy)) / items for accuracy in accuracies]


def finite_test(story: Story, rng: Any, items: int) -> list[Board]:
    return [story.board(_solved(items, accuracies, rng)) for accuracies in story.accuracies()]


def shared_test(story: Story, rng: Any, items: int) -> list[Board]:
    boards = []
    for accuracies in story.accuracies():
        difficulties = [float(rng.random()) for _ in range(items)]
        boards.append(story.board([sum(u < a for u in difficulties) / items for a in accuracies]))
    return boards


def confidence_ranks(story: Story, rng: Any, items: int, z: float) -> list[Board]:
    boards = []
    for accuracies in story.accuracies():
        scores = _solved(items, accuracies, rng)
        half = [z * math.sqrt(s * (1 - s) / items) for s in scores]
        ranks = [
            1 + sum(other - h > score + own for other, h in zip(scores, half, strict=True))
            for score, own in zip(scores, half, strict=True)
        ]
        boards.append((scores, ranks, _by_groups(ranks, story.prizes)))
    return boards


def _by_groups(ranks: list[int], prizes: Floats) -> Floats:
    """Models in order of rank take the places; those of one rank pool what their places win."""
    places = sorted(range(len(ranks)), key=lambda i: ranks[i])
    won = dict(zip(places, prizes, strict=True))
    groups = [[j for j in places if ranks[j] == rank] for rank in ranks]
    return [math.fsum(won[j] for j in group) / len(group) for group in groups]


def best_of(story: Story, rng: Any, k: Any, items: int) -> list[Board]:
    """All models take each private test together; who has fewer of them ignores the last."""
    boards = []
    for accuracies in story.accuracies():
        each = [k] * len(accuracies) if isinstance(k, int) else list(k)
        tests = [_solved(items, accuracies, rng) for _ in range(max(each))]
        scores = [max(test[i] for test in tests[: each[i]]) for i in range(len(each))]
        boards.append(story.board(scores))
    return boards
