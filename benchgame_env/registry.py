"""What the lists of protocols, games, agents, cards and suites share: how a name leads to a thing.

A name is a registered one, that of an installed package (under the entry-point group of the kind, such
as ``benchgame_env.games``), or ``MODULE:NAME``. This imports MODULE, which is looked for in the current
folder too, and takes what is called NAME there.
"""

from __future__ import annotations

import os
import re
import sys
import warnings
from abc import abstractmethod
from collections.abc import Iterator, Mapping
from functools import cached_property
from importlib import import_module
from importlib.metadata import EntryPoint, entry_points
from typing import Any, ClassVar, TypeVar

from benchgame_env.validate import choice

NAME = re.compile(r"[A-Za-z0-9][\w.-]*", re.ASCII)
T = TypeVar("T")


class Registry(Mapping[str, T]):
    """The things of one kind by name. Iteration imports what installed packages bring, and leaves out,
    with one RuntimeWarning, what cannot be used.

    Parameters
    ----------
    own : mapping, optional
        Names that are known from the beginning.

    Attributes
    ----------
    kind : str
        What is named, in one word. The entry-point group is ``benchgame_env.`` and its plural.
    wanted : str
        What can have such a name, with an article.
    """

    kind: ClassVar[str]
    wanted: ClassVar[str]

    def __init__(self, own: Mapping[str, T] | None = None) -> None:
        self._things: dict[str, T] = dict(own or {})
        self._tried: set[EntryPoint] = set()

    @abstractmethod
    def accept(self, thing: Any) -> T | None:
        """``thing`` in the form that is kept; None if it is none of this kind."""

    def origin(self, thing: T) -> str:
        """Where a thing comes from: that of the same text is the same, imported once more."""
        return f"{getattr(thing, '__module__', '')}.{getattr(thing, '__qualname__', '')}"

    @cached_property
    def installed(self) -> tuple[EntryPoint, ...]:
        """Entry points of installed packages, looked for once."""
        return tuple(entry_points(group=f"benchgame_env.{self.kind}s"))

    def add(self, name: str, thing: Any) -> T:
        """Make ``thing`` known as ``name``.

        Raises
        ------
        ValueError
            The name is taken by another thing, or is no word of letters, digits, ``_``, ``.`` and ``-``;
            or the thing is none of this kind.
        """
        if not isinstance(name, str) or not NAME.fullmatch(name):
            raise ValueError(
                f"{self.kind} {name!r}: a name is made of letters, digits, '_', '.' and '-'"
            )
        accepted = self.accept(thing)
        if accepted is None:
            label = getattr(thing, "__qualname__", repr(thing))
            raise ValueError(f"{self.kind} {name!r}: {label} is not {self.wanted}")
        self.check(name, accepted)
        self._things[name] = accepted
        return accepted

    def check(self, name: str, thing: T) -> None:
        """Raise ValueError if ``thing`` cannot be called ``name``, because another thing is."""
        known = self.origin(self._things.get(name, thing))
        if known != self.origin(thing):
            raise ValueError(f"{self.kind} {name!r} is already {known}")

    def registered(self) -> tuple[str, ...]:
        """Names registered so far, without those of installed packages."""
        return tuple(self._things)

    def names(self) -> tuple[str, ...]:
        """All known names; nothing is imported for them."""
        found = (point.name for point in self.installed if NAME.fullmatch(point.name))
        return tuple(dict.fromkeys((*self._things, *found)))

    def find(self, name: str) -> T:
        """What ``name`` stands for.

        Raises
        ------
        ValueError
            There is none (the known names are listed), or its module or package cannot be imported.
        """
        if isinstance(name, str) and ":" in name:
            return self._in_module(name)
        is_here = isinstance(name, str) and name in self._things
        return self[name if is_here else choice(self.kind, name, sorted(self.names()))]

    def __getitem__(self, name: str) -> T:
        if name not in self._things:
            for point in self.installed:
                if point.name == name:
                    return self._load(point)
        return self._things[name]

    def __contains__(self, name: object) -> bool:
        return name in self.names()

    def __iter__(self) -> Iterator[str]:
        for point in self.installed:
            if point not in self._tried:
                self._tried.add(point)
                try:
                    self._load(point)
                except ValueError as error:
                    warnings.warn(str(error), RuntimeWarning, stacklevel=3)
        return iter(self.registered())

    def __len__(self) -> int:
        return len(list(iter(self)))

    def _load(self, point: EntryPoint) -> T:
        """Register what is behind an entry point; whatever goes wrong is the package's ValueError."""
        try:
            return self.add(point.name, point.load())
        except (Exception, SystemExit) as error:
            if isinstance(error, SystemExit) and isinstance(error.code, int) and error.code > 128:
                raise  # this process is asked to end
            package = point.dist.name if point.dist else "unknown"
            raise ValueError(
                f"{self.kind} {point.name!r} of the installed package {package!r} cannot be used: "
                f"{type(error).__name__}: {error}"
            ) from error

    def _in_module(self, spec: str) -> T:
        module_name, _, name = spec.partition(":")
        try:
            if os.getcwd() not in sys.path:  # not before it is needed: other imports ignore this folder
                sys.path.append(os.getcwd())
            module = import_module(module_name)
        except Exception as error:
            raise ValueError(
                f"{self.kind} {spec!r}: cannot import {module_name!r}: {type(error).__name__}: {error}"
            ) from error
        found = self._things.get(name)
        found = self.accept(getattr(module, name, None)) if found is None else found
        if found is None:
            raise ValueError(
                f"{self.kind} {spec!r}: {module.__name__} has no {self.kind} {name!r}, {self.wanted}"
            )
        return found
