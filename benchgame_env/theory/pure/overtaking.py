"""Whether zero effort of everybody is an equilibrium (theory section 3).

Notation: r overtakes k; ``e_req(r over k)`` is the least effort that puts r above k on the honest board,
on which nobody spends effort.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from benchgame_env.game import Game
from benchgame_env.numerics import GAIN, STEPS
from benchgame_env.subgame import Subgame
from benchgame_env.theory.pure.honest_board import RESOLVED, HonestBoard, Places
from benchgame_env.validate import Floats

# Overtakes looked at in one go: bounds memory at a few times 8 bytes each, for any n.
BLOCK = 1 << 17
# Largest table of required efforts, bytes.
LARGEST_TABLE = 2 << 30
# A first climb skips gains below this share of P above the best known: it finds a good one quickly.
COARSE = 1 / 64
# A temptation that one step of the grid of scores moves by more than this share of P is not known.
VAGUE = 0.1
# A climb that takes more rounds than this share of n does not skip enough to be worth while.
PATIENCE = 1 / 8
# Prizes that differ by less than this share of P are told apart by rounding alone.
EQUAL_PRIZES = 1e-13


Best = tuple[float, tuple[int, int] | None]  # a gain and the pair (overtaker, overtaken)


class Temptation(NamedTuple):
    """The largest gain from leaving the honest profile, and what the grid of scores leaves open.

    Attributes
    ----------
    amount : float
        ``T``, prize units, >= 0; 0 where no overtake surely gains more than counts as a gain.
    pair : (int, int) or None
        ``(overtaker, overtaken)`` with that gain; None if it is 0.
    error : float
        By how much ``T`` changes if every rival's score is one step of the grid higher or lower, prize
        units.
    resolved : bool
        Whether ``T`` stays above 0 under such a step; or, if ``T`` is 0, at most `RESOLVED` P.
    scale : float
        ``P``, prize units.
    blurred : bool
        Whether ``amount`` itself is not known: one step changes a required effort by more than
        `RESOLVED` F although the curves have no flat stretch.
    """

    amount: float
    pair: tuple[int, int] | None
    error: float
    resolved: bool
    scale: float
    blurred: bool = False

    @property
    def known(self) -> float:
        """``T``; NaN where it is ``blurred``."""
        return float("nan") if self.blurred else self.amount


def required_effort(game: Game | str, protocol: Any, developers: Sequence[int] | None = None) -> Floats:
    """Least efforts to overtake on the honest board.

    Parameters
    ----------
    game : Game or str
        The game, or its name.
    protocol : protocol, str or pair
        The protocol, its name, or ``(name, parameters)``; its board must be a fixed function of efforts.
    developers : sequence of int, optional
        The overtakers, indices ``[m]``; default all n. Fewer of them save memory, but no time.

    Returns
    -------
    array of float
        ``[m, n]``, effort units; entry ``(r, k)`` is ``inf {e in [0, B_r] : v_r(Delta + e) > s_k}``, or
        ``>=`` where the tie rule favours r (theory section 2). 0 where r is above k already and on the
        diagonal; ``inf`` where no effort within the budget suffices.

    Raises
    ------
    ValueError
        A table larger than 2 GiB (see `next_efforts`), or developers who do not exist.

    Examples
    --------
    >>> import benchgame_env as bg
    >>> bg.theory.required_effort("three", "direct").round(3).tolist()  # the last needs 0.5 to be first
    [[0.0, 0.0, 0.0], [0.25, 0.0, 0.0], [0.5, 0.25, 0.0]]
    """
    subgame = Subgame.exact(game, protocol)
    n = subgame.n
    rows = np.arange(n) if developers is None else _indices(developers, n)
    size = 8 * rows.size * n
    if size > LARGEST_TABLE:
        raise ValueError(
            f"required_effort: {rows.size} x {n} entries take {size / 2**30:.1f} GiB, more than "
            f"{LARGEST_TABLE / 2**30:g}; name fewer developers, or see next_efforts"
        )
    board = HonestBoard.of(subgame)
    table = np.empty((n, rows.size))
    for places in _blocks(n, n):
        table[board.developers[places]] = board.efforts(places[:, None])[:, rows]
    table[rows, np.arange(rows.size)] = 0.0
    return table.T


def next_efforts(game: Game | str, protocol: Any) -> Floats:
    """The effort that each developer needs to pass the next one up on the honest board.

    To pass anybody further up takes at least as much effort. So this is the least `required_effort`
    over all developers above (or level, under ``split``), without the table.

    Parameters
    ----------
    game, protocol
        As for `required_effort`.

    Returns
    -------
    array of float
        ``[n]``, effort units; ``inf`` at the top of the board, and where no effort within the budget
        suffices.
    """
    return _next_efforts(HonestBoard.of(Subgame.exact(game, protocol)))


def _next_efforts(board: HonestBoard) -> Floats:
    effort = board.efforts(np.maximum(board.start, 0)[None])[0]
    return np.where(board.start < 0, np.inf, effort)


def climb(game: Game | str, protocol: Any) -> Floats:
    """`next_efforts` by rank: entry k is what rank k + 2 of the honest board needs to pass rank k + 1,
    ``[n - 1]``, effort units."""
    board = HonestBoard.of(Subgame.exact(game, protocol))
    return _next_efforts(board)[board.developers[1:]]


def overtakes(
    game: Game | str, protocol: Any, overtaken: Sequence[int] | None = None
) -> tuple[Floats, Floats]:
    """The effort that each overtake takes on the honest board, and what it gains.

    The largest gain, if positive, is `temptation`.

    Parameters
    ----------
    game, protocol
        As for `required_effort`.
    overtaken : sequence of int, optional
        The developers to pass, indices ``[m]``; default all.

    Returns
    -------
    efforts, gains : arrays of float
        ``[n, m]``, effort and prize units; entry ``(r, k)`` is for r passing the k-th of ``overtaken``,
        or under ``split`` joining it where that gains more. The gain is ``-inf`` where r is ahead
        already, or cannot pass.
    """
    board = HonestBoard.of(Subgame.exact(game, protocol))
    n = board.who.size
    wanted = np.arange(n) if overtaken is None else _indices(overtaken, n)
    efforts, gains = board.offers(np.argsort(board.developers)[wanted][:, None])
    return efforts.T, gains.T


def _indices(developers: Sequence[int], n: int) -> NDArray[np.int64]:
    wanted = np.asarray(developers)
    if wanted.ndim != 1 or wanted.dtype.kind not in "iu" or not ((wanted >= 0) & (wanted < n)).all():
        raise ValueError(f"developers: need indices from 0 to {n - 1}, got {developers!r}")
    return wanted.astype(np.int64)


def temptation(game: Game | str, protocol: Any) -> float:
    """``T``, the largest gain from leaving the honest profile; prize units, >= 0 (section 3).

    ``T = max over k above r of R_k - R_r - c(e_req(r over k))``, over all pairs and not only
    neighbours; a gain counts as in `benchgame_env.numerics`. The honest profile is a Nash equilibrium if
    and only if ``T = 0``. NaN where scores are too close for the grid on which they are published to
    tell, see `Temptation.known`.

    Parameters
    ----------
    game, protocol
        As for `required_effort`.

    Returns
    -------
    float
        ``T``, prize units, or NaN.

    Examples
    --------
    >>> import benchgame_env as bg
    >>> round(bg.theory.temptation("duel", "direct"), 3)  # a prize of 1, at an effort that costs 0.5
    0.5
    """
    return largest_temptation(Subgame.exact(game, protocol), with_error=False).known


def largest_temptation(subgame: Subgame, with_error: bool = True) -> Temptation:
    """`temptation`, the pair with that gain, and what one step of the grid of scores changes.

    A gain counts if it exceeds the cost of `STEPS` steps: if it is still a gain with rivals' scores
    higher by as much. Where one step more or less decides, the result is not ``resolved``. The ``error``
    takes as long as ``T`` itself; without it, it is 0.
    """
    subgame, scale = subgame.reduced(), subgame.game.prize_range
    boards = {shift: HonestBoard.of(subgame, shift) for shift in (-1, 0, 1, STEPS - 1, STEPS + 1)}

    def gains(shift: float) -> bool:
        return largest_gain(boards[shift], GAIN * scale)[1] is not None

    amount, pair = largest_gain(boards[0], GAIN * scale)
    if pair and not _gain(boards[STEPS + 1], pair) > GAIN * scale and not gains(STEPS - 1):
        pair = None
    if pair is None:
        error = max(largest_gain(boards[-1], 0.0)[0], 0.0)
        found = Temptation(0.0, None, error, error <= RESOLVED * scale, scale)
    else:
        # The best pair's own gains are close to the largest ones, which are found quickly from there.
        near = {
            way: largest_gain(boards[way], _gain(boards[way], pair))[0] for way in (-1, 1) if with_error
        }
        error = max((abs(gain - amount) for gain in near.values()), default=0.0)
        certain = _gain(boards[STEPS + 1], pair) > GAIN * scale or gains(STEPS + 1)
        found = Temptation(amount, pair, error, certain and error <= VAGUE * scale, scale)
    return found if found.resolved else found._replace(blurred=_is_blurred(subgame))


def _gain(board: HonestBoard, pair: tuple[int, int]) -> float:
    """What the overtaker of ``pair`` gains by passing the other."""
    place = np.flatnonzero(board.developers == pair[1])[:, None]
    return float(board.gains(place)[0, pair[0]])


def largest_factor(subgame: Subgame, shift: float) -> float:
    """By what all prizes may be multiplied before anybody gains by overtaking on the honest board, with
    rivals' scores moved by ``shift`` steps of the grid; ``inf`` if they may be as large as one likes."""
    subgame = subgame.reduced()
    board, edge = HonestBoard.of(subgame, shift), GAIN * subgame.game.prize_range
    blocks = _blocks(subgame.n, subgame.n)
    return min(float(board.factors(places[:, None], edge).min()) for places in blocks)


