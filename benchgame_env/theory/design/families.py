"""The rules among which a designer chooses: families with at most one parameter to choose."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from benchgame_env.game import Game
from benchgame_env.rules import TuneBeforeTest, as_protocol, protocol_class
from benchgame_env.rules.registry import example_parameters
from benchgame_env.validate import number

ITEMS = (100, 300, 1319, 5000)  # GSM8K has 1,319
# The values that are tried where nothing is said; of a pair, every number from the one to the other.
# Budgets of effort are shares of the effort scale. Other rules are tried with their example parameters.
DEFAULTS: dict[str, dict[str, Any]] = {
    "direct": {},
    "tune-before-test": {"level": (0.0, None)},
    "finite-test": {"items": list(ITEMS)},
    "shared-test": {"items": list(ITEMS)},
    "confidence-ranks": {"items": list(ITEMS)},
    "best-of": {"k": [1, 2, 3, 10]},
    "rounded": {"decimals": [1, 2, 3, 4]},
    "capped": {"effort": (0.0, 1.0)},
}
SCALED = {"capped": "effort"}


@dataclass(frozen=True)
class Family:
    """A rule of which at most one parameter is chosen.

    Parameters
    ----------
    protocol : str
        Its name, or MODULE:NAME.
    parameter : str
        The parameter that is chosen; empty if there is none.
    values : tuple
        The values among which it is chosen; empty for a range.
    low, high : float
        The ends of the range; ``high`` is infinite where only the price sets an end.
    others : mapping
        Parameters that are fixed.
    """

    protocol: str
    parameter: str = ""
    values: tuple[Any, ...] = ()
    low: float = 0.0
    high: float = float("inf")
    others: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def of(cls, spec: Any, game: Game) -> Family:
        """A family from itself, a name, or a pair ``(name, parameters)``.

        Parameters
        ----------
        spec : Family, str or pair
            Of the parameters one may be a list, of which each value is tried, or a pair
            ``(low, high)``, between which it is chosen; ``high`` may be None where the price sets an
            end. A name alone stands for the defaults.
        game : Game
            The game, to whose effort scale some defaults are fitted.

        Returns
        -------
        Family

        Raises
        ------
        ValueError
            An unknown protocol, more than one parameter to choose, an empty list, a range that is none,
            or an unsuitable value.
        """
        if isinstance(spec, Family):
            return spec
        if isinstance(spec, str):
            protocol_class(spec)  # refuses unknown ones
            return cls.of((spec, _defaults(spec, game)), game)
        if not (isinstance(spec, (tuple, list)) and len(spec) == 2 and isinstance(spec[1], Mapping)):
            raise ValueError(f"families: expected a name or (name, parameters), got {spec!r}")
        name, parameters = str(spec[0]), dict(spec[1])
        chosen = [key for key, value in parameters.items() if _is_choice(value)]
        if len(chosen) > 1:
            raise ValueError(f"families: {name}: choose one parameter, not {' and '.join(chosen)}")
        others = {key: value for key, value in parameters.items() if key not in chosen}
        if not chosen:
            family = cls(name, others=others)
        elif isinstance(parameters[chosen[0]], list):
            if not parameters[chosen[0]]:
                raise ValueError(f"families: {name}: {chosen[0]}: need at least one value, got []")
            family = cls(name, chosen[0], tuple(parameters[chosen[0]]), others=others)
        else:
            low, high = parameters[chosen[0]]
            low = number(chosen[0], low)
            high = float("inf") if high is None else high
            high = number(chosen[0], high, low=low, strict=True, finite=False)
            family = cls(name, chosen[0], (), low, high, others)
        for value in family.values or (family.low,):
            family.rule(value)  # refuses unsuitable parameters
        return family

    @property
    def is_range(self) -> bool:
        """Whether the parameter is chosen between two ends."""
        return bool(self.parameter) and not self.values

    @property
    def has_levels(self) -> bool:
        """Whether this is tune-before-test over its level, of which theory knows more."""
        return (
            self.is_range
            and protocol_class(self.protocol) is TuneBeforeTest
            and self.parameter == "level"
        )

    def parameters(self, value: Any = None) -> dict[str, Any]:
        """All parameters, with that value of the chosen one."""
        return {**self.others, self.parameter: value} if self.parameter else dict(self.others)

    def rule(self, value: Any = None) -> Any:
        """The rule at a value of the chosen parameter; ValueError if it is unsuitable."""
        return as_protocol((self.protocol, self.parameters(value)))


def families_of(specs: Iterable[Any], game: Game) -> list[Family]:
    """The families, see `Family.of`; ValueError if there are none."""
    specs = [specs] if isinstance(specs, (str, Family)) else list(specs)
    if not specs:
        raise ValueError("families: need at least one")
    return [Family.of(spec, game) for spec in specs]


def _is_choice(value: Any) -> bool:
    if isinstance(value, tuple) and len(value) == 2:
        return isinstance(value[0], (int, float)) and isinstance(value[1], (int, float, type(None)))
    return isinstance(value, list)


def _defaults(name: str, game: Game) -> dict[str, Any]:
    if name not in DEFAULTS:
        return example_parameters(name)
    found = {**example_parameters(name), **DEFAULTS[name]}
    if name in SCALED:
        low, high = found[SCALED[name]]
        found[SCALED[name]] = (low, high * game.finite_effort_scale)
    return found
