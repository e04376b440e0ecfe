"""Seeds that train side by side: they act and learn in the same calls, bit for bit as each would alone.

Small networks and tables spend much of their time on calls of NumPy and PyTorch, not on numbers. Seeds
in the same calls share that time.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchgame_env import VectorEnv
from benchgame_env.agents.base import Player, Round, Team
from benchgame_env.subgame import Subgame
from benchgame_env.validate import Floats


def can_train_together(vec: VectorEnv, players: Sequence[Player]) -> bool:
    """Whether seeds of these players can train side by side: the game draws nothing, and every player
    is a team whose seats learn by themselves from one-shot play (`Team.by_seat`), or an agent whose
    copies learn by themselves (`Agent.by_copy`). The class of the player says so itself: what derives
    from it may draw, keep or share more."""
    if vec.revision == "random" or Subgame(vec.game, vec.protocol).kind != "exact":
        return False
    return all(
        _says("by_seat", one) and vec.horizon == 1 if isinstance(one, Team) else _says("by_copy", one)
        for one in players
    )


def _says(name: str, player: Player) -> bool:
    return name in vars(type(player)) and bool(getattr(player, name))


def side_by_side(players: Sequence[Any]) -> SideBySide:
    """Players of the same developers, one for each of several seeds, as one player.

    Parameters
    ----------
    players : sequence of Team or of Agent
        Players that can train together, equal but for their seeds and for what they have learned.
    """
    kind = _BySeat if isinstance(players[0], Team) else _ByCopy
    return kind(players)


class SideBySide(Player):
    """Players of several seeds as one.

    It plays a batched game whose copies are those of the first seed, then those of the second, and so
    on. Its generators are `Streams` of as many.

    Parameters
    ----------
    players : sequence of Player
        See `side_by_side`.
    """

    def __init__(self, players: Sequence[Any]) -> None:
        self.at, self.seeds = players[0].at, len(players)
        self._wide = self._widened(players)
        self._wide.load(_joined([player.save() for player in players]))

    @abstractmethod
    def _widened(self, players: Sequence[Any]) -> Any:
        """A player with room for what all of them learn."""

    def saved_by_seed(self) -> list[dict[str, Any]]:
        """What the player of each seed would save."""
        saved = self._wide.save()
        return [_part(saved, seed, self.seeds) for seed in range(self.seeds)]

    def losses_by_seed(self) -> list[dict[str, float]]:
        """The losses of the player of each seed."""
        return [{} for _ in range(self.seeds)]


class _ByCopy(SideBySide):
    """Agents whose copies learn by themselves: more copies."""

    def _widened(self, players: Sequence[Any]) -> Any:
        return players[0].widened(self.seeds)

    def act(self, observations: NDArray[np.float32], rng: np.random.Generator) -> NDArray[Any]:
        self._wide.mode = self.mode
        return self._wide.act(observations, rng)

    def learn(self, played: Round, rng: np.random.Generator) -> None:
        self._wide.learn(played, rng)


class _BySeat(SideBySide):
    """Teams whose seats learn by themselves from one-shot play: more seats."""

    def _widened(self, players: Sequence[Any]) -> Any:
        seats = [seat for team in players for seat in team.seats]
        return type(players[0])(seats, **asdict(players[0].settings))

    def act(self, observations: NDArray[np.float32], rng: np.random.Generator) -> NDArray[Any]:
        self._wide.mode = self.mode
        # The rule draws nothing, so that all episodes open alike.
        first = np.tile(observations[:1], (1, self.seeds, 1))
        self._seen = np.broadcast_to(first, (len(observations) // self.seeds, *first.shape[1:]))
        actions = self._wide.act(self._seen, rng)
        by_seed = actions.reshape(len(actions), self.seeds, -1).swapaxes(0, 1)
        return by_seed.reshape(len(observations), -1)

    def learn(self, played: Round, rng: np.random.Generator) -> None:
        self._wide.learn(
            played._replace(
                observations=self._seen,
                actions=self._by_seat(played.actions),
                efforts=self._by_seat(played.efforts),
                payoffs=self._by_seat(played.payoffs),
            ),
            rng,
        )

    def losses_by_seed(self) -> list[dict[str, float]]:
        k = len(self.at)
        return [self._wide.losses_of(slice(seed * k, (seed + 1) * k)) for seed in range(self.seeds)]

    def _by_seat(self, values: NDArray[Any]) -> Floats:
        """``[seeds * copies, k]`` as ``[copies, seeds * k]``."""
        copies = len(values) // self.seeds
        return values.reshape(self.seeds, copies, -1).swapaxes(0, 1).reshape(copies, -1)


def _joined(saved: Sequence[Any]) -> Any:
    """What several teams saved as one, with arrays joined on the first axis."""
    first = saved[0]
    if isinstance(first, dict):
        return {key: _joined([one[key] for one in saved]) for key in first}
    if not getattr(first, "ndim", 0):
        return first
    if isinstance(first, np.ndarray):
        return np.concatenate(saved)
    import torch  # here, because a team need not know it

    return torch.cat(list(saved))


def _part(saved: Any, seed: int, seeds: int) -> Any:
    """The part of a seed of what was joined, as arrays of its own."""
    if isinstance(saved, dict):
        return {key: _part(one, seed, seeds) for key, one in saved.items()}
    if not getattr(saved, "ndim", 0):
        return saved
    k = len(saved) // seeds
    part = saved[seed * k : (seed + 1) * k]
    return part.copy() if isinstance(part, np.ndarray) else part.clone()
