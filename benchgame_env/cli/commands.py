"""What all command lines share: errors in one line, options for protocols, tables and bars."""

from __future__ import annotations

import argparse
import contextlib
import math
import os
import sys
from collections.abc import Callable, Iterator, Mapping
from typing import Any, NoReturn

from benchgame_env.rules import make_protocol, protocols

BAD_INPUT = 2
INTERRUPTED = 130


class _Help(argparse.ArgumentDefaultsHelpFormatter):
    """Shows the defaults that say something."""

    def _get_help_string(self, action: argparse.Action) -> str | None:
        is_empty = action.default is False or action.default in (None, [])
        return action.help if is_empty else super()._get_help_string(action)


class Parser(argparse.ArgumentParser):
    """An ArgumentParser that shows errors in one line, and defaults in its help."""

    def __init__(self, **settings: Any) -> None:
        settings.setdefault("formatter_class", _Help)
        settings.setdefault("allow_abbrev", False)
        super().__init__(**settings)

    def error(self, message: str) -> NoReturn:
        print(f"{self.prog}: {message} (--help explains)", file=sys.stderr)
        raise SystemExit(BAD_INPUT)


def run(command: Callable[[], int | None], prog: str) -> int:
    """Run ``command``; an error or interruption is printed as one line and gives an exit status."""
    try:
        return command() or 0
    except BrokenPipeError:  # the reader has seen enough, as in `| head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except (ValueError, OSError) as error:
        message = " ".join(str(error).split())
        print(f"{prog}: {message}", file=sys.stderr)
        return BAD_INPUT
    except MemoryError as error:
        print(f"{prog}: too large for the memory of this machine: {error}", file=sys.stderr)
        return BAD_INPUT
    except KeyboardInterrupt:
        print(f"{prog}: interrupted", file=sys.stderr)
        return INTERRUPTED


def add_protocol_options(add: Callable[..., Any]) -> None:
    """Add ``--protocol``, ``--level`` and ``--param`` to a parser, whose ``add_argument`` is ``add``."""
    named = f"one of: {', '.join(protocols())}; or MODULE:NAME for one in a module of your own"
    add("--protocol", default="direct", help=named)
    add("--level", help="tuning given to every model, for tune-before-test")
    other = "another parameter of the protocol; may be repeated"
    add("--param", action="append", default=[], metavar="NAME=VALUE", help=other)


def protocol_parameters(level: str | None, params: list[str]) -> dict[str, Any]:
    """The protocol's parameters from ``--level`` and ``--param``."""
    return assignments("--param", ([f"level={level}"] if level is not None else []) + params)


def assignments(option: str, words: list[str]) -> dict[str, Any]:
    """The ``NAME=VALUE`` words of an option as a dict; values are numbers where they can be."""
    found = {}
    for word in words:
        name, equals, value = word.partition("=")
        if not equals or not name:
            raise ValueError(f"{option}: expected NAME=VALUE, got {word!r}")
        if name in found:
            raise ValueError(f"{option}: {name} is given twice")
        found[name] = _value(value)
    return found


def setting_label(protocol: str, parameters: Mapping[str, Any]) -> str:
    """A protocol with its parameters, as in ``tune-before-test(level=3000)``."""
    listed = ", ".join(f"{name}={shown(value)}" for name, value in parameters.items())
    return f"{protocol}({listed})" if listed else protocol


def shown(value: Any) -> str:
    """The value of a parameter as text, numbers to six digits."""
    plain = isinstance(value, (int, float)) and not isinstance(value, bool)
    return f"{value:.6g}" if plain else str(value)


def protocol_from(options: argparse.Namespace) -> Any:
    """The protocol that the options of `add_protocol_options` name."""
    return make_protocol(options.protocol, **protocol_parameters(options.level, options.param))


def _value(word: str) -> Any:
    if word in ("true", "false"):
        return word == "true"
    try:
        return float(word) if not word.lstrip("+-").isdigit() else int(word)
    except ValueError:
        return word


@contextlib.contextmanager
def falling_bar(label: str, goal: float) -> Iterator[Callable[[float], None]]:
    """A progress bar for a figure that has to fall to ``goal``, on a logarithmic scale. It is shown only
    on a terminal, and only once there is progress."""
    from tqdm import tqdm  # imported here: it takes a tenth of a second, and few commands need it

    with tqdm(total=100, bar_format="{desc} {bar} {elapsed}", leave=False, disable=None) as bar:
        first: list[float] = []

        def progress(value: float) -> None:
            first.append(max(value, 2 * goal))
            share = math.log(first[0] / max(value, goal)) / math.log(first[0] / goal)
            bar.set_description_str(f"{label} {value:.2g} of {goal:.2g}", refresh=False)
            bar.update(max(0.0, 100 * share - bar.n))

        yield progress


@contextlib.contextmanager
def share_bar() -> Iterator[Callable[[str, float], None]]:
    """A progress bar for a label and the share that is done, which grows to 1; only on a terminal."""
    from tqdm import tqdm

    with tqdm(total=100, bar_format="{desc} {bar} {elapsed}", leave=False, disable=None) as bar:

        def progress(label: str, share: float) -> None:
            bar.set_description_str(label, refresh=False)
            bar.update(max(0.0, 100 * share - bar.n))

        yield progress


def table(header: list[str], rows: list[list[str]]) -> str:
    """A table as text: the first column is aligned to the left, the others to the right."""
    grid = [header, *rows]
    widths = [max(len(row[k]) for row in grid) for k in range(len(header))]
    grid.insert(1, ["-" * width for width in widths])
    lines = []
    for row in grid:
        cells = [cell.rjust(width) for cell, width in zip(row[1:], widths[1:], strict=True)]
        lines.append("  ".join([row[0].ljust(widths[0]), *cells]))
    return "\n".join(lines)
