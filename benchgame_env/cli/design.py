"""``benchgame design``: which rule to announce, what it costs, and how sure that is."""

from __future__ import annotations

import argparse
from functools import partial
from typing import Any

from benchgame_env.cli import bars, commands
from benchgame_env.files import json_text
from benchgame_env.game import Game
from benchgame_env.named_games import statement
from benchgame_env.theory.design.families import DEFAULTS
from benchgame_env.theory.design.loss import PRICES, WEIGHTS, DesignLoss
from benchgame_env.theory.design.optimum import optimal_design
from benchgame_env.theory.design.outcome import SELECTIONS
from benchgame_env.theory.design.play import MYOPIC
from benchgame_env.theory.design.result import EXACT, OptimalDesign, Tried

LARGEST_GAME = 30  # developers up to which a search takes minutes
FAMILIES = "NAME, or NAME:PARAMETER=VALUES,OTHER=VALUE with VALUES such as 0..3000 or 100|300"
UNITS = {"tuning": "effort units of tuning", "items": "test items", "refresh": "new tests"}


def add_to(subparsers: Any, game_help: str) -> None:
    """Add the command to the parsers of a command line."""
    parser = subparsers.add_parser(
        "design",
        help="find the rule that a designer who moves first should announce",
        description="Find the rule with the least loss, if developers play as predicted. The loss is a "
        "weighted sum of 1 - tau (the board against quality), the share of the prizes that effort "
        "burns, and what the rule costs the designer. Each loss carries the error that the certificate "
        "of the play leaves, and the answer says what of it is proved.",
    )
    option = parser.add_argument
    option("game", help=game_help)
    commands.add_term_options(option)
    option("--price", type=float,
           help="of one effort unit of tuning for one model, in units of loss")  # fmt: skip
    option("--weights", default="tau=1,burnt=1", metavar="NAME=WEIGHT,...",
           help=f"of: {', '.join(WEIGHTS)}; and the prices {', '.join(list(PRICES.values())[1:])}"
           )  # fmt: skip
    known = f"{FAMILIES}. Known by name: {', '.join(DEFAULTS)}, or MODULE:NAME; others by parameters"
    option("--families", nargs="+", default=["tune-before-test"], metavar="FAMILY", help=known)
    option("--selection", default=SELECTIONS[0], choices=SELECTIONS,
           help="which of several equilibria is expected")  # fmt: skip
    option("--json", action="store_true", help="print JSON instead of a table")
    parser.set_defaults(command=_design)


def family_from(words: str) -> Any:
    """A family as `theory.Family.of` takes it, from ``NAME:PARAMETER=VALUES,...``.

    Raises
    ------
    ValueError
        Parameters that are no assignments, or a range that is none.
    """
    name, colon, listed = words.rpartition(":")
    if not colon or "=" not in listed:  # the colon is that of MODULE:NAME
        return words
    parameters = commands.assignments("--families", listed.split(","))
    return name, {key: _values(value) for key, value in parameters.items()}


