"""Direct evaluation: models are tested as their developers hand them in."""

from __future__ import annotations

from dataclasses import dataclass, replace

from benchgame_env.game import TIES, Game, Ties
from benchgame_env.rules.contract import DeterministicProtocol
from benchgame_env.rules.registry import register_protocol
from benchgame_env.validate import Floats, choice


@register_protocol("direct")
@dataclass(frozen=True)
class Direct(DeterministicProtocol):
    """Rank the models as submitted.

    Formula: ``s_i = v_i(e_i)`` (theory section 1, ``Delta = 0``).
    Parameters: ``ties``: ``quality`` (a tie goes to the better model) or ``split`` (prizes shared).
    Publishes: nothing.
    Costs the designer: nothing that is counted.
    Deterministic: yes.
    State: none.
    Ties: rare; by quality, or split.
    Used by: most public leaderboards.
    Rewards: whoever tunes on the test task most cheaply; often there is no pure equilibrium.
    Version: 0.
    """

    ties: Ties = "quality"

    traits = replace(DeterministicProtocol.traits, strict=True, accuracies=True)

    def __post_init__(self) -> None:
        choice("ties", self.ties, TIES)

    def score(self, game: Game, efforts: Floats) -> Floats:
        return game.curves.score(efforts)

    def effort_for(self, game: Game, scores: Floats) -> Floats:
        return game.curves.effort_for(scores)
