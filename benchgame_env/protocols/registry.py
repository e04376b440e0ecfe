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
        if "+" in name:
            raise ValueError(f"protocol {name!r}: a plus sign in a name stands for layers")
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
    """The class registered as ``name``, of layers the last; ValueError listing the known protocols if
    there is none."""
    name = _parts(name)[-1]
    return _classes.get(name) or _classes[choice("protocol", name, protocols())]


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


def make_protocol(name: str, **parameters: Any) -> Any:
    """The protocol called ``name`` with these parameters.

    ``"tune-before-test+rounded"`` is ``rounded`` over ``tune-before-test``: each parameter goes to all
    parts that have one of this name.

    Raises
    ------
    ValueError: an unknown name (the known ones are listed) or unsuitable parameters.
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
    try:
        return protocol_class(name)(**parameters)
    except TypeError as error:
        raise _unsuitable(name, parameters, str(error)) from error


def _unsuitable(name: str, parameters: dict[str, Any], why: str) -> ValueError:
    takes = ", ".join(parameter_names(name)) or "no parameters"
    return ValueError(f"protocol {name!r} takes {takes}; got {parameters} ({why})")


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
