"""An agent: one class; `docs/agents.md` says how to write one."""

from __future__ import annotations

from benchgame_env.agents import Agent
from benchgame_env.validate import number


class Hesitant(Agent):
    """Plays no effort or a share of the effort that the prizes are worth, by the toss of a coin.

    Formula: ``e = 0`` or ``e = share * F``, each with probability 1/2. Used as: an example of an agent
    from another package.

    Parameters
    ----------
    seat : Seat
        The seat that it plays.
    share : float
        Share of F, in [0, 1].
    """

    def __init__(self, seat, share=0.5):
        super().__init__(seat)
        self.effort = number("share", share, low=0, high=1) * seat.game.effort_scale[seat.developer]

    def act(self, observations, rng):
        return self.seat.action(self.effort * rng.integers(2, size=len(observations)))
