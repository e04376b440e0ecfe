"""What to expect of a game under a protocol, and why (theory section 3)."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from benchgame_env.game import Game
from benchgame_env.named_games import as_game
from benchgame_env.rules import as_protocol, is_exact
from benchgame_env.subgame import Subgame
from benchgame_env.theory.dynamics.cycle import Cycle, NoRepetitionError, best_response_cycle
from benchgame_env.theory.dynamics.with_memory import Dynamics
from benchgame_env.theory.forecast import expected_ranking, forecast
from benchgame_env.theory.mixed.equilibrium import MixedEquilibrium, mixed_equilibrium
from benchgame_env.theory.mixed.tournament import is_tournament, mixed_on_levels
from benchgame_env.theory.pure import assumptions
from benchgame_env.theory.pure.grid_search import TooManyProfilesError, pure_equilibria_on_grid
from benchgame_env.theory.pure.overtaking import largest_temptation
from benchgame_env.theory.pure.theorem_cards import deciding_card
from benchgame_env.validate import Floats

Regime = Literal["pure", "cycle", "undecided"]


@dataclass(frozen=True, eq=False)
class Prediction:
    """The predicted play of one developer subgame.

    Attributes
    ----------
    game, protocol: what is predicted.
    regime: ``pure``: all-zero effort is the only pure equilibrium. ``cycle``: there is none.
        ``undecided``: the theorems that would tell do not cover this game. Where scores are drawn
        ``pure`` means that one was found, and where a rule remembers ``pure`` and ``cycle`` mean that
        best responses one round ahead settle and repeat; ``reason`` says so.
    reason: what the regime rests on, one sentence.
    assumptions: hypotheses and whether each was found to hold on this game.
    temptation: ``T``, prize units; NaN where the rule is outside the exact theory.
    binding: ``(overtaker, overtaken)`` at the largest temptation, or None.
    equilibrium: a pure equilibrium (or where best responses settle), efforts ``[n]``, or None if none
        is known.
    ranking: developers in board order at the honest profile, best first, ``[n]``; by mean rank where
        boards are drawn.
    method: how the prediction was obtained.
    card: the theorem card that decides, see `cards`; ``none`` if none does.
    certificate: NashConv of ``equilibrium``, prize units, where it was found numerically; else None.
    dynamics: `Dynamics` of best responses where a rule remembers, else None.
    mixed: a `MixedEquilibrium` with its certificate, found when first asked for, which may take
        seconds; None in the pure regime, and outside the exact theory unless scores are drawn
        independently.
    cycle: a `Cycle` of best responses one at a time, likewise; None also where they do not repeat
        within `cycles.MAX_REVISIONS`.
    equilibria: pure equilibria found on a grid, ``[found, n]``, each certified, where the hypotheses of
        the theorems fail and the game is small enough to try; else None.
    """

    game: Game
    protocol: Any
    regime: Regime
    reason: str
    assumptions: dict[str, bool]
    temptation: float
    binding: tuple[int, int] | None
    equilibrium: Floats | None
    ranking: NDArray[np.int64]
    method: str
    card: str = "none"
    certificate: float | None = None
    dynamics: Dynamics | None = None

    @cached_property
    def mixed(self) -> MixedEquilibrium | None:
        if self.regime != "pure" and is_tournament(self.game, self.protocol):
            return mixed_on_levels(self.game, self.protocol)
        return mixed_equilibrium(self.game, self.protocol) if self._may_move else None

    @cached_property
    def cycle(self) -> Cycle | None:
        if self.dynamics is not None and self.regime == "cycle":
            return self.dynamics.cycle
        if not self._may_move:
            return None
        try:
            return best_response_cycle(self.game, self.protocol)
        except NoRepetitionError:
            return None

    @cached_property
    def equilibria(self) -> Floats | None:
        if self.regime != "undecided" or not is_exact(self.protocol):
            return None
        try:
            return pure_equilibria_on_grid(self.game, self.protocol)
        except TooManyProfilesError:
            return None

    @property
    def _may_move(self) -> bool:
        return self.regime != "pure" and is_exact(self.protocol)


def predict(game: Game | str, protocol: Any) -> Prediction:
    """Predict how developers play ``game`` under ``protocol``.

    Never applies a theorem outside its hypotheses: where one fails, the answer is ``undecided``.
    """
    game, rule = as_game(game), as_protocol(protocol)
    zero = np.zeros(game.n_developers)
    if not is_exact(rule):
        found, ranking = forecast(game, rule), expected_ranking(game, rule)
        return Prediction(
            game=game,
            protocol=rule,
            regime=found.regime,
            reason=found.reason,
            assumptions={},
            temptation=math.nan,
            binding=None,
            equilibrium=found.equilibrium,
            ranking=ranking,
            method=found.method,
            certificate=found.certificate,
            dynamics=found.dynamics,
        )
    subgame = Subgame(game, rule).reduced()
    tempted = largest_temptation(subgame)
    checked = assumptions.check(subgame, tempted)
    failed = [name for name in assumptions.REQUIRED if not checked[name]]
    regime, reason = _regime(tempted.amount, failed)
    return Prediction(
        game=game,
        protocol=rule,
        regime=regime,
        reason=reason,
        assumptions=checked,
        temptation=tempted.known,
        binding=tempted.pair,
        equilibrium=None if tempted.high > 0 else zero,
        ranking=np.argsort(rule.evaluate(game, zero).ranks, kind="stable"),
        method="gains of all overtakes on the honest board (exact), and the theorems of section 3",
        card=deciding_card(subgame, checked, tempted),
    )


def _regime(amount: float, failed: list[str]) -> tuple[Regime, str]:
    if "scores_resolved" in failed:
        return (
            "undecided",
            "scores are too close: one step of the grid decides who gains by overtaking",
        )
    honest = "nobody gains by effort" if amount == 0 else "someone gains by overtaking"
    if failed:
        return "undecided", f"{honest}, but {', '.join(failed)} fail: other equilibria are possible"
    if amount == 0:
        return "pure", f"{honest} (T = 0), and only all-zero effort can be a pure equilibrium"
    return "cycle", f"{honest} (T > 0), and only all-zero effort could be a pure equilibrium"
