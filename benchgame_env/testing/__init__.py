"""Is it a protocol? What every rule is held to before anybody plays under it, one function a check."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

from benchgame_env.costs import LinearCost
from benchgame_env.curves import ScalingLaw, Tabulated
from benchgame_env.game import Game
from benchgame_env.named_games import as_game, load_game
from benchgame_env.rules import Protocol, as_protocol, example_parameters
from benchgame_env.testing import boards, card, figures, streams
from benchgame_env.testing.trial import RuleError, Trial

CHECKS: dict[str, Callable[[Trial], str | None]] = {
    "shapes": boards.shapes,
    "pot": boards.pot,
    "ranks": boards.ranks,
    "seeds": streams.seeds,
    "state": streams.state,
    "permutation": boards.permutation,
    "effort": boards.effort,
    "exact": boards.exact,
    "figures": figures.figures,
    "parameters": card.parameters,
    "docstring": card.docstring,
}


def check_protocol(protocol: Any, game: Game | str | None = None, seed: int = 0) -> dict[str, str]:
    """Hold a protocol to all `CHECKS`.

    Parameters
    ----------
    protocol : protocol, type, str or pair
        A protocol, its name or class (made with its example parameters), or ``(name, parameters)``. A
        class with ``evaluate`` alone will do.
    game : Game or str, optional
        The game to try it on, or its name. Default: three games, of fitted curves, of twins who tie and
        of curves with plateaus; all count effort in thousands of steps.
    seed : int
        Of all that is drawn; the same seed, the same outcome. Where boards are drawn, means over 1,000
        of them are compared at six standard errors, so a sound rule is blamed about once in a million.

    Returns
    -------
    dict
        The checks that did not apply to this rule, or not in full, each with the reason.

    Raises
    ------
    AssertionError
        The first check that fails, in a sentence that says what to mend.
    ValueError
        An unknown name, unsuitable parameters or an unknown game.
    """
    rule = _rule(protocol)
    tried_on = _games() if game is None else [as_game(game)]
    left_out: dict[str, str] = {}
    for title, check in CHECKS.items():
        for each in tried_on:
            reason = _run(title, check, rule, each, seed)
            if reason:
                left_out[title] = reason
    return left_out


def _rule(protocol: Any) -> Protocol:
    if isinstance(protocol, str):
        return as_protocol((protocol, example_parameters(protocol)))
    if isinstance(cls := protocol, type):
        return as_protocol(cls(**getattr(cls, "example", {})))
    return as_protocol(protocol)


def _run(
    title: str, check: Callable[[Trial], str | None], rule: Protocol, game: Game, seed: int
) -> str | None:
    """One check, on a copy of the rule that no other check has played on."""
    try:
        return check(Trial(copy.deepcopy(rule), game, seed))
    except RuleError as finding:
        raise AssertionError(f"{rule.name}: {title}: {finding}") from finding.__cause__
    except Exception as error:
        message = " ".join(str(error).split())
        raise AssertionError(
            f"{rule.name}: {title}: the rule raises {type(error).__name__}: {message}"
        ) from error


def _games() -> list[Game]:
    """Fitted curves; twins; plateaus, unequal budgets and prizes that are no steps."""
    twins = ScalingLaw([0.1] * 5, [0.9, 0.9, 0.8, 0.7, 0.7], [-7.0] * 5, [1.0] * 5)
    flat = Tabulated(
        [[0.0, 1e3, 2e3, 4e3], [0.0, 2e3, 3e3], [0.0, 1e3, 5e3]],
        [[0.3, 0.6, 0.6, 0.7], [0.3, 0.6, 0.6], [0.1, 0.1, 0.5]],
    )
    return [
        load_game("pythia-gsm8k"),
        Game(twins, LinearCost(2e-4), [1.0, 0.75, 0.5, 0.25, 0.0]),
        Game(flat, LinearCost(1e-3), [2.0, 0.7, 0.1], budget=[5e3, 2e3, 6e3]),
    ]
