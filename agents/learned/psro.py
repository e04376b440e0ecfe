"""Policy-space response oracles: a growing population, PPO as the oracle, an exact meta-game."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchgame_env.agents.base import Round, Seat, Team, draw_choices
from benchgame_env.agents.learned.ppo import PPO
from benchgame_env.agents.saved import check_names, saved_array, saved_count
from benchgame_env.metrics import Strategy
from benchgame_env.theory.mixed.effort_choices import ShownChoices
from benchgame_env.validate import Floats, integer

META_ITERATIONS = 5000
META_GOAL = 1e-3  # NashConv at which the meta-game counts as solved, share of P


class PSRO(Team):
    """Mixes over a population of efforts for each developer. Each update adds a best response of every
    developer to the mixtures of the others.

    Formula (Lanctot et al. 2017, arXiv 1711.00832): the oracle is independent PPO, trained from scratch
    in each update. Developer i trains in its own block of copies, where the others draw from their
    mixtures; the likeliest effort of its trained policy joins the population. Payoffs of the meta-game
    are not sampled but exact expectations (theory section 6); regret matching+ finds its equilibrium.
    Used as: the population method, whose mixture can be an equilibrium where single policies cycle.
    Needs a `DeterministicProtocol`, one-shot play, and all seats of the game.

    Parameters
    ----------
    seats : sequence of Seat
        All seats of the game.
    learning_rate : float
        Step size of the oracle, > 0.
    entropy : float
        Entropy bonus of the oracle, >= 0.
    n_epochs : int
        Passes of the oracle over the samples of an update, >= 1.
    hidden : int
        Units in each of the two hidden layers of the oracle.

    Raises
    ------
    ValueError
        Seats or copies are missing, episodes have several rounds, or as `PPO`.
    """

    needs_exact_rule = True
    explores = True

    def __init__(
        self,
        seats: Sequence[Seat],
        learning_rate: float = 0.02,
        entropy: float = 0.1,
        n_epochs: int = 4,
        hidden: int = 32,
    ) -> None:
        super().__init__(seats)
        one, self.n = seats[0], len(seats)
        if self.n != one.game.n_developers:
            raise ValueError(f"psro: needs all {one.game.n_developers} seats, got {self.n}")
        if one.horizon != 1:
            raise ValueError(f"psro: plays one-shot games (horizon 1), got horizon {one.horizon}")
        self._block = integer("copies of psro for each developer", one.copies // self.n, low=2)
        # Of arrays [copies, n, ...], the part [block, n, ...] of each developer in its own block.
        blocks = np.arange(self.n * self._block).reshape(self.n, self._block)
        self._own = blocks.T, np.arange(self.n)
        self._settings = {"learning_rate": learning_rate, "entropy": entropy}
        self._settings |= {"n_epochs": n_epochs, "hidden": hidden}
        # At first everybody plays honestly.
        self.population, self.mixture = np.zeros((self.n, 1)), np.ones((self.n, 1))
        self._begin(update=0)

    def _begin(self, update: int) -> None:
        """Start an update with a new oracle."""
        self._update, self._rounds = update, 0
        key = self.seats[0].seed, update
        seed = int(np.random.SeedSequence(key).generate_state(1)[0])
        seats = [replace(s, copies=self._block, rounds=1, seed=seed) for s in self.seats]
        self.oracle = PPO(seats, **self._settings)

    def act(self, observations: NDArray[np.float32], rng: np.random.Generator) -> NDArray[np.float64]:
        picks = draw_choices(np.tile(self.mixture, (len(observations), 1, 1)), rng)
        efforts = self.population[np.arange(self.n), picks]
        actions = np.column_stack([s.action(efforts[:, i]) for i, s in enumerate(self.seats)])
        if self.mode == "learn":
            actions = actions.astype(np.float64)
            actions[self._own] = self.oracle.act(observations[self._own], rng)
        return actions

    def strategies(self, observations: NDArray[np.float32]) -> list[Strategy]:
        chances = self.mixture / self.mixture.sum(axis=1, keepdims=True)
        return list(zip(self.population, chances, strict=True))

    def learn(self, played: Round, rng: np.random.Generator) -> None:
        own = ("observations", "actions", "efforts", "payoffs", "after")
        parts: dict[str, Any] = {name: getattr(played, name)[self._own] for name in own}
        self.oracle.learn(played._replace(**parts), rng)
        self._rounds += 1
        if self._rounds == self.seats[0].rounds:
            self._extend(parts["observations"])

    def save(self) -> dict[str, Any]:
        return {"population": self.population, "mixture": self.mixture, "update": self._update}

    def load(self, saved: dict[str, Any]) -> None:
        check_names("psro", saved, ("population", "mixture", "update"))
        self.population = saved_array(saved, "population", self.population, grows=1)
        self.mixture = saved_array(saved, "mixture", self.population)
        if (self.mixture < 0).any() or not (self.mixture.sum(axis=1) > 0).all():
            raise ValueError("mixture: expected probabilities")
        self._begin(saved_count(saved, "update"))

    def losses(self) -> dict[str, float]:
        return self.oracle.losses()

    def _extend(self, observations: NDArray[np.float32]) -> None:
        """Add the answers of the oracle to the population, and solve the meta-game again."""
        self.oracle.mode = "greedy"
        answers = self.oracle.act(observations[:1], np.random.default_rng(0))[0]  # nothing is drawn
        axis = self.seats[0].axis
        efforts = axis.effort(axis.position(answers))[:, None]
        if not (self.population == efforts).any(axis=1).all():  # an answer is new
            self.population = np.hstack([self.population, efforts])
            self.mixture = self._solve()
        self._begin(self._update + 1)

    def _solve(self) -> Floats:
        """The equilibrium of the meta-game, ``[n, population]``."""
        subgame = self.seats[0].subgame
        choices = ShownChoices(subgame, self.population.T)
        return choices.self_play(META_ITERATIONS, META_GOAL * subgame.game.prize_range)
