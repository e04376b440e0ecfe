"""The one list of protocols: names to classes, by decorator or from installed packages."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields, is_dataclass
from importlib.metadata import entry_points
from typing import Any, TypeVar

from benchgame_env._validate import choice

ENTRY_POINT_GROUP = "benchgame_env.protocols"

_classes: dict[str, type] = {}
_C = TypeVar("_C", bound=type)


def register_protocol(name: str) -> Callable[[_C], _C]:
    """Class decorator: make the protocol known as ``name`` to the environment, theory and commands.

    The class needs ``evaluate(game, efforts, rng=None)`` returning an object with ``scores``, ``ranks``
    and ``prizes``; deriving from `Protocol` or `DeterministicProtocol` adds the rest. From an installed
    package, name the class under the entry-point group ``benchgame_env.protocols`` instead.

    Raises
    ------
    ValueError: the name is taken by another class, or there is no ``evaluate``.
    """

    def register(cls: _C) -> _C:
        known = _classes.get(name, cls)
        # The same class again is a module reload, not a clash.
        if (known.__module__, known.__qualname__) != (cls.__module__, cls.__qualname__):
            raise ValueError(f"protocol {name!r} is already {known.__module__}.{known.__qualname__}")
        if not callable(getattr(cls, "evaluate", None)):
            raise ValueError(f"protocol {name!r}: {cls.__qualname__} has no evaluate method")
        cls.name = name  # type: ignore[attr-defined]
        _classes[name] = cls
        return cls

    return register


def registered() -> tuple[str, ...]:
    """Names registered so far, sorted, without looking at installed packages."""
    return tuple(sorted(_classes))


def protocols() -> tuple[str, ...]:
    """Names of all known protocols, those of installed packages included, sorted."""
    for point in entry_points(group=ENTRY_POINT_GROUP):
        if point.name not in _classes:
            register_protocol(point.name)(point.load())
    return registered()


def protocol_class(name: str) -> type:
    """The class registered as ``name``; ValueError listing the known protocols if there is none."""
    return _classes.get(name) or _classes[choice("protocol", name, protocols())]


def parameter_names(name: str) -> list[str]:
    """Names of the parameters of the protocol registered as ``name``."""
    cls = protocol_class(name)
    return [field.name for field in fields(cls)] if is_dataclass(cls) else []


def make_protocol(name: str, **parameters: Any) -> Any:
    """The protocol called ``name`` with these parameters.

    Raises
    ------
    ValueError: an unknown name (the known ones are listed) or unsuitable parameters.
    """
    cls = protocol_class(name)
    try:
        return cls(**parameters)
    except TypeError as error:
        takes = ", ".join(parameter_names(name)) or "no parameters"
        raise ValueError(f"protocol {name!r} takes {takes}; got {parameters} ({error})") from error


def as_protocol(spec: Any) -> Any:
    """A protocol from a name, a ``(name, parameters)`` pair, or a protocol itself."""
    if isinstance(spec, str):
        return make_protocol(spec)
    if isinstance(spec, tuple) and len(spec) == 2:
        name, parameters = spec
        return make_protocol(name, **parameters)
    if callable(getattr(spec, "evaluate", None)):
        return spec
    raise ValueError(f"protocol: expected a name, (name, parameters) or a protocol, got {spec!r}")
