"""Magnetic mirror descent: independent actors and critics whose last iterate settles."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from benchgame_env.agents.base import Round, Seat, Team, draw_choices, once
from benchgame_env.agents.learned.perceptrons import Perceptrons
from benchgame_env.agents.learned.ranges import Ranges
from benchgame_env.agents.saved import check_names, saved_array, saved_count
from benchgame_env.metrics import Strategy
from benchgame_env.validate import Floats, count, number


@dataclass(frozen=True)
class MMDSettings:
    """Hyperparameters of `MMD`. Step and temperature are in units of P, the spread of prizes.

    Attributes
    ----------
    choices : int
        Number of choices on continuous efforts, >= 2, see `agents.learned.ranges`.
    step : float
        How far a policy moves along what it has learned, at the start, > 0.
    step_after : float
        Updates after which the step begins to fall, > 0: it is ``step / (1 + t / step_after)``.
    temperature : float
        Pull of the magnet at the start, >= 0.
    temperature_after, temperature_power : float
        The temperature is ``temperature (1 + t / temperature_after)^-temperature_power``; > 0, >= 0.
    memory : float
        Decisions that what the critic thinks of a choice weighs against those of an update, > 0.
    gamma : float
        Discount per round, in [0, 1]; 0 is one-shot (myopic) play.
    hidden : int
        Units in each of the two hidden layers.

    Raises
    ------
    ValueError
        A value out of its range.
    """

    choices: int = 64
    step: float = 0.5
    step_after: float = 100.0
    temperature: float = 0.1
    temperature_after: float = 30.0
    temperature_power: float = 0.45
    memory: float = 20.0
    gamma: float = 0.0
    hidden: int = 64

    def __post_init__(self) -> None:
        for name in ("step", "step_after", "temperature_after", "memory"):
            number(name, getattr(self, name), low=0, strict=True)
        for name in ("temperature", "temperature_power"):
            number(name, getattr(self, name), low=0)
        number("gamma", self.gamma, low=0, high=1)
        count("hidden", self.hidden)

    def step_at(self, update: int) -> float:
        """The step of an update."""
        return self.step / (1 + update / self.step_after)

    def temperature_at(self, update: int) -> float:
        """The temperature of an update."""
        return self.temperature * (1 + update / self.temperature_after) ** -self.temperature_power


class Decision(NamedTuple):
    """A round of all copies; k seats on the first axis.

    Where all copies see the same, there is one row for all of them.
    """

    seen: NDArray[np.float32]  # [k, rows, size]
    policy: Floats  # logarithms of the probabilities of choices, [k, rows, m]
    after: NDArray[np.float32]  # [k, rows or copies, size]; with gamma > 0 only
    choices: NDArray[np.int64]  # [k, copies]
    payoffs: Floats  # [k, copies], units of P
    turn: NDArray[np.bool_]  # [k, copies]


class MMD(Team):
    """Moves each policy along what its own payoffs say of each choice, and is drawn to uniform play by a
    magnet that becomes weaker and weaker. Each seat has an actor and a critic of its own, which know
    nothing of the game but what they see and what they earn.

    Formula (Sokota et al. 2023, arXiv 2206.05825, equation 13 with a uniform magnet): the new policy
    maximises ``<q, p> - tau KL(p, uniform) - KL(p, old) / eta``, so that ``log p = (log old + eta q) /
    (1 + eta tau) + constant``. ``q`` is the critic, corrected by what was earned: for choice a,
    ``critic(a) + sum (payoff - critic(a)) / (N old(a) + 1)`` over the copies, of N, that made it (the 1
    as in Neu 2015). With gamma > 0 the critic's value of the next board counts. The networks are led to
    these targets, see `Perceptrons`. It learns after each episode. Used as: the policy-gradient learner
    whose last iterate settles at a mixed equilibrium.

    Parameters
    ----------
    seats : sequence of Seat
        The seats that it plays.
    **settings
        Fields of `MMDSettings`.

    Raises
    ------
    ValueError
        A setting out of its range.
    """

    Settings = MMDSettings

    def __init__(self, seats: Sequence[Seat], **settings: Any) -> None:
        super().__init__(seats)
        self.settings = s = MMDSettings(**settings)
        self._ranges = Ranges(seats, s.choices)
        self._m, self._scale = self._ranges.efforts.shape[1], seats[0].game.prize_range or 1.0
        sizes = seats[0].layout.size, s.hidden, s.hidden, self._m
        self._actors, self._critics = (Perceptrons(seats, stream, sizes) for stream in range(2))
        self._turns = seats[0].layout.parts["turn"]
        self._update = 0
        self._played: list[Decision] = []  # rounds of this episode

    def act(self, observations: NDArray[np.float32], rng: np.random.Generator) -> Floats:
        self._seen, copies = self._view(observations), len(observations)
        self._policy = self._log_chances(self._seen)
        if self.mode == "greedy":
            likeliest = self._policy.argmax(axis=2)
            self._chosen = np.broadcast_to(likeliest, (len(likeliest), copies))
        else:
            self._chosen = draw_choices(np.exp(self._policy), rng, copies)
        return self._ranges.actions(self._chosen, rng).T

    @property
    def looks_ahead(self) -> bool:
        return self.settings.gamma > 0

    @property
    def by_seat(self) -> bool:  # type: ignore[override]
        return not self.settings.gamma

    def strategies(self, observations: NDArray[np.float32]) -> list[Strategy] | None:
        return self._ranges.strategies(np.exp(self._log_chances(self._view(observations))[:, 0]))

    def learn(self, played: Round, rng: np.random.Generator) -> None:
        turns = played.observations[..., self._turns]
        turn = turns[:, np.arange(len(self.at)), self.at].T > 0  # of each seat, in what that seat saw
        payoffs = played.payoffs.T / self._scale
        after = self._view(played.after) if self.settings.gamma else self._seen
        self._played.append(Decision(self._seen, self._policy, after, self._chosen, payoffs, turn))
        if played.ended:
            self._train(self._played)
            self._played = []
            self._update += 1

    def save(self) -> dict[str, Any]:
        actors, critics = self._actors.weights.copy(), self._critics.weights.copy()
        return {"actors": actors, "critics": critics, "update": self._update}

    def load(self, saved: dict[str, Any]) -> None:
        check_names("mmd", saved, ("actors", "critics", "update"))
        for name, own in (("actors", self._actors), ("critics", self._critics)):
            own.weights[:] = saved_array(saved, name, own.weights)
        self._update = saved_count(saved, "update")

    def _view(self, observations: NDArray[np.float32]) -> NDArray[np.float32]:
        """What the networks see of ``[copies, k, size]``: ``[k, copies, size]``, or one row if all
        copies see the same."""
        seen = np.swapaxes(once(observations), 0, 1).copy()
        if not self.settings.gamma:
            seen[..., self.seats[0].layout.parts["rounds_left"]] = 0.0
        return seen

    def _log_chances(self, seen: NDArray[np.float32]) -> Floats:
        """Logarithms of the probabilities of the choices, ``[k, rows, m]``."""
        logits = self._actors.outputs(seen).astype(np.float64)
        shifted = logits - logits.max(axis=-1, keepdims=True)
        return shifted - np.log(np.exp(shifted).sum(axis=-1, keepdims=True))

    def _train(self, played: list[Decision]) -> None:
        """Lead critics and actors to their targets for the rounds of an episode."""
        s, rounds = self.settings, [one.seen.shape[1] for one in played]
        seen = np.concatenate([one.seen for one in played], axis=1)
        policy = np.concatenate([one.policy for one in played], axis=1)
        thought = self._critics.outputs(seen).astype(np.float64)
        # The cell of each copy's choice in arrays [k, rows, m].
        starts, copies = np.cumsum([0, *rounds[:-1]]), played[0].choices.shape[1]
        at = np.concatenate(
            [t + np.arange(copies) * (r > 1) for t, r in zip(starts, rounds, strict=True)]
        )
        choices, turn, gains = (
            np.concatenate(parts, axis=1)
            for parts in zip(*((o.choices, o.turn, self._gains(o)) for o in played), strict=True)
        )
        seats = np.arange(len(choices))[:, None]
        cells = (seats * thought.shape[1] + at) * self._m + choices
        errors = gains - thought.ravel()[cells]

        def by_cell(weights: NDArray[Any], values: Any = 1.0) -> Floats:
            added = np.bincount(cells.ravel(), (weights * values).ravel(), thought.size)
            return added.astype(np.float64).reshape(thought.shape)

        made, missed = by_cell(turn), by_cell(turn, errors)
        chances = np.exp(policy)
        eta, tau = s.step_at(self._update), s.temperature_at(self._update)
        expected = chances * made.sum(axis=(1, 2), keepdims=True)  # how often a choice is made
        own = thought + _per_row(missed, made, expected + 1.0)
        self._actors.lead(seen, (policy + eta * own) / (1 + eta * tau), _weights(made))
        if s.gamma:  # the value of a board matters also where others have the turn
            made, missed = by_cell(np.ones_like(turn)), by_cell(np.ones_like(turn), errors)
        often = made.sum(axis=1, keepdims=True) + s.memory
        self._critics.lead(seen, thought + _per_row(missed, made, often), _weights(made))
        self.figures = {
            "entropy": -(chances * policy).sum(axis=2).mean(axis=1),
            "value_error": np.sqrt(np.square(errors).mean(axis=1)),
            "temperature": np.full(len(seats), tau),
            "step": np.full(len(seats), eta),
        }

    def _gains(self, played: Decision) -> Floats:
        """Payoffs, and with gamma > 0 the value of what comes later, ``[k, copies]``. Episodes are cut
        off and do not end, so that the board after the last round counts too."""
        gamma = self.settings.gamma
        if not gamma:
            return played.payoffs
        later = (np.exp(self._log_chances(played.after)) * self._critics.outputs(played.after)).sum(
            axis=2
        )
        return played.payoffs + gamma * later


def _weights(made: Floats) -> Floats:
    """The share of each row ``[k, rows]`` in the choices ``made``, ``[k, rows, m]``."""
    rows = made.sum(axis=2)
    return rows / np.maximum(rows.sum(axis=1, keepdims=True), 1.0)


def _per_row(missed: Floats, made: Floats, often: Floats) -> Floats:
    """Errors ``missed`` over ``often``, for rows that count by `_weights`: where all rows are alike, the
    mean over rows is as if there were one."""
    share = _weights(made)[..., None]
    return missed / np.where(share > 0, share * often, 1.0)
