"""Every public name has a docstring that parses as numpydoc, and the first examples run.

numpydoc itself would bring Sphinx and its twenty packages, so the form is checked here.
"""

from __future__ import annotations

import dataclasses
import doctest
import importlib
import inspect
import re
from collections.abc import Iterator
from functools import cached_property
from types import ModuleType
from typing import Any

import pytest
from tools.checks import SOURCES, module_name

import benchgame_env as bg

PENDING: set[str] = set()  # modules that are not looked at yet; none should be
OPTIONAL = {"torch", "stable_baselines3", "matplotlib", "ray", "supersuit", "mpe2", "tensorboard"}

ITEMS = ("Parameters", "Attributes", "Returns", "Yields", "Raises")
SECTIONS = (*ITEMS, "Notes", "Examples", "References", "See Also")
NAMED = re.compile(r"\*{0,2}\w+(, \*{0,2}\w+)*( : \S.*)?")
# What a returned value is called: a type, perhaps a name before it, and no sentence.
TYPE = re.compile(r"(\w+(, \w+)* : )?[^:.]*(\.{3}[^:.]*)*")
ERROR = re.compile(r"[A-Z]\w+")

# What a newcomer calls first; each shows an example.
FIRST = (
    bg.load_game,
    bg.games,
    bg.make_protocol,
    bg.parallel_env,
    bg.env,
    bg.vector_env,
    bg.theory.predict,
    bg.theory.temptation,
    bg.theory.required_effort,
    bg.theory.stabilizing_levels,
    bg.theory.mixed_equilibrium,
    bg.theory.best_response_cycle,
    bg.metrics.regrets,
    bg.metrics.nash_conv,
    bg.metrics.kendall_tau,
    bg.calibration.fit,
    bg.calibration.draws,
    bg.calibration.population,
)


def module_names() -> list[str]:
    return [module_name(file) for file in SOURCES]


def load(name: str) -> ModuleType:
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        if error.name in OPTIONAL:
            pytest.skip(f"needs {error.name}")
        raise


def own_public(holder: Any, module: str) -> Iterator[tuple[str, Any]]:
    """Public classes and functions that ``holder`` itself defines."""
    for name, value in vars(holder).items():
        made_here = getattr(value, "__module__", module) == module
        if not name.startswith("_") and made_here and is_documentable(value):
            yield name, value


def is_documentable(value: Any) -> bool:
    kinds = (property, cached_property, classmethod, staticmethod)
    return inspect.isclass(value) or inspect.isfunction(value) or isinstance(value, kinds)


def public_objects(module: ModuleType) -> Iterator[tuple[str, Any, str]]:
    """Every public object of ``module`` as its dotted name, itself and its docstring."""
    yield module.__name__, module, module.__doc__ or ""
    for name, value in own_public(module, module.__name__):
        yield f"{module.__name__}.{name}", value, docstring(value)
        if inspect.isclass(value):
            for member, part in own_public(value, module.__name__):
                yield f"{module.__name__}.{name}.{member}", part, docstring(getattr(value, member, part))


def docstring(value: Any) -> str:
    """The docstring of ``value``, inherited ones included; those that Python makes up do not count."""
    text = inspect.getdoc(value) or ""
    is_made_up = inspect.isclass(value) and re.match(rf"{value.__name__}\(.*\)$", text)
    return "" if is_made_up else text


def sections(text: str) -> dict[str, list[str]]:
    """Headings to the lines below them; ValueError for a heading that is unknown or badly underlined."""
    lines = inspect.cleandoc(text).splitlines()
    found: dict[str, list[str]] = {}
    body: list[str] = []
    for line, under in zip(lines, [*lines[1:], ""], strict=True):
        if under and set(under) == {"-"}:
            if line not in SECTIONS or len(line) != len(under) or line in found:
                raise ValueError(f"heading {line!r} over {under!r}")
            body = found[line] = []
        elif not (line and set(line) == {"-"}):
            if line.strip().rstrip(":") in SECTIONS:
                raise ValueError(f"heading {line!r} is not underlined")
            body.append(line)
    return found


