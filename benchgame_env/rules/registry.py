"""The one list of protocols: names to classes, by decorator or from installed packages.

A name is a registered one (``direct``), one in a module of the user's own (``my_module:my-rule``
imports ``my_module`` first), or several with plus signs between them, layers over a base.
"""

from __future__ import annotations

import importlib
import inspect
import re
import warnings
from collections.abc import Callable, Iterable, Mapping
from dataclasses import fields, is_dataclass
from importlib.metadata import EntryPoint, entry_points
from types import ModuleType
from typing import Any, TypeVar

from benchgame_env.rules.contract import Adapted, Protocol
from benchgame_env.validate import choice

ENTRY_POINT_GROUP = "benchgame_env.protocols"

_NAME = re.compile(r"[A-Za-z0-9][\w.-]*", re.ASCII)

_classes: dict[str, type] = {}
_listeners: list[Callable[[str], None]] = []
_tried: set[EntryPoint] = set()
_C = TypeVar("_C", bound=type)


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
        _check_name(name)
        if not callable(getattr(cls, "evaluate", None)):
            label = getattr(cls, "__qualname__", repr(cls))
            raise ValueError(f"protocol {name!r}: {label} has no evaluate method")
        known = _classes.get(name, cls)
        # The same class again is a module reload, not a clash.
        if (known.__module__, known.__qualname__) != (cls.__module__, cls.__qualname__):
            raise ValueError(f"protocol {name!r} is already {known.__module__}.{known.__qualname__}")
        for other, taken in _classes.items():
            if taken is cls and other != name:
                raise ValueError(f"protocol {name!r}: {cls.__qualname__} is called {other!r} already")
        cls.name = name  # type: ignore[attr-defined]
        _classes[name] = cls
        for listener in _listeners:
            listener(name)
        return cls

    return register


def _check_name(name: str) -> None:
    if "+" in name:
        raise ValueError(f"protocol {name!r}: a plus sign in a name stands for layers")
    if not _NAME.fullmatch(name):
        raise ValueError(f"protocol {name!r}: a name is made of letters, digits, '_', '.' and '-'")


def announce_to(listener: Callable[[str], None]) -> None:
    """Call ``listener`` with every known name, and with each that is registered later.

    Names from installed packages are among them, but no package is imported to find them.
    """
    points = {point.name for point in _entry_points() if _NAME.fullmatch(point.name)}
    for name in sorted(points | set(_classes)):
        listener(name)
    _listeners.append(listener)


def protocols() -> tuple[str, ...]:
    """Names of all known protocols, those of installed packages included, sorted.

    A protocol of an installed package that cannot be loaded is left out, with one RuntimeWarning.
    """
    for point in _entry_points():
        if point not in _tried:
            _tried.add(point)
            try:
                _load(point)
            except ValueError as error:
                warnings.warn(str(error), RuntimeWarning, stacklevel=2)
    return registered()


def registered() -> tuple[str, ...]:
    """Names registered so far, sorted, without looking at installed packages."""
    return tuple(sorted(_classes))


def protocol_class(name: str) -> type:
    """The class called ``name``, of layers the last.

    A name is a registered one, that of an installed package, or ``module:name`` with a name or class
    of a module that can be imported: so a rule in a file of one's own is found by every command.

    Raises
    ------
    ValueError
        There is none (the known protocols are listed), or its module cannot be imported.
    """
    name = _parts(name)[-1]
    if name in _classes:
        return _classes[name]
    if isinstance(name, str) and ":" in name:
        return _from_module(name)
    for point in _entry_points():
        if point.name == name:
            return _load(point)
    return _classes[choice("protocol", name, protocols())]


def _entry_points() -> Iterable[EntryPoint]:
    return entry_points(group=ENTRY_POINT_GROUP)


def _load(point: EntryPoint) -> type:
    """Register the class behind an entry point; whatever goes wrong is the package's ValueError."""
    try:
        return register_protocol(point.name)(point.load())
    except Exception as error:
        package = point.dist.name if point.dist else "unknown"
        raise ValueError(
            f"protocol {point.name!r} of the installed package {package!r} cannot be used: "
            f"{type(error).__name__}: {error}"
        ) from error


def _from_module(spec: str) -> type:
    module, name = imported("protocol", spec)
    cls = _classes.get(name) or getattr(module, name, None)
    if not isinstance(cls, type) or not callable(getattr(cls, "evaluate", None)):
        raise ValueError(f"protocol {spec!r}: {module.__name__} has no protocol or class {name!r}")
    return cls


def imported(kind: str, spec: str) -> tuple[ModuleType, str]:
    """The module and the name of a ``module:name``, with the module imported.

    Parameters
    ----------
    kind : str
        What is named, for the error.
    spec : str
        The two with a colon between them.

    Raises
    ------
    ValueError
        The module cannot be imported, whatever the reason.
    """
    module_name, _, name = spec.partition(":")
    try:
        return importlib.import_module(module_name), name
    except Exception as error:
        raise ValueError(
            f"{kind} {spec!r}: cannot import {module_name!r}: {type(error).__name__}: {error}"
        ) from error


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
        spec = make_protocol(name, **parameters)
    if isinstance(spec, Protocol):
        return spec
    if callable(getattr(spec, "evaluate", None)) and not isinstance(spec, type):
        return Adapted(spec)
    raise ValueError(f"protocol: expected a name, (name, parameters) or a protocol, got {spec!r}")
