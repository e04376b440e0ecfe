"""When everybody spending zero effort is an equilibrium (theory section 3).

Notation: r overtakes k; ``e_req(r over k)`` is the least effort that puts r above k on the honest
board, the one on which nobody spends effort.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from benchgame_env.game import Game
from benchgame_env.rules import Capped, DeterministicProtocol, as_protocol, is_exact
from benchgame_env.theory.pure.honest_board import SCORE_NOISE, HonestBoard, Places
from benchgame_env.validate import Floats

# Gains below this share of P are rounding: c(e_req) = gap is an equilibrium, not a temptation.
ROUNDING = 1e-12
# Overtakes looked at in one go: bounds memory at a few times 8 bytes each, for any n.
BLOCK = 1 << 17
# Largest table of required efforts, bytes.
LARGEST_TABLE = 2 << 30
# A first climb skips gains below this share of P above the best known: it finds a good one quickly.
COARSE = 1 / 64
# A climb that takes more rounds than this share of n does not skip enough to be worth while.
PATIENCE = 1 / 8


Best = tuple[float, tuple[int, int] | None]  # a gain and the pair (overtaker, overtaken)


def exact_rule(protocol: object) -> DeterministicProtocol:
    """The protocol, if its board is a fixed function of own efforts; else ValueError."""
    rule = as_protocol(protocol)
    if not is_exact(rule):
        raise ValueError(f"protocol {rule!r}: exact theory needs a DeterministicProtocol")
    return rule


def reduced(game: Game, rule: DeterministicProtocol) -> tuple[Game, DeterministicProtocol]:
    """A game and rule without a cap and, unless effort is free, with the same equilibria: effort beyond
    a cap costs and wins nothing, so a budget does as well. Efforts of one are efforts of the other."""
    while isinstance(rule, Capped) and is_exact(rule.base) and rule.ties == rule.base.ties:
        game, rule = replace(game, budget=np.minimum(game.budget, rule.effort)), rule.base
    return game, rule


def required_effort(game: Game, protocol: object, developers: Sequence[int] | None = None) -> Floats:
    """Least efforts to overtake on the honest board.

    Parameters
    ----------
    developers: the overtakers wanted, indices ``[m]``; default all n. It saves memory but no time.

    Returns
    -------
    ``[m, n]``; entry ``(r, k)`` is ``e_req(r over k) = inf {e in [0, B_r] : v_r(Delta + e) > s_k}``
    (``>=`` where the tie rule favours r), theory section 2. 0 where r is above k already and on the
    diagonal, ``inf`` where no effort within the budget suffices; effort units.

    Raises
    ------
    ValueError: a table beyond 2 GiB (see `next_efforts`), developers who do not exist.
    """
    rule, n = exact_rule(protocol), game.n_developers
    rows = np.arange(n) if developers is None else _indices(developers, n)
    size = 8 * rows.size * n
    if size > LARGEST_TABLE:
        raise ValueError(
            f"required_effort: {rows.size} x {n} entries take {size / 2**30:.1f} GiB, more than "
            f"{LARGEST_TABLE / 2**30:g}; name fewer developers, or see next_efforts"
        )
    board = HonestBoard(game, rule)
    table = np.empty((n, rows.size))
    for places in _blocks(n, n):
        table[board.developers[places]] = board.efforts(places[:, None])[:, rows]
    table[rows, np.arange(rows.size)] = 0.0
    return table.T


def next_efforts(game: Game, protocol: object) -> Floats:
    """What each developer needs to pass the next one up on the honest board; ``[n]``, effort units.

    Nobody above takes less: a higher score takes at least as much effort, even where the tie rule
    favours r, for a score above ``s_k`` exceeds it. So this is r's least `required_effort` over all
    developers above (or level with it under ``split``), without the table. ``inf`` at the top of the
    board, and where no effort within the budget suffices.
    """
    board = HonestBoard(game, exact_rule(protocol))
    effort = board.efforts(np.maximum(board.start, 0)[None])[0]
    return np.where(board.start < 0, np.inf, effort)


def climb(game: Game, protocol: object) -> Floats:
    """`next_efforts` by rank: entry k is what rank k + 2 of the honest board needs to pass rank k + 1,
    ``[n - 1]``, effort units."""
    rule = exact_rule(protocol)
    ranks = game.board(rule.score(game, np.zeros(game.n_developers)), rule.ties).ranks
    return next_efforts(game, rule)[np.argsort(ranks, kind="stable")[1:]]


def overtakes(
    game: Game, protocol: object, overtaken: Sequence[int] | None = None
) -> tuple[Floats, Floats]:
    """What passing whom takes and gains on the honest board, under ``split`` joining included where that
    gains more: efforts and gains, each ``[n, m]``, entry ``(r, k)`` for r passing the k-th of
    ``overtaken`` (default: all); ``-inf`` gains where r is ahead already or cannot. Effort and prize
    units. The largest gain, if positive, is `temptation`."""
    board, n = HonestBoard(game, exact_rule(protocol)), game.n_developers
    wanted = np.arange(n) if overtaken is None else _indices(overtaken, n)
    efforts, gains = board.offers(np.argsort(board.developers)[wanted][:, None])
    return efforts.T, gains.T


def _indices(developers: Sequence[int], n: int) -> NDArray[np.int64]:
    wanted = np.asarray(developers)
    if wanted.ndim != 1 or wanted.dtype.kind not in "iu" or not ((wanted >= 0) & (wanted < n)).all():
        raise ValueError(f"developers: need indices from 0 to {n - 1}, got {developers!r}")
    return wanted.astype(np.int64)


def temptation(game: Game, protocol: object) -> float:
    """``T``, the largest gain from leaving the honest profile; prize units, >= 0 (section 3).

    ``T = max over k above r of R_k - R_r - c(e_req(r over k))``, over all pairs and not only
    neighbours, to 1e-13 P (less where the cost is steep at 0, as a root is: rounding of a tied score
    then costs its root). The honest profile is a Nash equilibrium if and only if ``T = 0``.
    """
    return largest_temptation(game, exact_rule(protocol))[0]


def largest_temptation(game: Game, rule: DeterministicProtocol) -> Best:
    """`temptation` and the pair ``(overtaker, overtaken)`` that attains it, None if it is 0."""
    amount, pair = largest_gain(game, rule, ROUNDING * game.prize_range)
    return (amount, pair) if pair else (0.0, None)


def largest_gain(game: Game, rule: DeterministicProtocol, bar: float) -> Best:
    """The largest gain above ``bar`` from an overtake on the honest board, and the pair; else ``bar``
    and None. Prize units; negative gains count too."""
    board = HonestBoard(game, rule)
    n = game.n_developers
    best: Best = (bar, None)
    if n * n <= BLOCK:
        return _best_of(board, np.arange(n)[:, None], best)
    for slack in (COARSE, 0.0):
        best = _climb(board, best, slack * game.prize_range)
    return best


def _climb(board: HonestBoard, best: Best, slack: float) -> Best:
    """The largest gain, but for ``slack``: branch and bound over the places above each developer.

    Every developer climbs from the place above its own. What passing a place costs bounds what passing
    a higher one costs from below. So next comes the first place above that would win more than the best
    gain so far even at that price, and what lies between cannot hold a better one.
    """
    place = board.start
    slack += ROUNDING / 8 * board.game.prize_range  # equal prizes must not be told apart by rounding
    for _ in range(max(1, int(PATIENCE * place.size))):
        if place.max() < 0:
            return best
        target = np.maximum(place, 0)
        best, expense = _try(board, target[None], best)
        # Places whose prize beats the bar come first, for prizes fall from place to place.
        promising = np.searchsorted(-board.won, -(expense[0] + best[0] + slack))
        place = np.minimum(np.where(place < 0, -1, board.next_up[target]), promising - 1)
    for places in _blocks(int(place.max()) + 1, place.size):
        best, _ = _try(board, places[:, None], best)
    return best


def _try(board: HonestBoard, places: Places, best: Best) -> tuple[Best, Floats]:
    """`_best_of`, worked out only if some gain may be better; and what bounds them, the expenses."""
    expense = board.expense(places)
    if (board.won[places] - expense > best[0]).any():
        best = _best_of(board, places, best)
    return best, expense


def _best_of(board: HonestBoard, places: Places, best: Best) -> Best:
    """The better of ``best`` and the largest gain at ``places`` (``[m, n]`` or ``[m, 1]``)."""
    gain = board.gains(places)
    row, r = np.unravel_index(np.argmax(gain), gain.shape)
    if gain[row, r] <= best[0]:
        return best
    target = np.broadcast_to(places, gain.shape)[row, r]
    return float(gain[row, r]), (int(r), int(board.developers[target]))


def _blocks(stop: int, width: int) -> Iterator[NDArray[np.int64]]:
    """0 to ``stop`` - 1 in runs short enough for arrays ``[run, width]``."""
    size = max(1, BLOCK // width)
    return (np.arange(start, min(start + size, stop)) for start in range(0, stop, size))


def is_resolved(game: Game, rule: DeterministicProtocol) -> bool:
    """Whether rounding errors in the scores move no overtake by a millionth of the effort scale.

    A curve that saturates (1 - exp(-40) is 1 in float64) shows ties that are not there. How far beyond
    the effort scale an overtake lies makes no difference.
    """
    honest = rule.score(game, np.zeros(game.n_developers))
    fine, useless = 1e-6 * finite_effort_scale(game), 2 * game.effort_scale
    for k in _blocks(game.n_developers, game.n_developers):
        noise = SCORE_NOISE * np.spacing(np.abs(honest[k]))[:, None]
        aim = np.broadcast_to(honest[k][:, None], (k.size, game.n_developers))
        low, high = rule.effort_for(game, aim - noise), rule.effort_for(game, aim + noise)
        with np.errstate(invalid="ignore"):  # inf - inf is nan: surely out of reach
            doubtful = np.minimum(high, useless) - np.minimum(low, useless) > fine
        doubtful[np.arange(k.size), k] = False  # the own score is no overtake
        if doubtful.any() and (doubtful & ~_is_plateau(game, rule, low + fine, high - fine)).any():
            return False
    return True


def _is_plateau(game: Game, rule: DeterministicProtocol, low: Floats, high: Floats) -> NDArray[np.bool_]:
    """Where scores are exactly equal at ``low`` and ``high``: a curve that is flat there, such as a
    measured one at chance or after its last checkpoint, and not one too flat for float64."""
    declared = getattr(game.curves, "strictly_increasing", None) if rule.traits.strict else False
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
