"""One seat for anybody's policy."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchgame_env.agents.base import Agent, Seat
from benchgame_env.agents.outside.named import named_policy
from benchgame_env.agents.outside.rows import as_rows
from benchgame_env.play.actions import real_number, real_numbers
from benchgame_env.validate import Floats

SAVED = "policy_file"  # what `save` calls the hash of a file


class FromPolicy(Agent):
    """Plays a policy that was made elsewhere, and learns nothing.

    Formula: ``a = policy(o)`` for the observation ``o`` of this developer. Finite actions are clipped to
    the effort axis, as by the environment. Used as: the seat of everybody's own algorithm.

    Parameters
    ----------
    seat : Seat
        The seat that it plays.
    policy : str, path or object
        ``MODULE:NAME``, the path of a file (``.zip`` of stable-baselines3; ``.pt`` or ``.pth`` with a
        torch module or a TorchScript module), or the policy itself: a callable
        ``policy(observation, rng=None)`` that returns one action (with an attribute ``batched = True``
        it takes observations ``[batch, size]`` and returns actions ``[batch]``); an algorithm or a
        policy of stable-baselines3; a torch module from observations ``[batch, size]`` to actions; a
        TorchRL policy that reads ``observation`` and writes ``action``. Loading a file can run any code.

    Raises
    ------
    ValueError
        There is no such policy, or it is for other observations or actions.
    """

    def __init__(self, seat: Seat, policy: Any = None) -> None:
        super().__init__(seat)
        self.name, made, self._hash = named_policy(policy)
        with_name = f"policy {self.name}"
        self._rows = as_rows(with_name, made, seat)
        self._said = f"{with_name}, developer_{seat.developer}"

    def act(self, observations: NDArray[np.float32], rng: np.random.Generator) -> NDArray[np.float64]:
        try:
            answer = self._rows(observations.copy(), rng, self.mode == "greedy")
        except Exception as error:  # whatever a policy of others does
            what = f"{type(error).__name__}: {error}"
            raise ValueError(f"{self._said}: {' '.join(what.split())[:300]}") from error
        actions = self._numbers(answer, len(observations))
        self.seat.axis.check(actions, lambda at: f"{self._said}, copy {at[0]}")
        return actions

    def _numbers(self, answer: Any, batch: int) -> Floats:
        """The answer for ``batch`` rows as actions ``[batch]``."""
        field = f"{self._said}: action"
        if isinstance(answer, list):
            actions = np.array([real_number(field, one) for one in answer])
        else:
            actions = real_numbers(field, answer)
        if actions.shape not in ((batch,), (batch, 1)):
            raise ValueError(f"{field}: expected shape ({batch},) or ({batch}, 1), got {actions.shape}")
        return actions.reshape(batch)

    def save(self) -> dict[str, Any]:
        return {SAVED: self._hash} if self._hash else {}

    def load(self, saved: dict[str, Any]) -> None:
        if saved != self.save():
            raise ValueError(f"policy {self.name}: its file was another one when this was saved")
