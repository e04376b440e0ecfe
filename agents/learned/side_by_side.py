"""Seeds that train side by side: their teams act and learn as one, bit for bit as each would alone.

One-shot games of small networks spend their time on calls of NumPy and PyTorch, not on numbers. So ten
seeds in one team take little more time than one.
"""

from __future__ import annotations

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
    """Whether seeds of these players can train side by side: the game is played once in an episode, by
    a rule that draws nothing, and every player is a team whose seats learn by themselves."""
    one_shot = vec.horizon == 1 and vec.revision == "simultaneous"
    exact = Subgame(vec.game, vec.protocol).kind == "exact"
    return one_shot and exact and all(isinstance(one, Team) and one.by_seat for one in players)


class SideBySide(Team):
    """Teams of the same developers, one for each of several seeds, as one team.

    It plays a batched game whose copies are those of the first seed, then those of the second, and so
    on. Its generators are `Streams` of as many.

    Parameters
    ----------
    teams : sequence of Team
        Teams that can train together, equal but for their seeds and for what they have learned.
    """

    def __init__(self, teams: Sequence[Any]) -> None:
        super().__init__(teams[0].seats)
        self.seeds = len(teams)
        seats = [seat for team in teams for seat in team.seats]
        self._team: Team = type(teams[0])(seats, **asdict(teams[0].settings))
        self._team.load(_joined([team.save() for team in teams]))

    def act(self, observations: NDArray[np.float32], rng: np.random.Generator) -> NDArray[Any]:
        self._team.mode = self.mode
        # The rule draws nothing, so that all episodes open alike.
        first = np.tile(observations[:1], (1, self.seeds, 1))
        self._seen = np.broadcast_to(first, (len(observations) // self.seeds, *first.shape[1:]))
        actions = self._team.act(self._seen, rng)
        by_seed = actions.reshape(len(actions), self.seeds, -1).swapaxes(0, 1)
        return by_seed.reshape(len(observations), -1)

    def learn(self, played: Round, rng: np.random.Generator) -> None:
        self._team.learn(
            played._replace(
                observations=self._seen,
                actions=self._by_seat(played.actions),
                efforts=self._by_seat(played.efforts),
                payoffs=self._by_seat(played.payoffs),
            ),
            rng,
        )

    def saved_by_seed(self) -> list[dict[str, Any]]:
        """What the team of each seed would save."""
        return [_part(self._team.save(), seed, self.seeds) for seed in range(self.seeds)]

    def losses_by_seed(self) -> list[dict[str, float]]:
        """The losses of the team of each seed."""
        k = len(self.at)
        return [self._team.losses_of(slice(seed * k, (seed + 1) * k)) for seed in range(self.seeds)]

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
