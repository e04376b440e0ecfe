"""A row of the comparison: the predicted play under one setting of a protocol, and its outcomes.

The play is that of `benchgame_env.theory.design.play`. Where none is predicted, the row has no outcomes.
Each row says which play it is, which solution concept that is (`NASH` or `MYOPIC`), and what its regime
rests on:

* ``theorem``: the theorems of `benchgame_env.theory`, whose hypotheses were checked on the game;
* ``search``: scores are drawn; the equilibrium that was found is certified, but there may be others;
* ``simulation``: the rule remembers; myopic best responses in turn were simulated;
* ``nothing``: the regime is undecided.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

import benchgame_env as bg
from benchgame_env import Game, load_game, metrics, theory
from benchgame_env.cli.streams import one_line
from benchgame_env.metrics import Outcomes
from benchgame_env.rules import is_exact
from benchgame_env.theory.design.play import SEED, Play, predicted_play
from benchgame_env.training.compare_protocols.ranges import Setting
from benchgame_env.training.run.prediction import digest
from benchgame_env.training.worker import error_line
from benchgame_env.validate import LARGEST

Row = dict[str, Any]
Terms = dict[str, str]

SCHEMA = "1"  # of the file of rows
# Boards for each deviation that is tried: their number grows with that of the developers.
DEVIATING, LEAST_DEVIATING = 2_000, 100

MEASURES = ("kendall_tau", "best_on_top", "effort_share", "temptation")  # each with an interval
NUMBERS = (
    *(name + end for name in MEASURES for end in ("", "_low", "_high")),
    "nash_conv", "one_round_gain", "largest_worth", "stable_share", "stable_share_of",
    "cost_tuning", "cost_items", "cost_refresh",
)  # fmt: skip
TEXTS = ("regime", "basis", "concept", "play", "measured", "method", "reason", "card", "error")
COST = "cost_"
SAME = 1e-9  # outcomes of two orders that differ by less are equal

Interval = tuple[float, float]


def row_of(game_name: str, setting: Setting, terms: Terms | None = None) -> Row:
    """The row of one setting; an exception is told in its column ``error``. The game may have other
    ``terms``, see `benchgame_env.cli.commands.terms_from`."""
    try:
        game = load_game(game_name, **(terms or {}))
        return failed_row(game_name, setting, "", terms) | measure(game, setting.make())
    except Exception as error:  # a plug-in may raise anything, and the other settings go on
        return failed_row(game_name, setting, error_line(error), terms)


def failed_row(game_name: str, setting: Setting, error: str, terms: Terms | None = None) -> Row:
    """A row that holds nothing but the setting and what went wrong."""
    row = identity(game_name, terms) | dict(zip(("protocol", "parameters"), setting.key, strict=True))
    return row | dict.fromkeys(TEXTS, "") | dict.fromkeys(NUMBERS) | {"error": one_line(error)}


def identity(game_name: str, terms: Terms | None = None) -> Row:
    """Columns that all rows of a file share: the version of their format, the game, a hash of its
    numbers, and the version of this package."""
    return {
        "schema": SCHEMA,
        "game": game_name,
        "game_digest": digest(load_game(game_name, **(terms or {}))),
        "version": bg.__version__,
    }


def measure(game: Game, rule: Any) -> Row:
    """Prediction, certificate and outcomes under ``rule``, by column."""
    prediction = theory.predict(game, rule)
    play, tempted = predicted_play(prediction), temptation(prediction)
    why = f"; no play is predicted: {play.why}" if play.why else ""
    row: Row = {
        "regime": prediction.regime,
        "basis": basis(prediction),
        "concept": play.concept,
        "play": play.kind,
        "measured": _measured(play),
        "method": prediction.method,
        "reason": prediction.reason + why,
        "card": prediction.card,
        **_outcomes(play.outcomes),
        **_with_interval("temptation", *tempted),
        "nash_conv": play.nash_conv,
        "one_round_gain": play.one_round_gain,
        "largest_worth": _largest_worth(game, rule),
        **{COST + resource: cost for resource, cost in rule.designer_cost(game).items()},
    }
    return {name: None if value != value else value for name, value in row.items()}  # NaN: not known


def _largest_worth(game: Game, rule: Any) -> float | None:
    """The largest worth of a rank that the rule withstands, effort units; `LARGEST` stands for any."""
    return min(theory.largest_worth(game, rule), LARGEST) if is_exact(rule) else None


def _measured(play: Play) -> str:
    if not play.outcomes:
        return ""
    first, *others = play.outcomes
    how = "exact" if first.exact else f"{first.samples} simulations"
    return f"{how}, {len(play.outcomes)} orders" if others else how


def _outcomes(found: list[Outcomes]) -> Row:
    """The outcome columns; without a value, but with ends, where outcomes depend on the order."""
    if not found:
        return {}
    shares = [one.cost_share for one in found]
    columns = {
        "kendall_tau": [(one.kendall_tau, *one.kendall_tau_interval) for one in found],
        "best_on_top": [(one.best_on_top, *one.best_on_top_interval) for one in found],
        "effort_share": [(share, share, share) for share in shares if not math.isnan(share)],
    }
    row: Row = {}
    for name, values in columns.items():
        if values:
            middle, low, high = zip(*values, strict=True)
            value = middle[0] if max(middle) - min(middle) <= SAME else None
            ends = (values[0][1:]) if value is not None else (min(low), max(high))
            row |= _with_interval(name, value, ends)
    return row


def _with_interval(name: str, value: float | None, interval: Interval | None) -> Row:
    if interval is None:
        return {name: value}
    return {name: value, f"{name}_low": interval[0], f"{name}_high": interval[1]}


def basis(p: theory.Prediction) -> str:
    """What the regime rests on, see the module."""
    if p.regime == "undecided":
        return "nothing"
    if is_exact(p.protocol):
        return "theorem"
    return "search" if p.dynamics is None else "simulation"


def temptation(p: theory.Prediction) -> tuple[float, Interval | None]:
    """The largest gain of a developer who leaves the honest profile, prize units; with a 95 % interval,
    among the efforts tried, where neither theory nor grader can compute it."""
    game, rule, honest = p.game, p.protocol, np.zeros(p.game.n_developers)
    if is_exact(rule):
        return p.temptation, None
    if metrics.can_grade(game, rule):
        return float(metrics.regrets(game, rule, honest).max()), None
    boards = max(LEAST_DEVIATING, DEVIATING // honest.size)
    found = metrics.simulated_regrets(game, rule, honest, np.random.default_rng(SEED), boards)
    return float(found.estimate.max()), (float(found.low.max()), float(found.high.max()))
