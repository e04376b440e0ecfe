"""What all command lines share: errors in one line, options for protocols, tables and bars."""

from __future__ import annotations

import argparse
import contextlib
import math
import shlex
import shutil
import signal
import sys
import textwrap
import threading
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, NoReturn

from benchgame_env import extras
from benchgame_env.cli import bars
from benchgame_env.cli.streams import one_line, safe_streams
from benchgame_env.game import Game
from benchgame_env.interrupts import INTERRUPTED
from benchgame_env.named_games import load_game
from benchgame_env.named_games.terms import TERMS
from benchgame_env.rules import make_protocol
from benchgame_env.rules.registry import PROTOCOLS
from benchgame_env.validate import LARGEST

BAD_INPUT = 2
LONGEST = 1000  # characters of an error that are shown


class _Help(argparse.ArgumentDefaultsHelpFormatter):
    """Shows the defaults that say something."""

    def _get_help_string(self, action: argparse.Action) -> str | None:
        is_empty = action.default is False or action.default in (None, [], "")
        return action.help if is_empty else super()._get_help_string(action)


class Parser(argparse.ArgumentParser):
    """An ArgumentParser that shows errors in one line, and defaults in its help."""

    def __init__(self, **settings: Any) -> None:
        settings.setdefault("formatter_class", _Help)
        settings.setdefault("allow_abbrev", False)
        super().__init__(**settings)
        self.add_argument("--quiet", action="store_true", default=argparse.SUPPRESS,
                          help="no progress bars and notes")  # fmt: skip

    def parse_args(self, *args: Any, **settings: Any) -> Any:
        """The options, as in `argparse`; ``--quiet`` takes effect at once."""
        options = super().parse_args(*args, **settings)
        bars.be_quiet(vars(options).pop("quiet", False))
        return options

    def error(self, message: str) -> NoReturn:
        raise SystemExit(_say(self.prog, f"{message} (--help explains)", BAD_INPUT))

    def _print_message(self, message: str, file: Any = None) -> None:
        stream = "stderr" if file is sys.stderr else "stdout"
        with safe_streams():
            print(message, end="", file=getattr(sys, stream))


def run(command: Callable[[], int | None], prog: str) -> int:
    """Run ``command``; an error or interruption is printed as one line and gives an exit status.

    Whoever reads what it prints may leave, as in ``| head``: the command still does its work.
    """
    with safe_streams(), _signals():
        try:
            status = command() or 0
            print(end="", flush=True)
            return status
        except (ValueError, OSError) as error:
            return _say(prog, _in_words(error), BAD_INPUT)
        except ImportError as error:
            if not extras.told(error):
                raise
            return _say(prog, extras.told(error), BAD_INPUT)
        except MemoryError as error:
            return _say(prog, f"too large for the memory of this machine: {error}", BAD_INPUT)
        except RuntimeError as error:
            if "allocate memory" not in str(error):  # as PyTorch says it
                raise
            return _say(prog, "too large for the memory of this machine", BAD_INPUT)
        except KeyboardInterrupt:
            return _say(prog, "interrupted", INTERRUPTED)


def _in_words(error: Exception) -> str:
    """The message of an error; of one about a file without its number."""
    if isinstance(error, OSError) and error.filename is not None and error.strerror:
        return f"{error.strerror}: {error.filename!r}"
    return str(error)


def _say(prog: str, message: str, status: int) -> int:
    words = one_line(" ".join(message.split()))
    shown = words if len(words) <= LONGEST else f"{words[: LONGEST // 2]} ... {words[-LONGEST // 2 :]}"
    print(f"{prog}: {shown}", file=sys.stderr)
    return status


