"""What agents see of the whole game: parts of the subgame's vectors, and what was announced."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from benchgame_env.play.env import BenchGameEnv
from benchgame_env.play.parts import PARAMETERS, UNIT, published
from benchgame_env.play.spaces import Box

# The designer sees the board and the clock; of a subgame's observation, what all developers see alike.
BOARD = ("board_scores", "board_ranks", "turn", "rounds_left")
CLOSED = ("turn", "rounds_left")  # 0 while no round can be played


class View(NamedTuple):
    """How one kind of vector is made of a subgame's.

    Attributes
    ----------
    taken : list of array of int
        For each setting, the places in the subgame's vector that are taken over.
    parts : dict of str to slice
        Where each part of the new vector lies.
    space : Box
        The space of the new vector.
    """

    taken: list[NDArray[np.intp]]
    parts: dict[str, slice]
    space: Box

    def write(
        self, vector: NDArray[np.float32], told: NDArray[np.float32], k: int
    ) -> NDArray[np.float32]:
        """The new vector, of the subgame's under setting ``k`` and of what is told beside it.

        ``told`` ends with whether the designer is on turn, and the share of announcements to come.
        """
        new = np.concatenate((vector[self.taken[k]], told))
        if told[-2]:
            for name in CLOSED:
                new[self.parts[name]] = 0.0
        return new


class Announcement:
    """The parts that tell what was announced, and views that have them.

    Parameters
    ----------
    subgames : sequence of BenchGameEnv
        The developer subgame under each setting.

    Attributes
    ----------
    developer, designer, state : View
        Of a developer's observation, the designer's, and the global state.
    """

    def __init__(self, subgames: Sequence[BenchGameEnv]) -> None:
        names = sorted({name for subgame in subgames for name in subgame.protocol.published})
        self._told = np.zeros((len(subgames), len(subgames) + len(names) + 2), dtype=np.float32)
        for k, subgame in enumerate(subgames):
            self._told[k, k] = 1.0
            values = published(subgame.vector.observer.setting)
            for name, value in zip(subgame.protocol.published, values, strict=True):
                self._told[k, len(subgames) + names.index(name)] = value
        lengths = {"announced": len(subgames), "parameters": len(names)}
        self._lengths = lengths | {"designer_turn": 1, "announcements_left": 1}
        seen = [subgame.observation_parts for subgame in subgames]
        seen_in = [subgame.observation_spaces["developer_0"] for subgame in subgames]
        whole, spaces = [subgame.state_parts for subgame in subgames], [s.state_space for s in subgames]
        self.developer = self._view(seen, seen_in, [name for name in seen[0] if name != "published"])
        self.designer = self._view(seen, seen_in, BOARD)
        self.state = self._view(whole, spaces, [name for name in whole[0] if name != "published"])

    def told(self, setting: int, is_turn: bool, left: float) -> NDArray[np.float32]:
        """The parts that are added: the setting in force, whether the designer announces next, and the
        share of announcements to come."""
        told = self._told[setting].copy()
        told[-2:] = is_turn, left
        return told

    def _view(
        self, parts: Sequence[Mapping[str, slice]], spaces: Sequence[Box], names: Sequence[str]
    ) -> View:
        taken = [np.concatenate([np.r_[own[name]] for name in names]) for own in parts]
        lengths = {name: parts[0][name].stop - parts[0][name].start for name in names} | self._lengths
        ends = np.cumsum(list(lengths.values())).tolist()
        where = {name: slice(end - lengths[name], end) for name, end in zip(lengths, ends, strict=True)}
        low = np.min([space.low[at] for space, at in zip(spaces, taken, strict=True)], axis=0)
        high = np.max([space.high[at] for space, at in zip(spaces, taken, strict=True)], axis=0)
        for name in CLOSED:
            low[where[name]] = 0.0
        for name, length in self._lengths.items():
            least, most = PARAMETERS if name == "parameters" else UNIT
            low, high = np.append(low, [least] * length), np.append(high, [most] * length)
        return View(taken, where, Box(low.astype(np.float32), high.astype(np.float32), dtype=np.float32))