def entries(section: str, lines: list[str]) -> list[str]:
    """The names, or of ``Returns`` and ``Raises`` the types, of a section; ValueError if it is none."""
    pattern = {"Returns": TYPE, "Yields": TYPE, "Raises": ERROR}.get(section, NAMED)
    heads: list[tuple[str, list[str]]] = []
    for line in filter(str.strip, lines):
        if not line.startswith(" "):
            heads.append((line, []))
        elif not heads or not line.startswith("    "):
            raise ValueError(f"{section}: text {line.strip()!r} has no entry, or another indent than 4")
        else:
            heads[-1][1].append(line)
    for head, below in heads:
        if not pattern.fullmatch(head) or not (below or " : " in head or section == "Returns"):
            raise ValueError(f"{section}: {head!r}")
    if not heads:
        raise ValueError(f"{section}: is empty")
    return [name.strip("* ") for head, _ in heads for name in head.partition(" : ")[0].split(",")]


def parameters_of(value: Any) -> set[str]:
    """The names in the signature; of a dataclass those that its bases do not have."""
    value = getattr(value, "__func__", value)
    if isinstance(value, (property, cached_property)):
        return set()
    names = set(inspect.signature(value).parameters) - {"self", "cls"}
    if inspect.isclass(value) and dataclasses.is_dataclass(value):
        bases = [base for base in value.__mro__[1:] if dataclasses.is_dataclass(base)]
        names -= {field.name for base in bases for field in dataclasses.fields(base)}
    return names


def faults(name: str, value: Any, text: str) -> list[str]:
    """What is wrong with a docstring."""
    if not text.strip():
        return [f"{name}: has no docstring"]
    try:
        found = sections(text)
        listed = {title: entries(title, found[title]) for title in ITEMS if title in found}
    except ValueError as error:
        return [f"{name}: {error}"]
    if isinstance(value, ModuleType) or not {"Parameters", "Attributes"} & listed.keys():
        return []
    takes, told = parameters_of(value), set(listed.get("Parameters", []))
    lacks = takes - told - set(listed.get("Attributes", []))
    wrong = {f"{what} {names}" for what, names in (("lacks", lacks), ("invents", told - takes)) if names}
    return [f"{name}: {what}" for what in sorted(wrong)]


@pytest.mark.parametrize("name", [name for name in module_names() if name not in PENDING])
def test_public_names_have_docstrings_that_parse(name: str) -> None:
    found = [fault for entry in public_objects(load(name)) for fault in faults(*entry)]
    assert not found, "\n".join(found)


def example(first: int, second: int = 0) -> int:
    return first + second


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("", "no docstring"),
        ("Sum.\n\nParameters\n----\nfirst : int\n    One.", "heading 'Parameters'"),
        ("Sum.\n\nParameters:\n    first: one", "not underlined"),
        ("Sum.\n\nParameters\n----------\nfirst: one\nsecond : int\n    Two.", "'first: one'"),
        ("Sum.\n\nParameters\n----------\nfirst\nsecond : int\n    Two.", "'first'"),
        ("Sum.\n\nParameters\n----------\nfirst : int\n    One.", "lacks {'second'}"),
        ("Sum.\n\nParameters\n----------\nfirst, second, third : int\n    Three.", "invents {'third'}"),
        ("Sum.\n\nReturns\n-------\nThe sum of both.", "'The sum of both.'"),
        ("Sum.\n\nRaises\n------\nValueError: never.", "'ValueError: never.'"),
        ("Sum.\n\nRaises\n------", "is empty"),
    ],
)
def test_faults_are_seen(text: str, fault: str) -> None:
    assert any(fault in seen for seen in faults("example", example, text))


def test_the_form_of_the_house_parses() -> None:
    text = (
        "Sum.\n\nParameters\n----------\nfirst : int\n    One.\nsecond : int, optional\n    Two.\n\n"
        "Returns\n-------\nint\n    Both.\n\nRaises\n------\nValueError\n    Never."
    )
    assert faults("example", example, text) == []


@pytest.mark.parametrize("function", FIRST, ids=lambda function: function.__name__)
def test_first_examples_run(function: Any) -> None:
    (test,) = doctest.DocTestFinder(recurse=False).find(function, globs={})
    assert test.examples, "has no example"
    told: list[str] = []
    doctest.DocTestRunner(verbose=False).run(test, out=told.append)
    assert not told, "".join(told)