@contextlib.contextmanager
def _signals() -> Iterator[None]:
    """Ctrl-C raises KeyboardInterrupt inside, unless it is ignored; other requests to end raise
    SystemExit, so that no process and no half-written file is left."""
    handlers: dict[int, Any] = {signal.SIGINT: signal.default_int_handler}
    handlers |= {getattr(signal, name): _end for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name)}
    before = {}
    if threading.current_thread() is threading.main_thread():
        for number, handler in handlers.items():
            if signal.getsignal(number) not in (signal.SIG_IGN, None):
                before[number] = signal.signal(number, handler)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _end(number: int, _: Any) -> NoReturn:
    raise SystemExit(128 + number)  # the status that shells report


def load_game_of(most: int, name: str, terms: Mapping[str, str] | None = None) -> Game:
    """The game called ``name`` on other ``terms``, see `terms_from`; ValueError if it has more than
    ``most`` developers, for whom a command would take hours."""
    game = load_game(name, **(terms or {}))
    if game.n_developers > most:
        raise ValueError(
            f"game: this command takes at most {most:,} developers, and {name} has {game.n_developers:,}"
        )
    return game


def add_term_options(add: Callable[..., Any]) -> None:
    """Add ``--worth``, ``--prizes`` and ``--cost`` to a parser, whose ``add_argument`` is ``add``."""
    for name, words in TERMS.items():
        add(f"--{name}", default="", metavar=name.upper(), help=words)


def terms_from(options: argparse.Namespace) -> dict[str, str]:
    """What the options of `add_term_options` say, for `load_game`; without those that are not given."""
    return {name: getattr(options, name) for name in TERMS if getattr(options, name)}


def add_protocol_options(add: Callable[..., Any]) -> None:
    """Add ``--protocol``, ``--level`` and ``--param`` to a parser, whose ``add_argument`` is ``add``."""
    named = (
        f"one of: {', '.join(sorted(PROTOCOLS.names()))}; or MODULE:NAME for one in a module of your own"
    )
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


def quoted(name: str | Path) -> str:
    """A name or a path as one word of a command for a POSIX shell; it is never read as an option."""
    word = str(name)
    return shlex.quote(f"./{word}" if word.startswith("-") else word)


def width() -> int:
    """Columns of the terminal, or of COLUMNS; 80 where nobody says."""
    return max(40, shutil.get_terminal_size().columns)


def wrapped(text: str, hang: int = 2) -> str:
    """Lines no wider than the terminal; what goes on is indented by ``hang`` more."""
    return "\n".join(
        textwrap.fill(
            line,
            width(),
            subsequent_indent=line[: len(line) - len(line.lstrip())] + " " * hang,
            break_long_words=False,
            break_on_hyphens=False,
        )
        for line in text.splitlines()
    )


def show(text: str) -> None:
    """Print a text for people: no line is wider than the terminal."""
    print(wrapped(text))


def worth_words(worth: float) -> str:
    """What a rank may be worth (`theory.largest_worth`), as the end of a sentence on stability."""
    if math.isnan(worth):
        return "what one rank may be worth is not known, for one step of the grid of scores decides it"
    if worth >= LARGEST:
        return "whatever one rank is worth"
    return f"while one rank is worth no more than {worth:,.4g}"


def table(header: list[str], rows: list[list[str]]) -> str:
    """A table as text, a line for each row; the first column is aligned left, the others right. One that
    is wider than the terminal goes on below, with its first column again."""
    grid = [[one_line(cell) for cell in row] for row in (header, *rows)]
    widths = [max(len(row[k]) for row in grid) for k in range(len(header))]
    grid.insert(1, ["-" * width for width in widths])
    return "\n\n".join(
        "\n".join(
            "  ".join([row[0].ljust(widths[0]), *(row[k].rjust(widths[k]) for k in block)])
            for row in grid
        )
        for block in _blocks(widths, width())
    )


def _blocks(widths: list[int], room: int) -> list[list[int]]:
    """The columns after the first, in parts that fit beside it; at least one in each."""
    blocks: list[list[int]] = [[]]
    left = room - widths[0]
    for k, wide in enumerate(widths[1:], 1):
        if blocks[-1] and left < wide + 2:
            blocks.append([])
            left = room - widths[0]
        blocks[-1].append(k)
        left -= wide + 2
    return blocks
