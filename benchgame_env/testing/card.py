"""Checks of a protocol as a value with parameters, and of the card in its docstring."""

from __future__ import annotations

import inspect
import math
import pickle
from collections.abc import Iterator
from dataclasses import fields, is_dataclass, replace
from typing import Any

from benchgame_env.rules import Protocol, as_protocol
from benchgame_env.testing.trial import RuleError, Trial, identical, need

CARD = ("Formula:", "Parameters:", "Used by:", "Rewards:", "Version:")
NUMBERS = {"int", "float", "int | None", "float | None"}


def parameters(trial: Trial) -> str | None:
    """Unsuitable parameters are refused by name."""
    rule = trial.given
    _unknown_parameters_are_refused(type(rule))
    for field, bad in _bad_values(trial):
        try:
            replace(rule, **{field: bad})
        except ValueError as error:
            need(field in str(error), f"the error for {field}={bad!r} does not name the field: {error}")
        except Exception as error:
            raise RuleError(
                f"{field}={bad!r} must raise a ValueError that names the field, but raises "
                f"{type(error).__name__}: check it in __post_init__"
            ) from error
        else:
            raise RuleError(
                f"{field}={bad!r} is accepted: check it in __post_init__ and raise a ValueError"
            )
    _is_a_value(trial)
    return None


def _unknown_parameters_are_refused(cls: type) -> None:
    try:
        cls(no_such_parameter=1)
    except (TypeError, ValueError):
        return
    raise RuleError("a parameter called no_such_parameter is accepted: refuse what is not known")


def _bad_values(trial: Trial) -> Iterator[tuple[str, Any]]:
    """Fields with values that no parameter should take. A number is negative or infinite only where
    its default, its example or the rule on trial is."""
    rule = trial.given
    for item in fields(rule) if is_dataclass(rule) else ():
        example = trial.protocol.example.get(item.name)
        known = [getattr(rule, item.name), item.default, example]
        numbers = [value for value in known if isinstance(value, (int, float))]
        if item.name == "ties":
            yield item.name, "no-such-ties"
        if not item.init or isinstance(known[0], bool) or not (numbers or str(item.type) in NUMBERS):
            continue
        yield item.name, math.nan
        yield item.name, "much"
        if not any(math.isinf(value) for value in numbers):
            yield item.name, math.inf
        if not any(value < 0 for value in numbers):
            yield item.name, -1


def _is_a_value(trial: Trial) -> None:
    """A protocol is its parameters: it compares and hashes by them, and can be sent to a process."""
    rule = trial.given
    try:
        sent = pickle.loads(pickle.dumps(rule))
    except Exception as error:
        raise RuleError(
            f"the protocol cannot be pickled, so not sent to worker processes ({error}): define its "
            "class at the top level of a module and keep only parameters in it"
        ) from error
    efforts = trial.efforts(3)
    need(
        identical(trial.board(efforts), Trial(as_protocol(sent), trial.game, trial.seed).board(efforts)),
        "a pickled copy of the protocol gives another board",
    )
    if isinstance(rule, Protocol):
        advice = "make the class a frozen dataclass: @dataclass(frozen=True)"
        need(sent == rule, f"protocols with equal parameters must be equal: {advice}")
        try:
            equal = hash(sent) == hash(rule)
        except TypeError as error:
            raise RuleError(
                f"the protocol has no hash ({error}): {advice}, of hashable parameters"
            ) from error
        need(equal, f"equal protocols must have equal hashes: {advice}")


def docstring(trial: Trial) -> str | None:
    """The docstring begins with one sentence."""
    text = inspect.cleandoc(type(trial.given).__doc__ or "")
    first, _, rest = text.partition("\n")
    need(
        first.endswith(".") and not rest.partition("\n")[0].strip(),
        f"the docstring must begin with one sentence on one line, got {first!r}",
    )
    missing = [field for field in CARD if field not in text]
    need(not missing, f"the docstring's card has no {' and no '.join(missing)}")
    return None
