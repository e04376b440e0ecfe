"""A protocol on trial: what the checks draw, play and compare."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchgame_env.game import Board, Game
from benchgame_env.rules.contract import Adapted, Protocol, Traits
from benchgame_env.validate import Floats

CLOSE = 1e-9  # scores nearer to each other than this, relative to max(1, score), may rank either way
SIGMAS = 6.0  # a difference of means beyond this many standard errors is none of chance (1e-9 each)
ROUNDS = 4  # of an episode under a rule with state; else one board is enough
ROWS_AT_ONCE = 500  # a rule may draw every item of a test for every row


class RuleError(AssertionError):
    """What a check found wrong; the message is a sentence that says what to mend."""


def need(condition: Any, sentence: str) -> None:
    """Raise a RuleError unless all of ``condition`` holds."""
    if not np.all(condition):
        raise RuleError(sentence)


@dataclass(frozen=True, eq=False)
class Trial:
    """One protocol on one game; every draw follows from ``seed`` and the number of a stream."""

    protocol: Protocol
    game: Game
    seed: int

    @property
    def n(self) -> int:
        """Number of developers."""
        return self.game.n_developers

    @property
    def traits(self) -> Traits:
        """What the protocol promises."""
        return self.protocol.traits

    @property
    def given(self) -> Any:
        """The protocol as its author wrote it."""
        return self.protocol.rule if isinstance(self.protocol, Adapted) else self.protocol

    @cached_property
    def noisy(self) -> bool:
        """Whether the rule may draw its boards, and does."""
        if self.traits.draws == "none":
            return False
        boards = [self.fresh().board(self.efforts(20), stream) for stream in (1, 2)]
        return not identical(*boards) or not self.fresh().rows_are_alike()

    def rows_are_alike(self) -> bool:
        """Whether all episodes of a batch with equal efforts have the same board."""
        rows = self.draws(self.top / 2, 40)
        return all((part == part[0]).all() for part in rows)

    @property
    def top(self) -> Floats:
        """The largest effort tried, ``[n]``: what actions can name, or 1 where nothing can be won."""
        return self.game.max_effort if self.game.max_effort.any() else np.minimum(self.game.budget, 1.0)

    def fresh(self) -> Trial:
        """The same with a copy of the protocol that nobody has played on."""
        return Trial(copy.deepcopy(self.protocol), self.game, self.seed)

    def on(self, game: Game) -> Trial:
        """The same protocol on another ``game``."""
        return Trial(self.protocol, game, self.seed)

    def rng(self, stream: int = 0) -> np.random.Generator:
        """A new generator for the stream with this number."""
        return np.random.default_rng([self.seed, stream])

    def efforts(self, *shape: int, stream: int = 0) -> Floats:
        """Own efforts ``[*shape, n]`` up to `top`, a quarter of them zero, so that twins tie."""
        rng = self.rng(1000 + stream)
        size = (*shape, self.n)
        return np.where(rng.random(size) < 0.25, 0.0, rng.random(size) * self.top)

    def board(self, efforts: Floats, stream: int = 0) -> Board:
        """``evaluate`` at efforts ``[..., n]``, its result checked for members, shape and numbers."""
        found = self.protocol.evaluate(self.game, efforts.copy(), self.rng(stream))
        return checked(found, efforts.shape, "evaluate")

    def rounds(self, *shape: int, stream: int = 0) -> Floats:
        """Own efforts ``[rounds, *shape, n]`` of an episode."""
        return self.efforts(ROUNDS if self.traits.remembers else 1, *shape, stream=stream)

    def episode(self, rounds: Floats, stream: int = 0) -> Board:
        """Boards ``[rounds, ..., n]`` of an episode with efforts ``[rounds, ..., n]``."""
        rng, shape = self.rng(stream), rounds.shape[1:]
        state = self.protocol.start(self.game, shape)
        boards = []
        for k, held in enumerate(rounds):
            board, state = self.play(held, state, rng, opening=k == 0)
            boards.append(board)
        return stack(boards)

    def play(
        self, held: Floats, state: Any, rng: np.random.Generator, opening: bool
    ) -> tuple[Board, Any]:
        """One round, in which those with some effort have revised; on the opening board nobody has."""
        revised = (held > 0) & (not opening)
        board, after = self.protocol.play(self.game, held.copy(), state, rng, revised)
        return checked(board, held.shape, "play" if self.traits.remembers else "evaluate"), after

    def boards(self, rows: int) -> Board:
        """Boards ``[rows or more, n]``, those of later rounds among them where the rule has state."""
        scores, ranks, prizes = self.episode(self.rounds(rows))
        n = self.n
        return Board(scores.reshape(-1, n), ranks.reshape(-1, n), prizes.reshape(-1, n))

    def draws(self, efforts: Floats, size: int, stream: int = 0) -> Board:
        """``size`` boards ``[size, ..., n]`` drawn at efforts ``[..., n]``, few at a time."""
        rng, boards, left = self.rng(stream), [], size
        while left:
            few = min(left, max(1, ROWS_AT_ONCE * self.n // efforts.size))
            rows = np.broadcast_to(efforts, (few, *efforts.shape))
            found = self.protocol.evaluate(self.game, rows.copy(), rng)
            boards.append(checked(found, rows.shape, "evaluate"))
            left -= few
        return Board(*(np.concatenate(parts) for parts in zip(*boards, strict=True)))


def checked(found: Any, shape: tuple[int, ...], source: str) -> Board:
    """``found`` as arrays; a `RuleError` unless it is a board of this shape, of finite numbers."""
    for part in Board._fields:
        if not hasattr(found, part):
            raise RuleError(f"{source} must return scores, ranks and prizes, as bg.Board does")
        value = np.asarray(getattr(found, part))
        if value.shape != shape:
            raise RuleError(
                f"{source} must return {part} of the efforts' shape {shape}, got {value.shape}: "
                "compute along the last axis and leave the axes before it alone"
            )
        if value.dtype.kind not in ("iu" if part == "ranks" else "iuf"):
            raise RuleError(
                f"{source} must return {part} as numbers, ranks as whole ones; got {value.dtype}"
            )
        if not np.isfinite(value).all():
            raise RuleError(f"{source} must return finite {part}, got {value[~np.isfinite(value)][0]}")
    return Board(*(np.asarray(getattr(found, part)) for part in Board._fields))


def pick(boards: Board, index: Any) -> Board:
    """The part of ``boards`` at ``index`` of the first axis."""
    return Board(boards.scores[index], boards.ranks[index], boards.prizes[index])


def stack(boards: Sequence[Board]) -> Board:
    """Boards as one, with a new first axis."""
    scores, ranks, prizes = zip(*boards, strict=True)
    return Board(np.stack(scores), np.stack(ranks), np.stack(prizes))


def clear(scores: Floats) -> NDArray[np.bool_]:
    """Whose score is clear of all others on the board, ``[..., n]``: its rank is no matter of ties."""
    gap = np.abs(scores[..., :, None] - scores[..., None, :])
    near = gap <= CLOSE * np.maximum(1.0, np.abs(scores))[..., None]
    return near.sum(axis=-1) == 1


def same(one: Board, other: Board) -> bool:
    """Whether two boards are equal but for rounding, and for ranks of scores that all but tie."""
    scores = np.maximum(1.0, np.abs(one.scores))
    settled = clear(one.scores)
    return bool(
        (np.abs(one.scores - other.scores) <= CLOSE * scores).all()
        and (one.ranks == other.ranks)[settled].all()
        and np.allclose(one.prizes[settled], other.prizes[settled], rtol=1e-9, atol=1e-9)
    )


def identical(one: Any, other: Any) -> bool:
    """Whether two states or boards are the same, bit for bit, whatever they are made of."""
    if isinstance(one, np.ndarray) or isinstance(other, np.ndarray):
        kinds = np.asarray(one).dtype.kind == np.asarray(other).dtype.kind
        numbers = np.asarray(one).dtype.kind in "fc"
        return kinds and np.array_equal(one, other, equal_nan=numbers)
    if type(one) is not type(other):
        return False
    if isinstance(one, dict):
        return one.keys() == other.keys() and all(identical(one[key], other[key]) for key in one)
    if isinstance(one, (list, tuple)):
        return len(one) == len(other) and all(map(identical, one, other))
    if isinstance(one, np.random.Generator):
        return identical(one.bit_generator.state, other.bit_generator.state)
    if hasattr(one, "__dict__"):
        return identical(vars(one), vars(other))
    return bool(one == other)


def differ_in_mean(one: Floats, other: Floats) -> NDArray[np.bool_]:
    """Where two samples ``[draws, ...]`` have means that chance does not explain."""
    excess, error = mean_excess(one, other)
    return np.abs(excess) > SIGMAS * error + CLOSE * np.maximum(1.0, np.abs(one).max(axis=0))


def mean_excess(one: Floats, other: Floats) -> tuple[Floats, Floats]:
    """How far the mean of ``one`` lies above that of ``other``, and the standard error of that."""
    error = np.sqrt(one.var(axis=0) / len(one) + other.var(axis=0) / len(other))
    return one.mean(axis=0) - other.mean(axis=0), error
