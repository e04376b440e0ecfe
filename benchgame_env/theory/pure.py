"""When everybody spending zero effort is an equilibrium (theory section 3).

Notation: r overtakes k; ``e_req(r over k)`` is the least effort that puts r above k on the honest
board, the one on which nobody spends effort.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from benchgame_env._validate import Floats
from benchgame_env.game import Game
from benchgame_env.protocols import DeterministicProtocol, as_protocol, is_exact

# Gains below this share of P are rounding: c(e_req) = gap is an equilibrium, not a temptation.
ROUNDING = 1e-12
# Scores closer than this many units in the last place count as equal: the ties that float64 can tell.
SCORE_NOISE = 4
# Overtakes looked at in one go: bounds memory at a few times 8 bytes each, for any n.
BLOCK = 1 << 20


def exact_rule(protocol: object) -> DeterministicProtocol:
    """The protocol, if its board is a fixed function of own efforts; else ValueError."""
    rule = as_protocol(protocol)
    if not is_exact(rule):
        raise ValueError(f"protocol {rule!r}: exact theory needs a DeterministicProtocol")
    return rule


def required_effort(game: Game, protocol: object) -> Floats:
    """Least efforts to overtake on the honest board.

    Returns
    -------
    ``[n, n]``; entry ``(r, k)`` is ``e_req(r over k) = inf {e in [0, B_r] : v_r(Delta + e) > s_k}``
    (``>=`` where the tie rule favours r), theory section 2. 0 where r is above k already and on the
    diagonal, ``inf`` where no effort within the budget suffices; effort units.
    """
    rule = exact_rule(protocol)
    honest = rule.score(game, np.zeros(game.n_developers))
    effort, _ = _overtake(game, rule, honest, np.arange(game.n_developers))
    np.fill_diagonal(effort, 0.0)
    return effort.T


def temptation(game: Game, protocol: object) -> float:
    """``T``, the largest gain from leaving the honest profile; prize units, >= 0 (section 3).

    ``T = max over k above r of R_k - R_r - c(e_req(r over k))``, over all pairs and not only
    neighbours. The honest profile is a Nash equilibrium if and only if ``T = 0``.
    """
    return largest_temptation(game, exact_rule(protocol))[0]


def largest_temptation(game: Game, rule: DeterministicProtocol) -> tuple[float, tuple[int, int] | None]:
    """`temptation` and the pair ``(overtaker, overtaken)`` that attains it, None if it is 0."""
    best, pair = ROUNDING * game.prize_range, None
    for targets, gain in gains(game, rule):
        row, overtaker = np.unravel_index(np.argmax(gain), gain.shape)
        if gain[row, overtaker] > best:
            best, pair = float(gain[row, overtaker]), (int(overtaker), int(targets[row]))
    return (best, pair) if pair else (0.0, None)


def gains(game: Game, rule: DeterministicProtocol) -> Iterator[tuple[NDArray[np.int64], Floats]]:
    """Blocks of overtaken developers ``k`` with the gains ``[block, n]`` of each overtaker r."""
    honest = rule.score(game, np.zeros(game.n_developers))
    board = game.board(honest, rule.ties)
    for k in _blocks(game.n_developers):
        effort, strict = _overtake(game, rule, honest, k)
        # A supremum that is not attained costs the right limit (a fixed cost of any effort counts).
        price = game.cost(np.where(strict, np.nextafter(effort, np.inf), effort))
        won = game.prizes[board.ranks[k] - 1][:, None]
        gain = np.where(np.isinf(effort), -np.inf, won - board.prizes - price)
        if rule.ties == "split":
            gain = np.maximum(gain, _gain_from_tie(game, rule, honest, k))
        above = board.ranks[k][:, None] <= board.ranks
        above[np.arange(k.size), k] = False
        yield k, np.where(above, gain, -np.inf)


def _blocks(n: int) -> Iterator[NDArray[np.int64]]:
    """0 to n - 1 in runs short enough for arrays ``[run, n]``."""
    size = max(1, BLOCK // n)
    return (np.arange(start, min(start + size, n)) for start in range(0, n, size))


def _overtake(
    game: Game,
    rule: DeterministicProtocol,
    honest: Floats,
    k: NDArray[np.int64],
) -> tuple[Floats, NDArray[np.bool_]]:
    """Efforts ``[len(k), n]`` at which each developer passes each ``k``, and whether it must exceed
    the score of ``k`` strictly because the tie rule does not favour it."""
    overtaker = np.arange(game.n_developers)
    strict = (overtaker > k[:, None]) | (rule.ties == "split")
    return _least_effort(game, rule, honest[k][:, None], strict), strict


def _least_effort(
    game: Game,
    rule: DeterministicProtocol,
    score: Floats,
    strict: NDArray[np.bool_],
) -> Floats:
    """``inf {e in [0, B] : shown score > score}`` (``>=`` where not strict), ``inf`` if there is none.

    A score a few float64 steps higher stands for "strictly more", which is right on flat stretches too.
    """
    noise = SCORE_NOISE * np.spacing(np.abs(score))
    aim = np.where(strict, score + noise, score - noise)
    effort = rule.effort_for(game, aim)
    limited = np.isfinite(game.budget)
    # The inverse may miss the budget by rounding; the score there decides.
    top = rule.score(game, np.where(limited, game.budget, 0.0))
    capped = np.where(top >= aim, np.minimum(effort, game.budget), np.inf)
    effort = np.where(limited, capped, effort)
    return np.where(rule.score(game, np.zeros(game.n_developers)) >= aim, 0.0, effort)


def _gain_from_tie(
    game: Game, rule: DeterministicProtocol, honest: Floats, k: NDArray[np.int64]
) -> Floats:
    """Under ``split``: gains ``[len(k), n]`` from joining the block of ``k`` at exactly its score."""
    board = game.board(honest, "split")
    joins = np.zeros((k.size, game.n_developers), dtype=bool)
    effort = _least_effort(game, rule, honest[k][:, None], joins)
    ahead = board.ranks[k][:, None] - 1
    block = np.count_nonzero(honest == honest[k][:, None], axis=-1)[:, None]
    members = block + (honest != honest[k][:, None])  # the block with the newcomer in it
    pot = np.concatenate(([0.0], np.cumsum(game.prizes)))
    share = (pot[np.minimum(ahead + members, game.n_developers)] - pot[ahead]) / members
    return np.where(np.isinf(effort), -np.inf, share - board.prizes - game.cost(effort))


def is_resolved(game: Game, rule: DeterministicProtocol) -> bool:
    """Whether rounding errors in the scores move no overtake by a millionth of the effort scale.

    A curve that saturates (1 - exp(-40) is 1 in float64) shows ties that are not there. How far beyond
    the effort scale an overtake lies makes no difference.
    """
    honest = rule.score(game, np.zeros(game.n_developers))
    fine, useless = 1e-6 * finite_effort_scale(game), 2 * game.effort_scale
    for k in _blocks(game.n_developers):
        noise = SCORE_NOISE * np.spacing(np.abs(honest[k]))[:, None]
        aim = np.broadcast_to(honest[k][:, None], (k.size, game.n_developers))
        low, high = rule.effort_for(game, aim - noise), rule.effort_for(game, aim + noise)
        with np.errstate(invalid="ignore"):  # inf - inf is nan: surely out of reach
            doubtful = np.minimum(high, useless) - np.minimum(low, useless) > fine
        doubtful[np.arange(k.size), k] = False  # the own score is no overtake
        if (doubtful & ~_is_plateau(game, rule, low + fine, high - fine)).any():
            return False
    return True


def _is_plateau(game: Game, rule: DeterministicProtocol, low: Floats, high: Floats) -> NDArray[np.bool_]:
    """Where scores are exactly equal at ``low`` and ``high``: a curve that is flat there, such as a
    measured one at chance or after its last checkpoint, and not one too flat for float64."""
    declared = getattr(game.curves, "strictly_increasing", None)
    if declared:
        return np.zeros(low.shape, dtype=bool)
    # Without a word from the curves, flat all the way up looks like saturation.
    known = np.isfinite(low) & np.isfinite(high if declared is None else low)
    ends = [rule.score(game, np.where(known, np.maximum(effort, 0.0), 0.0)) for effort in (low, high)]
    return known & (ends[0] == ends[1])


def finite_effort_scale(game: Game) -> float:
    """The largest finite `Game.effort_scale`, for laying out grids; 1 if there is none."""
    scale = game.effort_scale
    return float(np.max(scale, initial=0.0, where=np.isfinite(scale))) or 1.0
