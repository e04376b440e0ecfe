"""Checks of single boards: shapes, ranks, prizes, permutations, effort, and what exact rules promise."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchgame_env.game import Board, Game
from benchgame_env.rules import is_exact
from benchgame_env.testing.trial import (
    CLOSE,
    SIGMAS,
    Trial,
    clear,
    differ_in_mean,
    identical,
    mean_excess,
    need,
    pick,
    same,
)
from benchgame_env.validate import Floats

ROWS = 40
DRAWS = 1000  # boards drawn where a rule is noisy
LADDER = 50  # efforts that a developer climbs; a noisy rule is shown the five of them that FEW picks
FEW = slice(None, None, 12)
COARSE = 1e-3  # of an effort
SLACK = 1e-6  # of a score; an inverse is computed in rounded numbers


def shapes(trial: Trial) -> str | None:
    """Boards have the members, shapes and kinds of numbers that are asked for."""
    for shape in ((), (3,), (2, 3)):
        trial.fresh().board(trial.efforts(*shape))
        rounds = trial.rounds(*shape)
        boards = trial.fresh().episode(rounds)
        # What differs from draw to draw is for the check of seeds to find.
        if trial.noisy or not identical(boards, trial.fresh().episode(rounds, stream=1)):
            continue
        for row in np.ndindex(*shape):
            where = (slice(None), *row)
            need(
                same(pick(boards, where), trial.fresh().episode(rounds[where])),
                f"a batch must give what its rows give alone, but row {row} of efforts of shape "
                f"{rounds.shape[1:]} does not: reduce along the last axis only",
            )
    return "a batch against its rows: the rule is noisy" if trial.noisy else None


def ranks(trial: Trial) -> str | None:
    """Ranks follow the published scores and the tie rule."""
    board = trial.boards(ROWS)
    for place, prizes in zip(board.ranks, board.prizes, strict=True):
        _ranking(place, prizes)
    if not trial.traits.ranks_by_score:
        return "ranks against scores: ranks_by_score is not promised"
    expected = trial.game.board(board.scores, trial.protocol.ties)
    need(
        same(expected, board),
        "ranks and prizes do not follow from the scores by Game.board with the rule's ties: return "
        "game.board(scores, self.ties), or let ranks_by_score be False",
    )
    return None


def _ranking(place: NDArray[np.int64], prizes: Floats) -> None:
    """One board: a rank is 1 plus the number of developers above, all of whom rank better."""
    better = (place[None, :] < place[:, None]).sum(axis=1)
    need(
        (place >= 1) & (better >= place - 1),
        f"ranks {place.tolist()} are no ranking: a rank is 1 plus the number of developers above, so "
        "rank r needs at least r - 1 better ranks, and tied developers share the best rank of the tie",
    )
    dearer = prizes[:, None] > prizes[None, :] + 1e-9
    need(
        ~(dearer & (place[:, None] > place[None, :])),
        f"a worse rank is paid more: prizes {prizes.tolist()} for ranks {place.tolist()}",
    )
    need(
        ~(dearer & (place[:, None] == place[None, :])),
        f"equal ranks must be paid equal prizes, got {prizes.tolist()} for ranks {place.tolist()}",
    )


def pot(trial: Trial) -> str | None:
    """The prizes paid sum to the pot."""
    board = trial.boards(ROWS)
    paid, due = board.prizes.sum(axis=-1), trial.game.prizes.sum()
    worst = int(np.abs(paid - due).argmax())
    need(
        np.abs(paid - due) <= 1e-9 * max(1.0, np.abs(trial.game.prizes).sum()),
        f"prizes must sum to the pot {due:g}, but on the board with ranks {board.ranks[worst].tolist()} "
        f"{paid[worst]:g} is paid: share out all of game.prizes, as game.board does",
    )
    return None


@dataclass(frozen=True)
class _Reordered:
    """Score curves of the same developers in another order."""

    curves: Any
    order: NDArray[np.int64]

    def score(self, effort: Any) -> Floats:
        return self.curves.score(self._back(effort))[..., self.order]

    def effort_for(self, score: Any) -> Floats:
        return self.curves.effort_for(self._back(score))[..., self.order]

    def _back(self, values: Any) -> Floats:
        shape = np.broadcast_shapes(np.shape(values), self.order.shape)
        return np.broadcast_to(values, shape)[..., np.argsort(self.order)]


def permutation(trial: Trial) -> str | None:
    """Developers in another order, with their curves, names, budgets and efforts. Nobody is better by
    ``quality``, so that any order is one of quality; tied scores may fall to either."""
    game, n = trial.game, trial.n
    if n == 1:
        return "there is one developer"
    order = np.roll(np.arange(n), 1)
    flat = replace(game, quality=np.ones(n))
    names, budget = [game.names[k] for k in order], game.budget[order]
    other = replace(flat, curves=_Reordered(game.curves, order), names=names, budget=budget)
    rows = DRAWS if trial.noisy else ROWS
    rounds = trial.rounds(1 if trial.noisy else rows)
    rounds = np.broadcast_to(rounds, (len(rounds), rows, n))
    one = trial.on(flat).episode(rounds, stream=1)
    two = trial.on(other).episode(rounds[..., order], stream=2 if trial.noisy else 1)
    pairs = list(zip(_untied(pick(one, (..., order))), _untied(two), strict=True))
    alike = (np.allclose(a, b, rtol=CLOSE, atol=CLOSE) for a, b in pairs)
    if trial.noisy:
        alike = (not differ_in_mean(np.moveaxis(a, 1, 0), np.moveaxis(b, 1, 0)).any() for a, b in pairs)
    need(
        all(alike),
        "permuting the developers (curves, names, budgets and efforts) must permute the board: treat "
        "developers by what they show, not by their index",
    )
    return None


def _untied(boards: Board) -> tuple[Floats, ...]:
    """Scores, ranks and prizes ``[rounds, rows, n]``, with zeros for what a tie decides: the places of
    those who tie, and all that comes after a tie, which a rule with state may remember."""
    settled = clear(boards.scores)
    before = np.ones_like(settled)
    before[1:] = np.logical_and.accumulate(settled.all(axis=-1, keepdims=True))[:-1]
    places = (np.where(settled & before, part, 0.0) for part in (boards.ranks, boards.prizes))
    return np.where(before, boards.scores, 0.0), *places


def effort(trial: Trial) -> str | None:
    """More effort does not lower a developer's score."""
    exact = is_exact(trial.protocol)
    if not exact and not trial.traits.rewards_effort:
        return "rewards_effort is not promised"
    for i in range(trial.n):
        climb = _ladder(trial, i)
        if trial.noisy:
            climb = climb[FEW]
            shown = trial.draws(climb, DRAWS, stream=i).scores[..., i]
            gain, error = mean_excess(shown[:, 1:], shown[:, :-1])
        else:
            shown = trial.board(climb).scores[:, i]
            gain, error = np.diff(shown), np.zeros(len(climb) - 1)
        worst = int((gain + SIGMAS * error).argmin())
        need(
            gain + SIGMAS * error >= -CLOSE * max(1.0, np.abs(shown).max()),
            f"more own effort lowers {'the mean' if trial.noisy else 'the'} score of "
            f"{trial.game.names[i]} by {-gain[worst]:.3g} between efforts {climb[worst, i]:.6g} and "
            f"{climb[worst + 1, i]:.6g}: mend the score, or let rewards_effort be False"
            + (" and own_score too" if exact else ""),
        )
    return None