def _values(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    if "|" in value:
        words = [f"{k}={word}" for k, word in enumerate(value.split("|"))]
        return list(commands.assignments("--families", words).values())
    low, dots, high = value.partition("..")
    if not dots:
        return value
    try:
        return float(low), float(high) if high else None
    except ValueError:
        raise ValueError(f"--families: expected LOW..HIGH, got {value!r}") from None


def _design(options: argparse.Namespace) -> None:
    game = commands.load_game_of(LARGEST_GAME, options.game, commands.terms_from(options))
    weights = commands.assignments("--weights", options.weights.split(","))
    loss = DesignLoss.of(weights, options.price)
    families = [family_from(words) for words in options.families]
    with bars.share_bar() as bar:
        found = optimal_design(
            game, families, loss, selection=options.selection, progress=partial(_show, bar)
        )
    print(json_text(_facts(found, options.game)) if options.json else _page(found, game))


def _show(bar: Any, done: int) -> None:
    bar(f"{done} rules tried", done / (done + 20))


def sentence(found: OptimalDesign) -> str:
    """What to announce, what it costs, and how sure that is."""
    best = found.best.outcome
    costs = ", ".join(
        f"{amount:,.6g} {UNITS.get(name, name)}" for name, amount in best.costs.items() if amount
    )
    money = f"costs {costs} per evaluation" if costs else "costs nothing that is counted"
    sure = "it is the optimum" if found.exact else "nothing better was found"
    return (
        f"Announce {found.best}: loss {found.loss:.4g}{_give_or_take(found.error)}, {money}; {sure} "
        f"({found.scope})."
    )


def _page(found: OptimalDesign, game: Game) -> str:
    header, *rows = found.table()
    parts = [
        commands.wrapped(sentence(found)),
        commands.wrapped(f"The loss is {found.weights}. Local optima, the best first:"),
        commands.table(header, rows[: len(found.optima)]),
    ]
    parts += [commands.wrapped(line) for line in _notes(found)]
    return "\n\n".join([*parts, commands.wrapped(f"Taken for granted: {statement(game)}.")])


def _notes(found: OptimalDesign) -> list[str]:
    lines = _ties(found)
    if not found.best.attained:
        lines.append("No level has just this loss: levels a little above come as close as one likes.")
    if found.switch_price is not None:
        lines.append(f"From a price of {found.switch_price:.4g} on, level 0 is better.")
    if found.trap_price is not None:
        price = f"{found.trap_price:.4g}"
        lines.append(f"From a price of {price} on, a search by small steps from level 0 stays there.")
    for reason, some in found.unpredicted.items():
        lines.append(f"No play is predicted under {', '.join(map(str, some))}: {reason}.")
    for one in found.optima:
        low, high = one.outcome.losses
        if low < high:
            which = "orders of first submissions" if one.outcome.concept == MYOPIC else "equilibria"
            ends = f"{which} have losses from {low:.4g} to {high:.4g}"
            lines.append(f"{one}: {ends}; the {found.selection} one counts.")
    lines += _without_equilibrium(found)
    lines.append(
        "+-: estimate of how far the loss may be off; top: the chance that the best "
        "model has rank 1; burnt: the cost of all efforts over the sum of prizes; cost: the rule's own."
    )
    return lines


def _without_equilibrium(found: OptimalDesign) -> list[str]:
    """What best responses bring under rules that remember."""
    some = [one for one in found.tried if one.outcome.concept == MYOPIC and one.loss == one.loss]
    if not some:
        return []
    lines = [
        "Where a rule remembers, best responses one round ahead are followed (myopic). They are not an "
        "equilibrium, so their losses are not compared with those of equilibria."
    ]
    if found.best not in some:
        for one in some:
            low, high = one.outcome.losses
            span = f"from {low:.4g} to {high:.4g}, by who hands in first" if low < high else f"{low:.4g}"
            lines.append(f"Under {one} they bring a loss of {span}.".replace("of from", "from"))
    return lines


def _ties(found: OptimalDesign) -> list[str]:
    """A line for each family with rules that may be best too."""
    lines = []
    for family in dict.fromkeys(id(one.family) for one in found.ties):
        some = [one for one in found.ties if id(one.family) == family]
        named = f"{some[0]}" if len(some) == 1 else f"{len(some)} rules like {some[0]}"
        if len(some) > 1 and some[0].family.is_range:
            values = [one.value for one in some]
            named += f", with {some[0].family.parameter} from {min(values):.6g} to {max(values):.6g}"
        lines.append(f"May be as good or better, within the errors: {named}.")
    return lines


def _give_or_take(error: float) -> str:
    return f" (give or take {error:.1g})" if error >= EXACT else ""


def _facts(found: OptimalDesign, game: str) -> dict[str, Any]:
    return {
        "game": game,
        "announce": sentence(found),
        "loss": str(found.weights),
        "selection": found.selection,
        "exact": found.exact,
        "scope": found.scope,
        "switch_price": found.switch_price,
        "trap_price": found.trap_price,
        "optima": [_facts_of(one) for one in found.optima],
        "ties": [_facts_of(one) for one in found.ties],
        "tried": [_facts_of(one) for one in found.tried],
    }


def _facts_of(one: Tried) -> dict[str, Any]:
    protocol, parameters = one.setting
    return {
        "protocol": protocol,
        "parameters": parameters,
        "attained": one.attained,
        **{name: value for name, value in vars(one.outcome).items()},
    }
