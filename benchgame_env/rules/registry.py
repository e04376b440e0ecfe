"""The one list of protocols: names to classes, by decorator or from installed packages.

A name is a registered one (``direct``), one in a module of the user's own (``my_module:my-rule``
imports ``my_module`` first), or several with plus signs between them, layers over a base.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass
from typing import Any, TypeVar

from benchgame_env.registry import Registry
from benchgame_env.rules.contract import Adapted, Protocol

_C = TypeVar("_C", bound=type)


class _Protocols(Registry[type]):
    kind, wanted = "protocol", "a class with an evaluate method"

    def __init__(self) -> None:
        super().__init__()
        self.listeners: list[Callable[[str], None]] = []

    def accept(self, thing: Any) -> type | None:
        is_rule = isinstance(thing, type) and callable(getattr(thing, "evaluate", None))
        return thing if is_rule else None

    def check(self, name: str, thing: type) -> None:
        super().check(name, thing)
        for other, taken in self._things.items():
            if taken is thing and other != name:
                raise ValueError(f"protocol {name!r}: {thing.__qualname__} is called {other!r} already")

    def add(self, name: str, thing: Any) -> type:
        rule: Any = super().add(name, thing)
        rule.name = name
        for listener in self.listeners:
            listener(name)
        return rule


PROTOCOLS = _Protocols()


def register_protocol(name: str) -> Callable[[_C], _C]:
    """Class decorator: make the protocol known as ``name`` to the environment, theory and commands.

    The class needs ``evaluate(game, efforts, rng=None)`` returning an object with ``scores``, ``ranks``
    and ``prizes``; deriving from `Protocol` or `DeterministicProtocol` adds the rest, and ``traits``
    say what the rule promises. An installed package also names the class under the entry-point group
    ``benchgame_env.protocols``, so that it is found without being imported.

    Raises
    ------
    ValueError
        The name is taken by another class, or is no word of letters, digits, ``_``, ``.`` and ``-``; the
        class has a name already, or no ``evaluate``.
    """

    def register(cls: _C) -> _C:
        PROTOCOLS.add(name, cls)
        return cls

    return register


def announce_to(listener: Callable[[str], None]) -> None:
    """Call ``listener`` with every known name, and with each that is registered later.

    Names from installed packages are among them, but no package is imported to find them.
    """
    for name in sorted(PROTOCOLS.names()):
        listener(name)
    PROTOCOLS.listeners.append(listener)


def protocols() -> tuple[str, ...]:
    """Names of all known protocols, those of installed packages included, sorted.

    A protocol of an installed package that cannot be loaded is left out, with one RuntimeWarning.
    """
    return tuple(sorted(PROTOCOLS))


def registered() -> tuple[str, ...]:
    """Names registered so far, sorted, without looking at installed packages."""
    return tuple(sorted(PROTOCOLS.registered()))


def protocol_class(name: str) -> type:
    """The class called ``name``, of layers the last.

    A name is a registered one, that of an installed package, or ``module:name`` with a name or class
    of a module that can be imported: so a rule in a file of one's own is found by every command.

    Raises
    ------
    ValueError
        There is none (the known protocols are listed), or its module cannot be imported.
    """
    return PROTOCOLS.find(_parts(name)[-1])


def parameter_names(name: str) -> list[str]:
    """Names of the parameters of ``name``, as `make_protocol` takes them: those of all its layers."""
    found: dict[str, None] = {}
    for part in _parts(name):
        cls = protocol_class(part)
        names = [field.name for field in fields(cls)] if is_dataclass(cls) else []
        found |= dict.fromkeys(names)
    if "+" in name:
        found.pop("base", None)
    return list(found)


def example_parameters(name: str) -> dict[str, Any]:
    """Parameters that make a protocol of ``name``: the examples that its parts give."""
    found: dict[str, Any] = {}
    for part in _parts(name):
        found |= getattr(protocol_class(part), "example", {})
    if "+" in name:
        found.pop("base", None)
    return found


def make_protocol(name: str, **parameters: Any) -> Any:
    """The protocol called ``name`` with these parameters.

    ``"tune-before-test+rounded"`` is ``rounded`` over ``tune-before-test``: each parameter goes to all
    parts that have one of this name.

    Raises
    ------
    ValueError
        An unknown name (the known ones are listed) or unsuitable parameters.

    Examples
    --------
    >>> import benchgame_env as bg
    >>> bg.make_protocol("tune-before-test", level=3000)
    TuneBeforeTest(level=3000.0, ties='quality')
    """
    parts = _parts(name)
    if len(parts) == 1:
        return _make(name, parameters)
    shares: list[dict[str, Any]] = [{} for _ in parts]
    for key, value in parameters.items():
        takers = [k for k, part in enumerate(parts) if key in parameter_names(part)]
        if not takers or key == "base":
            raise _unsuitable(name, parameters, f"no part takes {key!r}")
        for taker in takers:
            shares[taker][key] = value
    rule = _make(parts[0], shares[0])
    for part, share in zip(parts[1:], shares[1:], strict=True):
        if "base" not in parameter_names(part):
            raise ValueError(f"protocol {name!r}: {part!r} does not go over another rule")
        rule = _make(part, {**share, "base": rule})
    return rule


def _parts(name: Any) -> list[str]:
    return name.split("+") if isinstance(name, str) else [name]


def _make(name: str, parameters: dict[str, Any]) -> Any:
    rule = protocol_class(name)
    try:
        inspect.signature(rule).bind(**parameters)  # says what is missing without speaking of __init__
        return rule(**parameters)
    except TypeError as error:
        raise _unsuitable(name, parameters, str(error)) from error


def _unsuitable(name: str, parameters: dict[str, Any], why: str) -> ValueError:
    takes = ", ".join(parameter_names(name)) or "no parameters"
    return ValueError(f"protocol {name!r} takes {takes}; got {parameters} ({why})")


def as_protocol(spec: Any) -> Protocol:
    """A protocol from a name, a ``(name, parameters)`` pair (a list of two, too), or a protocol itself.

    The door to everything behind: a class of the user's own with ``evaluate`` alone comes out as a whole
    `Protocol`.
    """
    if isinstance(spec, str):
        spec = make_protocol(spec)
    elif isinstance(spec, (tuple, list)) and len(spec) == 2 and isinstance(spec[1], Mapping):
        name, parameters = spec
        spec = make_protocol(name, **{str(key): value for key, value in parameters.items()})
    if isinstance(spec, Protocol):
        return spec
    if callable(getattr(spec, "evaluate", None)) and not isinstance(spec, type):
        return Adapted(spec)
    raise ValueError(f"protocol: expected a name, (name, parameters) or a protocol, got {spec!r}")