def _ladder(trial: Trial, i: int) -> Floats:
    """Profiles ``[LADDER, n]`` in which developer i climbs from zero to the largest effort."""
    climb = np.tile(trial.efforts(stream=i), (LADDER, 1))
    climb[:, i] = np.linspace(0.0, trial.top[i], LADDER)
    return climb


def exact(trial: Trial) -> str | None:
    """An exact rule's scores and least efforts agree with each other."""
    rule: Any = trial.protocol
    game = trial.game
    need(
        not rule.traits.own_score or is_exact(rule),
        "traits say own_score, so they must say draws='none' and that the rule does not remember",
    )
    if not is_exact(rule):
        return "the rule is not exact"
    need(
        {"score", "effort_for", "shown"} <= set(dir(rule)),
        "traits say own_score, which takes score, effort_for and shown: derive from "
        "bg.DeterministicProtocol",
    )
    efforts = trial.efforts(ROWS)
    scores = np.asarray(rule.score(game, efforts))
    need(scores.shape == efforts.shape, f"score maps efforts of shape {efforts.shape} to {scores.shape}")
    need(
        same(game.board(scores, rule.ties), trial.board(efforts)),
        "evaluate must be game.board(self.score(game, efforts), self.ties) for an exact rule",
    )
    for i in range(trial.n):
        others = trial.efforts(ROWS, stream=1)
        others[:, i] = efforts[:, i]
        need(
            np.abs(np.asarray(rule.score(game, others))[:, i] - scores[:, i]) <= CLOSE,
            f"the others' efforts change the score of {game.names[i]}: the score of an exact rule is a "
            "function of own effort; derive from bg.Protocol otherwise",
        )
        if rule.traits.strict and getattr(game.curves, "strictly_increasing", False):
            _strict(np.asarray(rule.score(game, _ladder(trial, i)))[:, i], game.names[i])
    _inverse(trial)
    return None


