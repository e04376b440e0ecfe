"""What a designer wants to keep small: a bad board, burnt prizes, and the money that a rule costs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

from benchgame_env.validate import choice, number

# The price, among the fields of `DesignLoss`, of each resource that a rule's `designer_cost` counts.
PRICES = {"tuning": "price", "items": "item_price", "refresh": "refresh_price"}
WEIGHTS = ("tau", "burnt", "best_on_top")


@dataclass(frozen=True)
class DesignLoss:
    """A designer's loss: ``w_tau (1 - E tau) + w_burnt burnt + w_best_on_top (1 - P(best on top))`` and
    what the rule costs the designer, at given prices.

    Parameters
    ----------
    w_tau : float
        Weight of ``1 - E tau`` (`Outcomes.kendall_tau`), >= 0.
    w_burnt : float
        Weight of the share of the prize pot that effort burns (`Outcomes.cost_share`), >= 0.
    w_best_on_top : float
        Weight of the chance that a weaker model has rank 1, >= 0.
    price : float
        Of one effort unit of tuning for one model, in units of loss, >= 0.
    item_price : float
        Of one test item for one model, >= 0.
    refresh_price : float
        Of one new test, >= 0.

    Raises
    ------
    ValueError
        A negative number.
    """

    w_tau: float = 1.0
    w_burnt: float = 1.0
    w_best_on_top: float = 0.0
    price: float = 0.0
    item_price: float = 0.0
    refresh_price: float = 0.0

    def __post_init__(self) -> None:
        for field in fields(self):
            clean = number(field.name, getattr(self, field.name), low=0)
            object.__setattr__(self, field.name, clean)

    @classmethod
    def of(cls, loss: DesignLoss | Mapping[str, float] | None, price: float | None = None) -> DesignLoss:
        """A loss from itself, or from weights by name.

        Parameters
        ----------
        loss : DesignLoss, mapping or None
            Weights of ``tau``, ``burnt`` and ``best_on_top``, of which those that are left out are 0,
            and prices by the names of the fields. Default: tau and burnt, 1 each.
        price : float, optional
            In place of the loss's own.

        Returns
        -------
        DesignLoss

        Raises
        ------
        ValueError
            Something else, no or an unknown name, or a negative number.
        """
        if isinstance(loss, Mapping):
            if not loss:
                raise ValueError(f"loss: weigh at least one of {', '.join(WEIGHTS)}, or give a price")
            values: dict[str, Any] = dict.fromkeys((f"w_{name}" for name in WEIGHTS), 0.0)
            for name, value in loss.items():
                choice("loss", name, (*WEIGHTS, *PRICES.values()))
                values[f"w_{name}" if name in WEIGHTS else name] = value
            loss = cls(**values)
        loss = cls() if loss is None else loss
        if not isinstance(loss, DesignLoss):
            raise ValueError(f"loss: expected weights by name or a DesignLoss, got {loss!r}")
        own = {field.name: getattr(loss, field.name) for field in fields(cls)}
        return cls(**(own if price is None else own | {"price": price}))

    def money(self, costs: Mapping[str, float]) -> float:
        """What resources cost at these prices, in units of loss; one without a price costs nothing."""
        priced = [name for name in costs if name in PRICES]
        return float(sum(getattr(self, PRICES[name]) * costs[name] for name in priced))

    def of_board(self, tau: float, burnt: float, best_on_top: float) -> float:
        """The loss without the rule's own cost. What has no weight need not be known."""
        parts = (
            (self.w_tau, 1 - tau),
            (self.w_burnt, burnt),
            (self.w_best_on_top, 1 - best_on_top),
        )
        return float(sum(weight * part for weight, part in parts if weight))

    @property
    def largest(self) -> float:
        """The loss of the worst board that burns all prizes, without the rule's own cost."""
        return self.of_board(-1.0, 1.0, 0.0)

    def error_of(self, errors: Mapping[str, float]) -> float:
        """How far errors of the parts, by name, leave the loss open."""
        return float(sum(getattr(self, f"w_{name}") * error for name, error in errors.items()))

    def __str__(self) -> str:
        words = {
            "w_tau": "(1 - tau)",
            "w_burnt": "burnt share",
            "w_best_on_top": "P(weaker on top)",
            "price": "step and model",
            "item_price": "item and model",
            "refresh_price": "new test",
        }
        parts = [(f"{getattr(self, name):g}", word) for name, word in words.items()]
        return " + ".join(f"{weight} x {word}" for weight, word in parts if weight != "0") or "nothing"
