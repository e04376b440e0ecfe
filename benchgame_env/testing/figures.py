"""Checks of the numbers that a rule gives of itself: published, costs, and how its scores are drawn."""

from __future__ import annotations

import math
from numbers import Real
from typing import Any

import numpy as np

from benchgame_env.numerics import publish
from benchgame_env.testing.trial import CLOSE, SIGMAS, Trial, need, same
from benchgame_env.validate import Floats

DRAWS = 2000
ROWS = 40
FEW = 500  # of them are looked up among the values listed
RARE = 1e-6  # values with a smaller chance are not expected among the draws


def figures(trial: Trial) -> str | None:
    """Published figures and the designer's costs are finite numbers, and true of the boards."""
    rule = trial.protocol
    published = rule.published
    need(
        isinstance(published, dict) and all(map(_is_number, published.values())),
        f"published must be a dict of finite numbers, got {published!r}",
    )
    cost = rule.designer_cost(trial.game)
    need(
        isinstance(cost, dict) and all(_is_number(value) and value >= 0 for value in cost.values()),
        f"designer_cost must be a dict of finite numbers >= 0, got {cost!r}",
    )
    if rule.traits.accuracies and _curves_are_accuracies(trial):
        shown = trial.boards(ROWS).scores
        need(
            (shown >= 0) & (shown <= 1),
            "traits say accuracies, but a score is shown outside [0, 1], where curves are within",
        )
    return _distribution(trial)


def _curves_are_accuracies(trial: Trial) -> bool:
    """Scores do not fall with effort, so the ends tell, however far a rule lets effort add up."""
    with np.errstate(all="ignore"):  # curves need not be made for such efforts
        ends = trial.game.curves.score(np.array([[0.0], [1e300]]) * np.ones(trial.n))
    return bool((ends >= 0).all() and (ends <= 1).all())


def _is_number(value: Any) -> bool:
    return isinstance(value, Real) and math.isfinite(value)


def _distribution(trial: Trial) -> str | None:
    efforts = trial.efforts(3)
    found = trial.protocol.distribution(trial.game, efforts)
    known = trial.traits.draws == "independent" and not trial.traits.remembers
    need(
        known or found is None,
        "a distribution is given, but traits do not say draws='independent' and that the rule does not "
        "remember",
    )
    if not known:
        return "the rule gives no distribution"
    need(found is not None, "traits say draws='independent', but distribution gives None: say 'joint'")
    assert found is not None
    support, chances = (np.asarray(part, dtype=np.float64) for part in found)
    need(
        support.ndim == 1 and chances.shape == (*efforts.shape, support.size),
        f"distribution must return scores [m] and chances [..., n, m], got {support.shape} and "
        f"{chances.shape} at efforts {efforts.shape}",
    )
    need(
        np.diff(support) > 0, f"distribution must give scores in ascending order, got {support.tolist()}"
    )
    need(
        (chances >= 0).all() and (np.abs(chances.sum(axis=-1) - 1) <= CLOSE).all(),
        "the chances that distribution gives must be >= 0 and sum to 1 over the last axis",
    )
    _drawn(trial, efforts, support, chances)
    return None


def _drawn(trial: Trial, efforts: Floats, support: Floats, chances: Floats) -> None:
    """Draws against the distribution: values, means, independence, ranks by score."""
    board = trial.draws(efforts, DRAWS)
    support = publish(support)
    need(np.isin(board.scores[:FEW], support), "a score was drawn that distribution does not list")
    mean = chances @ support
    spread = np.sqrt(np.maximum(chances @ support**2 - mean**2, 0.0))
    reach = np.where(chances > RARE, np.abs(support - mean[..., None]), 0.0).max(axis=-1)
    off = np.abs(board.scores.mean(axis=0) - mean)
    worst = np.unravel_index(off.argmax(), off.shape)
    need(
        off <= _chance(spread, reach) + CLOSE,
        f"drawn scores have mean {board.scores.mean(axis=0)[worst]:.6g}, but distribution says "
        f"{mean[worst]:.6g}",
    )
    unit = np.where(spread > 0, spread, 1.0)
    tilt = (board.scores - mean) / unit
    together = np.einsum("dri,drj->rij", tilt, tilt) / DRAWS
    together[:, np.arange(trial.n), np.arange(trial.n)] = 0.0
    furthest = (reach / unit).max() ** 2
    need(
        np.abs(together) <= _chance(1.0, furthest) + CLOSE,
        "distribution promises that developers are drawn independently, but their scores are "
        "correlated: return None",
    )
    need(
        same(trial.game.board(board.scores, trial.protocol.ties), board),
        "with a distribution, ranks must come from the shown scores: return "
        "game.board(scores, self.ties)",
    )


def _chance(spread: Any, reach: Any) -> Any:
    """How far the mean of `DRAWS` numbers of this standard deviation, none further than ``reach`` from
    its expectation, may lie from that by chance: Bernstein's inequality at 2 exp(-18), about 3e-8."""
    return SIGMAS * spread / np.sqrt(DRAWS) + 12 * reach / DRAWS