def _strict(shown: Floats, name: str) -> None:
    """A flat stretch before a rise; one at the end may be a curve that float64 cannot tell from flat."""
    flat = np.diff(shown) == 0
    need(
        ~(flat & (shown[-1] > shown[1:] + SLACK)),
        f"traits say strict, but the score of {name} is flat between efforts and rises later: "
        "let strict be False",
    )


def _inverse(trial: Trial) -> None:
    """``effort_for`` names the least effort, at scores between and beyond those that can be shown."""
    rule: Any = trial.protocol
    game = trial.game
    low = np.asarray(rule.score(game, np.zeros(trial.n)))
    high = np.asarray(rule.score(game, trial.top))
    aims = low + np.maximum(high - low, 1e-3) * trial.rng().uniform(-0.2, 1.2, (ROWS, trial.n))
    least = np.asarray(rule.effort_for(game, aims), dtype=np.float64)
    need(least.shape == aims.shape, f"effort_for maps scores of shape {aims.shape} to {least.shape}")
    need(
        least >= 0,
        "effort_for must return efforts >= 0: 0 where no effort is needed, inf where none does",
    )
    scale, slack = trial.top.max() or 1.0, SLACK * np.maximum(1.0, np.abs(aims))
    finite = np.where(np.isfinite(least), least, trial.top)  # far beyond, float64 may reach a ceiling
    enough = np.asarray(rule.score(game, finite * (1 + CLOSE) + CLOSE * scale)) >= aims - slack
    # A rule that rounds aims at the middle of a cell of published scores, which begins a little earlier.
    before = (SLACK if rule.traits.strict else COARSE) * (finite + scale)
    beyond = np.asarray(rule.score(game, np.maximum(finite - before, 0.0))) > aims + slack
    _name(~enough & np.isfinite(least), "less than the effort needed", aims, least, game)
    _name(beyond & (least > before), "more than the least effort", aims, least, game)


def _name(wrong: NDArray[np.bool_], what: str, aims: Floats, least: Floats, game: Game) -> None:
    if wrong.any():
        row, i = np.argwhere(wrong)[0]
        need(
            False,
            f"effort_for gives {what} for score {aims[row, i]:.6g} of {game.names[i]}, "
            f"{least[row, i]:.6g}: it must be the inverse of score, inf where no effort reaches",
        )