def _is_blurred(subgame: Subgame) -> bool:
    if subgame.declares("strictly_increasing") is False:
        return False  # flat stretches are intended
    lower, higher = HonestBoard.of(subgame, -1), HonestBoard.of(subgame, 1)
    useless = 2 * subgame.game.effort_scale  # how far beyond it an overtake lies makes no difference
    places = np.stack((np.maximum(lower.start, 0), np.zeros(subgame.n, dtype=int)))  # the next, the top
    low, high = (np.minimum(board.efforts(places), useless) for board in (lower, higher))
    with np.errstate(invalid="ignore"):  # inf - inf is nan: surely out of reach
        moved = high - low > RESOLVED * subgame.game.finite_effort_scale
    return bool((moved & (lower.start >= 0)).any())


def largest_gain(board: HonestBoard, bar: float) -> Best:
    """The largest gain above ``bar`` from an overtake on the honest board, and the pair; else ``bar``
    and None. Prize units; negative gains count too."""
    n = board.who.size
    best: Best = (bar, None)
    if n * n <= BLOCK:
        return _best_of(board, np.arange(n)[:, None], best)
    for slack in (COARSE, 0.0):
        best = _climb(board, best, slack * board.game.prize_range)
    return best


def _climb(board: HonestBoard, best: Best, slack: float) -> Best:
    """The largest gain, but for ``slack``: branch and bound over the places above each developer.

    Every developer climbs from the place above its own. What passing a place costs bounds what passing
    a higher one costs from below. So next comes the first place above that would win more than the best
    gain so far even at that price, and what lies between cannot hold a better one.
    """
    place = board.start
    slack += EQUAL_PRIZES * board.game.prize_range
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
