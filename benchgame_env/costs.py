"""What effort costs a developer: ``c(e)`` of theory section 1, in prize units.

Any object with these three members is a valid cost:

* ``cost(effort)``: elementwise, ``[...] -> [...]``; ``cost(0) = 0`` and non-decreasing;
* ``cost.inverse(value)``: the largest effort that costs at most ``value``, elementwise;
* ``cost.strictly_increasing``: whether every bit of effort costs something. The theorems on a unique
  equilibrium need it; they are false where the cost has flat stretches (see the ``flat-cost-*`` games).

Optional: ``continuous``, whether by its formula the cost never jumps. Where it is not declared, jumps
are looked for.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import ArrayLike

from benchgame_env.validate import number


class Cost(Protocol):
    """The three members that make an object a cost."""

    @property
    def strictly_increasing(self) -> bool:
        """Whether every bit of effort costs something."""

    def __call__(self, effort: Any, /) -> Any: ...

    def inverse(self, value: Any, /) -> Any:
        """The largest effort that costs at most ``value``, elementwise."""


@dataclass(frozen=True)
class PowerCost:
    """``c(e) = rate * max(e - free, 0) ** exponent``.

    Parameters
    ----------
    rate : float
        Prize units per effort unit to the power ``exponent``, > 0.
    exponent : float
        > 0; 1 is linear, 2 quadratic.
    free : float, optional
        Effort that costs nothing, >= 0. Above 0 the cost is flat near zero. The paper's written
        assumptions allow that, but its theorems are then false (theory section 4).
    """

    rate: float
    exponent: float
    free: float = 0.0
    continuous = True

    def __post_init__(self) -> None:
        object.__setattr__(self, "rate", number("rate", self.rate, low=0, strict=True))
        object.__setattr__(self, "exponent", number("exponent", self.exponent, low=0, strict=True))
        object.__setattr__(self, "free", number("free", self.free, low=0))

    @property
    def strictly_increasing(self) -> bool:
        """Whether every bit of effort costs something: there is no free effort."""
        return self.free == 0

    def __call__(self, effort: ArrayLike) -> Any:
        paid = np.maximum(np.asarray(effort, dtype=np.float64) - self.free, 0.0)
        return self.rate * paid**self.exponent

    def inverse(self, value: ArrayLike) -> Any:
        """The largest effort ``[...]`` that costs at most ``value`` ``[...]``."""
        budget = np.maximum(np.asarray(value, dtype=np.float64), 0.0)
        return self.free + (budget / self.rate) ** (1 / self.exponent)


@dataclass(frozen=True)
class LinearCost:
    """``c(e) = rate * e``.

    Parameters
    ----------
    rate : float, optional
        Prize units per effort unit, > 0.
    """

    rate: float = 1.0
    strictly_increasing = True
    continuous = True

    def __post_init__(self) -> None:
        object.__setattr__(self, "rate", number("rate", self.rate, low=0, strict=True))

    def __call__(self, effort: ArrayLike) -> Any:
        return self.rate * np.asarray(effort, dtype=np.float64)

    def inverse(self, value: ArrayLike) -> Any:
        """The largest effort ``[...]`` that costs at most ``value`` ``[...]``."""
        return np.maximum(np.asarray(value, dtype=np.float64), 0.0) / self.rate


@dataclass(frozen=True)
class CappedCost:
    """``c(e) = min(rate * e, most)``: effort beyond ``most / rate`` costs nothing more.

    Parameters
    ----------
    rate : float
        Prize units per effort unit, > 0.
    most : float
        What no effort exceeds, prize units, > 0.
    """

    rate: float
    most: float
    strictly_increasing = False
    continuous = True

    def __post_init__(self) -> None:
        object.__setattr__(self, "rate", number("rate", self.rate, low=0, strict=True))
        object.__setattr__(self, "most", number("most", self.most, low=0, strict=True))

    def __call__(self, effort: ArrayLike) -> Any:
        return np.minimum(self.rate * np.asarray(effort, dtype=np.float64), self.most)

    def inverse(self, value: ArrayLike) -> Any:
        """The largest effort ``[...]`` that costs at most ``value`` ``[...]``, ``inf`` from ``most``."""
        value = np.maximum(np.asarray(value, dtype=np.float64), 0.0)
        return np.where(value < self.most, value / self.rate, np.inf)


@dataclass(frozen=True)
class EntryCost:
    """``c(0) = 0``, and ``c(e) = fee + rate * e`` for any effort: a jump at 0.

    Parameters
    ----------
    fee : float
        What any effort costs first, prize units, > 0.
    rate : float, optional
        Prize units per effort unit, > 0.
    """

    fee: float
    rate: float = 1.0
    strictly_increasing = True
    continuous = False

    def __post_init__(self) -> None:
        object.__setattr__(self, "fee", number("fee", self.fee, low=0, strict=True))
        object.__setattr__(self, "rate", number("rate", self.rate, low=0, strict=True))

    def __call__(self, effort: ArrayLike) -> Any:
        effort = np.asarray(effort, dtype=np.float64)
        return np.where(effort > 0, self.fee + self.rate * effort, 0.0)

    def inverse(self, value: ArrayLike) -> Any:
        """The largest effort ``[...]`` that costs at most ``value`` ``[...]``."""
        return np.maximum(np.asarray(value, dtype=np.float64) - self.fee, 0.0) / self.rate
