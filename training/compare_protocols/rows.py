"""A row of the comparison: the predicted play under one setting of a protocol, and its outcomes.

The play is a pure equilibrium where one is known; else a mixed equilibrium whose certificate is good
enough; where the rule remembers, what best responses lead to in the long run; else honest play, which
then is not a prediction. Each row says which of these it is, and what its regime rests on:

* ``theorem``: the theorems of `benchgame_env.theory`, whose hypotheses were checked on the game;
* ``search``: scores are drawn; the equilibrium that was found is certified, but there may be others;
* ``simulation``: the rule remembers; myopic best responses in turn were simulated;
* ``nothing``: the regime is undecided.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

import benchgame_env as bg
from benchgame_env import Game, load_game, metrics, theory
from benchgame_env.cli.streams import one_line
from benchgame_env.metrics import Outcomes
from benchgame_env.rules import is_exact
from benchgame_env.theory.dynamics.path import turns_of
from training.compare_protocols.ranges import Setting
from training.run.prediction import digest
from training.worker import error_line

Row = dict[str, Any]

SCHEMA = "1"  # of the file of rows
SEED = 0  # of simulated boards, so that a row is the same each time
SAMPLES = 2_000  # simulated boards, where boards do not depend on each other
EPISODES = 500  # simulated episodes, where boards depend on earlier rounds

NUMBERS = (
    "kendall_tau", "kendall_tau_low", "kendall_tau_high",
    "best_on_top", "best_on_top_low", "best_on_top_high",
    "effort_share", "temptation", "nash_conv", "one_round_gain",
    "cost_tuning", "cost_items", "cost_refresh",
)  # fmt: skip
TEXTS = ("regime", "basis", "play", "measured", "method", "reason", "card", "error")
COST = "cost_"
HONEST = "honest play, unpredicted"


@dataclass(frozen=True, eq=False)
class Play:
    """The play that a row is about.

    Attributes
    ----------
    kind : str
        The kind of play, in words.
    outcomes : Outcomes
        Its outcomes.
    nash_conv : float or None
        Certificate over deviations to any effort, prize units; None where the grader cannot compute it.
    one_round_gain : float or None
        Certificate of best responses under a rule that remembers, see `theory.Dynamics`.
    """

    kind: str
    outcomes: Outcomes
    nash_conv: float | None = None
    one_round_gain: float | None = None


def row_of(game_name: str, setting: Setting) -> Row:
    """The row of one setting; an exception is told in its column ``error``."""
    try:
        return failed_row(game_name, setting, "") | measure(load_game(game_name), setting.make())
    except Exception as error:  # a plug-in may raise anything, and the other settings go on
        return failed_row(game_name, setting, error_line(error))


def failed_row(game_name: str, setting: Setting, error: str) -> Row:
    """A row that holds nothing but the setting and what went wrong."""
    row = identity(game_name) | dict(zip(("protocol", "parameters"), setting.key, strict=True))
    return row | dict.fromkeys(TEXTS, "") | dict.fromkeys(NUMBERS) | {"error": one_line(error)}


def identity(game_name: str) -> Row:
    """Columns that all rows of a file share: the version of their format, the game, a hash of its
    numbers, and the version of this package."""
    return {
        "schema": SCHEMA,
        "game": game_name,
        "game_digest": digest(load_game(game_name)),
        "version": bg.__version__,
    }


def measure(game: Game, rule: Any) -> Row:
    """Prediction, certificate and outcomes under ``rule``, by column."""
    prediction = theory.predict(game, rule)
    play = predicted_play(prediction)
    found = play.outcomes
    row: Row = {
        "regime": prediction.regime,
        "basis": basis(prediction),
        "play": play.kind,
        "measured": "exact" if found.exact else f"{found.samples} simulations",
        "method": prediction.method,
        "reason": prediction.reason,
        "card": prediction.card,
        **_with_interval("kendall_tau", found.kendall_tau, found.kendall_tau_interval),
        **_with_interval("best_on_top", found.best_on_top, found.best_on_top_interval),
        "effort_share": found.cost_share,
        "temptation": temptation(prediction),
        "nash_conv": play.nash_conv,
        "one_round_gain": play.one_round_gain,
        **{COST + resource: cost for resource, cost in found.designer_cost.items()},
    }
    return {name: None if value != value else value for name, value in row.items()}  # NaN: not known


def _with_interval(name: str, value: float, interval: tuple[float, float]) -> Row:
    return {name: value, f"{name}_low": interval[0], f"{name}_high": interval[1]}


def basis(p: theory.Prediction) -> str:
    """What the regime rests on, see the module."""
    if p.regime == "undecided":
        return "nothing"
    if is_exact(p.protocol):
        return "theorem"
    return "search" if p.dynamics is None else "simulation"


def temptation(p: theory.Prediction) -> float | None:
    """The largest gain of a developer who leaves the honest profile, prize units; None where neither
    theory nor grader can compute it."""
    if is_exact(p.protocol):
        return p.temptation
    if not metrics.can_grade(p.game, p.protocol):
        return None
    return float(metrics.regrets(p.game, p.protocol, np.zeros(p.game.n_developers)).max())


def predicted_play(p: theory.Prediction) -> Play:
    """The predicted play with its certificate; honest play if nothing is predicted."""
    game, rule, rng = p.game, p.protocol, np.random.default_rng(SEED)
    if p.dynamics is not None and p.dynamics.cycle is not None:
        settled = p.dynamics.outcome == "settles"
        kind = "best responses, settled" if settled else "cycle of best responses"
        found = metrics.played_outcomes(game, rule, *replay(game, rule, p.dynamics, rng))
        return Play(kind, found, one_round_gain=p.dynamics.gain)
    if p.equilibrium is not None:
        found = metrics.outcomes(game, rule, p.equilibrium, rng, SAMPLES)
        conv = _nash_conv(game, rule, p.equilibrium) if p.certificate is None else p.certificate
        return Play("pure equilibrium", found, conv)
    if p.mixed is not None and p.mixed.is_equilibrium:
        found = metrics.outcomes(game, rule, p.mixed.strategies, rng, SAMPLES)
        return Play("mixed equilibrium", found, p.mixed.nash_conv)
    return _honest_play(game, rule, rng)


def _honest_play(game: Game, rule: Any, rng: np.random.Generator) -> Play:
    nobody = np.zeros(game.n_developers)
    if is_exact(rule) or rule.traits.draws != "none":
        found = metrics.outcomes(game, rule, nobody, rng, SAMPLES)
    else:  # the first board of an episode, which is not drawn
        board = rule.evaluate(game, nobody[None, None])
        found = metrics.played_outcomes(game, rule, nobody[None, None], board.ranks)
    return Play(HONEST, found, _nash_conv(game, rule, nobody))


def _nash_conv(game: Game, rule: Any, efforts: Any) -> float | None:
    """NashConv by the grader, prize units; None where it cannot compute it."""
    return metrics.nash_conv(game, rule, efforts) if metrics.can_grade(game, rule) else None


def replay(
    game: Game, rule: Any, dynamics: theory.Dynamics, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Efforts and ranks on the boards of one period, each ``[episodes, period, n]``.

    The path of efforts is played again from the beginning, because boards depend on earlier rounds. It
    is played in many independent episodes if boards are drawn, else in one.
    """
    assert dynamics.cycle is not None
    episodes, period = EPISODES if rule.traits.draws != "none" else 1, dynamics.cycle.period
    path, turns = dynamics.trajectory, turns_of(dynamics.cycle.order, game.n_developers)
    state = rule.start(game, (episodes, game.n_developers))
    efforts, ranks = [], []
    for k, held in enumerate(path[:-1]):
        movers = turns[(k - 1) % len(turns)] if k else []
        revised = np.tile(np.isin(np.arange(held.size), movers), (episodes, 1))
        played = np.tile(held, (episodes, 1))
        board, state = rule.play(game, played, state, rng, revised)
        efforts.append(played)
        ranks.append(board.ranks)
    return np.stack(efforts[-period:], axis=1), np.stack(ranks[-period:], axis=1)
