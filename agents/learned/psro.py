"""Policy-space response oracles: a growing population, PPO as the oracle, the exact meta-game."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from agents.base import Round, Seat, Team
from agents.learned.ppo import PPO
from benchgame_env.subgame import Subgame
from benchgame_env.theory.mixed.effort_choices import ShownChoices
from benchgame_env.validate import Floats, integer

META_ITERATIONS = 5000
META_GOAL = 1e-3  # NashConv of the meta-game at which its solver stops, share of P


class PSRO(Team):
    """Mixes over a population of efforts for each developer, to which each update adds the answers to
    the mixtures of all others.

    Formula (Lanctot et al. 2017, arXiv 1711.00832): the oracle is independent PPO, trained anew in each
    update, developer i in a block of copies of its own in which the others draw from their mixtures;
    what it then does most likely joins the population. The meta-game is not sampled: expected payoffs
    are exact (theory section 6), and its equilibrium is found by regret matching+. Used as: the
    population method, whose mixture can be an equilibrium where single policies cycle. Plays one-shot
    games in which it has every seat, under a `DeterministicProtocol`.

    Parameters
    ----------
    learning_rate, entropy, n_epochs, hidden: of the oracle, see `PPO`.
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
        self.game, self.n = seats[0].game, len(seats)
        if self.n != self.game.n_developers:
            raise ValueError(f"psro: needs all {self.game.n_developers} seats, got {self.n}")
        if seats[0].horizon != 1:
            raise ValueError(f"psro: plays one-shot games (horizon 1), got horizon {seats[0].horizon}")
        self._block = integer("copies of psro", seats[0].copies // self.n, low=2)
        self._oracle = {"learning_rate": learning_rate, "entropy": entropy}
        self._oracle |= {"n_epochs": n_epochs, "hidden": hidden}
        # Everybody starts from honest play.
        self.population, self.mixture = np.zeros((self.n, 1)), np.ones((self.n, 1))
        self._begin(update=0)

    def _begin(self, update: int) -> None:
        """A fresh oracle for an update."""
        self._update, self._rounds = update, 0
        key = self.seats[0].seed, update
        seed = int(np.random.SeedSequence(key).generate_state(1)[0])
        seats = [replace(s, copies=self._block, rounds=1, seed=seed) for s in self.seats]
        self.oracle = PPO(seats, **self._oracle)

    def act(self, observations: NDArray[np.float32], rng: np.random.Generator) -> NDArray[np.float64]:
        efforts = self._draw(len(observations), rng)
        actions = np.column_stack([s.action(efforts[:, i]) for i, s in enumerate(self.seats)])
        if self.mode == "learn":
            own = self._blocks(observations)
            answers = self.oracle.act(own, rng)
            for i in range(self.n):
                actions[i * self._block : (i + 1) * self._block, i] = answers[:, i]
        return actions.astype(np.float64)

    def learn(self, played: Round, rng: np.random.Generator) -> None:
        own = ("observations", "actions", "efforts", "payoffs", "after")
        parts: dict[str, Any] = {name: self._blocks(getattr(played, name)) for name in own}
        self.oracle.learn(played._replace(**parts), rng)
        self._rounds += 1
        if self._rounds == self.seats[0].rounds:
            self._extend(parts["observations"])

    def save(self) -> dict[str, Any]:
        return {"population": self.population, "mixture": self.mixture, "update": self._update}

    def load(self, saved: dict[str, Any]) -> None:
        self.population, self.mixture = (
            np.asarray(saved[key]).copy() for key in ("population", "mixture")
        )
        self._begin(saved["update"])

    def losses(self) -> dict[str, float]:
        return self.oracle.losses()

    def _draw(self, count: int, rng: np.random.Generator) -> Floats:
        """Efforts ``[count, n]`` from the mixtures."""
        total = self.mixture.cumsum(axis=1)
        picks = rng.random((count, self.n, 1)) * total[:, -1:] >= total[:, :-1]
        return self.population[np.arange(self.n), picks.sum(axis=2)]

    def _blocks(self, values: NDArray[Any]) -> NDArray[Any]:
        """Of ``[copies, n, ...]`` what each developer has in its own block, ``[block, n, ...]``."""
        own = [values[i * self._block : (i + 1) * self._block, i] for i in range(self.n)]
        return np.stack(own, axis=1)

    def _extend(self, observations: NDArray[np.float32]) -> None:
        """Let the answers join, and mix anew."""
        self.oracle.mode = "greedy"
        answers = self.oracle.act(observations[:1], np.random.default_rng(0))[0]  # draws nothing
        axis = self.seats[0].axis
        efforts = axis.effort(axis.position(answers))[:, None]
        if not (self.population == efforts).any(axis=1).all():  # something new
            self.population = np.hstack([self.population, efforts])
            self.mixture = self._solve()
        self._begin(self._update + 1)

    def _solve(self) -> Floats:
        """The equilibrium of the meta-game, ``[n, population]``."""
        subgame = Subgame.exact(self.game, self.seats[0].protocol)
        choices = ShownChoices(subgame, self.population.T)
        return choices.solve(META_ITERATIONS, META_GOAL * self.game.prize_range)
