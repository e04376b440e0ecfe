"""Magnetic mirror descent: independent actors and critics whose last iterate settles."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from benchgame_env.agents.base import Round, Seat, Team, draw_choices
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

    seen: Floats  # [k, rows, size]
    after: Floats  # [k, rows or copies, size]
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
        self._ranges = [Ranges(seat, s.choices) for seat in seats]
        self._m, self._scale = len(self._ranges[0].efforts), seats[0].game.prize_range or 1.0
        sizes = seats[0].layout.size, s.hidden, s.hidden, self._m
        self._actors, self._critics = (Perceptrons(seats, stream, sizes) for stream in range(2))
        self._turns = seats[0].layout.parts["turn"]
        self._update = 0
        self._played: list[Decision] = []  # rounds of this episode
        self._losses: dict[str, Floats] = {}

    def act(self, observations: NDArray[np.float32], rng: np.random.Generator) -> Floats:
        self._seen = self._view(observations)
        chances, shape = self._chances(self._seen), (len(self.seats), len(observations))
        if self.mode == "greedy":
            chosen = np.broadcast_to(chances.argmax(axis=2), shape)
        else:
            chosen = draw_choices(chances, rng, shape)
        self._chosen = chosen
        actions = [own.actions(c, rng) for own, c in zip(self._ranges, chosen, strict=True)]
        return np.column_stack(actions)

    @property
    def looks_ahead(self) -> bool:
        return self.settings.gamma > 0

    def strategies(self, observations: NDArray[np.float32]) -> list[Strategy] | None:
        chances = self._chances(self._view(observations))[:, 0]
        return [own.strategy(row) for own, row in zip(self._ranges, chances, strict=True)]

    def learn(self, played: Round, rng: np.random.Generator) -> None:
        turns = played.observations[..., self._turns]
        turn = turns[:, np.arange(len(self.at)), self.at].T > 0  # of each seat, in what that seat saw
        payoffs = played.payoffs.T / self._scale
        self._played.append(Decision(self._seen, self._view(played.after), self._chosen, payoffs, turn))
        if played.ended:
            self._train(self._played)
            self._played = []
            self._update += 1

    def losses(self) -> dict[str, float]:
        return {
            f"developer_{seat.developer}/{key}": float(values[j])
            for j, seat in enumerate(self.seats)
            for key, values in self._losses.items()
        }

    def save(self) -> dict[str, Any]:
        actors, critics = self._actors.weights.copy(), self._critics.weights.copy()
        return {"actors": actors, "critics": critics, "update": self._update}

    def load(self, saved: dict[str, Any]) -> None:
        check_names("mmd", saved, ("actors", "critics", "update"))
        for name, own in (("actors", self._actors), ("critics", self._critics)):
            own.weights[:] = saved_array(saved, name, own.weights)
        self._update = saved_count(saved, "update")

    def _view(self, observations: NDArray[np.float32]) -> Floats:
        """What the networks see of ``[copies, k, size]``: ``[k, copies, size]``, or one row if all
        copies see the same."""
        alike = bool((observations == observations[:1]).all())
        seen = np.swapaxes(observations[:1] if alike else observations, 0, 1).astype(np.float64)
        if not self.settings.gamma:
            seen[..., self.seats[0].layout.parts["rounds_left"]] = 0.0
        return seen

    def _chances(self, seen: Floats) -> Floats:
        """Probabilities of the choices, ``[k, rows, m]``."""
        return np.exp(_log_softmax(self._actors.outputs(seen)))

    def _train(self, played: list[Decision]) -> None:
        """Lead critics and actors to their targets for the rounds of an episode."""
        s, rounds = self.settings, [one.seen.shape[1] for one in played]
        seen = np.concatenate([one.seen for one in played], axis=1)
        policy = _log_softmax(self._actors.outputs(seen))
        thought = self._critics.outputs(seen)
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
        self._losses = {
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
        later = (self._chances(played.after) * self._critics.outputs(played.after)).sum(axis=2)
        return played.payoffs + gamma * later


def _log_softmax(logits: Floats) -> Floats:
    shifted = logits - logits.max(axis=-1, keepdims=True)
    return shifted - np.log(np.exp(shifted).sum(axis=-1, keepdims=True))


def _weights(made: Floats) -> Floats:
    """The share of each row ``[k, rows]`` in the choices ``made``, ``[k, rows, m]``."""
    rows = made.sum(axis=2)
    return rows / np.maximum(rows.sum(axis=1, keepdims=True), 1.0)


def _per_row(missed: Floats, made: Floats, often: Floats) -> Floats:
    """Errors ``missed`` over ``often``, for rows that count by `_weights`: where all rows are alike, the
    mean over rows is as if there were one."""
    share = _weights(made)[..., None]
    return missed / np.where(share > 0, share * often, 1.0)
