"""What a search for the best rule found, for programs and for people."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from benchgame_env.theory.design.families import Family
from benchgame_env.theory.design.loss import DesignLoss
from benchgame_env.theory.design.outcome import DesignOutcome, Selection
from benchgame_env.theory.design.play import MYOPIC, NASH

EXACT = 5e-5  # of losses: smaller errors are not shown


@dataclass(frozen=True, eq=False)
class Tried:
    """A rule that was tried; ``level, loss = tried`` reads the two figures.

    Attributes
    ----------
    protocol : Protocol
        The rule itself.
    family : Family
        Where it belongs.
    value : object
        The value of the chosen parameter; None where there is none to choose.
    outcome : DesignOutcome
        What it brings.
    attained : bool
        Whether its loss is one that a rule has; else it is the limit of rules just above ``value``.
    """

    protocol: Any
    family: Family
    value: Any
    outcome: DesignOutcome
    attained: bool = True

    @property
    def loss(self) -> float:
        """The loss."""
        return self.outcome.loss

    @property
    def error(self) -> float:
        """By how much its certificate leaves the loss open."""
        return self.outcome.error

    @property
    def level(self) -> float:
        """The level of tune-before-test; 0 for a rule without one."""
        return float(self.setting[1].get("level", 0.0))

    @property
    def setting(self) -> tuple[str, dict[str, Any]]:
        """The name of the rule and its parameters, as every function takes them."""
        return self.family.protocol, self.family.parameters(self.value)

    def __iter__(self) -> Iterator[float]:
        return iter((self.level, self.loss))

    def __str__(self) -> str:
        name, parameters = self.setting
        listed = ", ".join(f"{key}={_shown(value)}" for key, value in parameters.items())
        return f"{name}({listed})" if listed else name


@dataclass(frozen=True, eq=False)
class OptimalDesign:
    """The designer's optimum.

    Attributes
    ----------
    best : Tried
        The rule with the least loss.
    optima : tuple of Tried
        Every local optimum, the least loss first: of a family with values in order those that are
        surely lower than what lies between them and any lower one; else the best of the family.
    ties : tuple of Tried
        Rules tried whose loss may be the least too, within the errors; ``best`` is not among them.
    tried : tuple of Tried
        Everything that was tried, family by family, in order of the parameter.
    weights : DesignLoss
        The loss.
    selection : str
        ``pessimistic`` or ``optimistic``.
    exact : bool
        Whether the optimum is proved, and not only the best of what was tried.
    scope : str
        What is proved and what is not.
    switch_price : float or None
        With two developers, the price per effort unit and model from which on level 0 is better than
        the least stable level, where nothing between is ever best; None where not known.
    trap_price : float or None
        The price from which on a search by small steps from level 0 stays there, where a closed form
        tells; None where not known.
    """

    best: Tried
    optima: tuple[Tried, ...]
    ties: tuple[Tried, ...]
    tried: tuple[Tried, ...]
    weights: DesignLoss
    selection: Selection
    exact: bool
    scope: str
    switch_price: float | None = None
    trap_price: float | None = None

    @property
    def protocol(self) -> Any:
        """The rule to announce."""
        return self.best.protocol

    @property
    def level(self) -> float:
        """Its tune-before-test level; 0 for a rule without one."""
        return self.best.level

    @property
    def loss(self) -> float:
        """Its loss."""
        return self.best.loss

    @property
    def error(self) -> float:
        """By how much its certificate leaves the loss open."""
        return self.best.error

    @property
    def unpredicted(self) -> dict[str, list[Tried]]:
        """Rules under which no play is predicted, by the reason."""
        found: dict[str, list[Tried]] = {}
        for one in self.tried:
            if one.loss != one.loss:
                found.setdefault(one.outcome.scope, []).append(one)
        return found

    @property
    def price(self) -> float:
        """The price of an effort unit of tuning for one model."""
        return self.weights.price

    def table(self) -> list[list[str]]:
        """The optima and the ties, a header first: rule (of one family its parameter), loss, error,
        tau, P(best on top), burnt share, own cost, and the play."""
        families = {id(one.family): one.family for one in self.tried}
        name = self.best.family.parameter if len(families) == 1 else ""
        rows = [
            [_shown(one.value) if name else str(one), *_figures(one.outcome)]
            for one in (*self.optima, *self.ties)
        ]
        return [[name or "rule", "loss", "+-", "tau", "top", "burnt", "cost", "play"], *rows]

    def __str__(self) -> str:
        rows = self.table()
        widths = [max(len(row[k]) for row in rows) for k in range(len(rows[0]))]
        lines = [
            "  ".join(cell.ljust(wide) for cell, wide in zip(row, widths, strict=True)) for row in rows
        ]
        told = [
            f"no play is predicted under {', '.join(map(str, some))}: {reason}"
            for reason, some in self.unpredicted.items()
        ]
        return "\n".join([f"{self.best}: {self.scope}", *(line.rstrip() for line in lines), *told])


def comparable(tried: Iterable[Tried]) -> list[Tried]:
    """Those of the rules tried whose losses can be compared: those of equilibria, as far as there are
    any; else those of best responses one round ahead under rules that remember."""
    known = [one for one in tried if one.loss == one.loss]
    return [one for one in known if one.outcome.concept == NASH] or known


def _shown(value: Any) -> str:
    return f"{value:.6g}" if isinstance(value, float) else str(value)


def _figures(found: DesignOutcome) -> list[str]:
    return [
        f"{found.loss:.4f}",
        "0" if found.error < EXACT else f"{found.error:.4f}",
        f"{found.tau:.3f}",
        f"{found.best_on_top:.3f}",
        f"{found.burnt:.1%}",
        f"{found.own_cost:.4f}",
        "myopic" if found.concept == MYOPIC else found.play.removesuffix(" equilibrium"),
    ]
