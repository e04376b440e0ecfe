"""A seeded fuzz of all commands, and of every file that they read.

::

    python -m tests.tools.fuzz --inputs 5000 --seed 1

An input is a command line whose words or files were changed at random. A fault is a traceback or a
warning, an exit status that is not documented, more than one line about an error, a control character
on the terminal, a command that takes longer than `SECONDS` or more than `MEMORY`, a file changed that is
not the command's, a draft left behind, or an import of what a file names. The smallest input that has
the same fault is printed.
"""

from __future__ import annotations

import argparse
import contextlib
import hashlib
import io
import random
import re
import resource
import shutil
import signal
import sys
import tempfile
import traceback
import warnings
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from tqdm import tqdm

from .fuzzed import COMMANDS, Command, inside, make_world
from .mutations import CHANGES, WORDS, Change

SECONDS = 10  # of processor time
MEMORY = 2**30  # bytes by which the largest memory of the process may grow
TRIES = 60  # of making an input smaller


class Fault(Exception):  # noqa: N818
    """What an input does wrong; its first word is the kind of fault."""


class Hang(BaseException):
    """Raised where a command takes too long; no ``except Exception`` holds it back."""


@dataclass(frozen=True)
class Input:
    """A command line with changed files.

    Attributes
    ----------
    command : Command
        What is run.
    words : tuple of str
        Its words.
    files : dict of str to bytes
        Content of changed files.
    """

    command: Command
    words: tuple[str, ...]
    files: dict[str, bytes]

    def __str__(self) -> str:
        module = self.command.main.__module__
        shown = [f"{name}: {content[:1500]!r}" for name, content in self.files.items()]
        words = [ascii(word) if len(word) < 200 else f"{word[:20]!a}*{len(word)}" for word in self.words]
        return "\n  ".join([f"python -m {module} {' '.join(words)}", *shown])


def draw(world: Path, seed: int, number: int) -> Input:
    """The input with this number."""
    rng = random.Random(f"{seed} {number}")
    command = rng.choice(COMMANDS)
    drawn = Input(command, command.words, {})
    for _ in range(rng.choice((1, 1, 1, 2, 3))):
        readable = sorted(
            path for pattern in command.reads for path in world.glob(pattern) if path.is_file()
        )
        if readable and rng.random() < 0.8:
            file = rng.choice(readable)
            name = file.relative_to(world).as_posix()
            content = drawn.files.get(name, file.read_bytes())
            change: Change = rng.choice(CHANGES)
            drawn = replace(drawn, files=drawn.files | {name: change(content, file.suffix, rng, world)})
        else:
            drawn = replace(drawn, words=_changed_words(drawn.words, rng))
    return drawn


def _changed_words(words: Sequence[str], rng: random.Random) -> tuple[str, ...]:
    """``words`` with one of them changed, left out, or doubled."""
    changed = list(words)
    if not changed:
        return (rng.choice(WORDS),)
    k = rng.randrange(len(changed))
    name, equals, _ = changed[k].partition("=")
    way = rng.random()
    if way < 0.75:
        # An output keeps its name: what a user names is written.
        if k and changed[k - 1] in ("--out", "--plot"):
            return tuple(changed)
        changed[k] = f"{name}={rng.choice(WORDS)}" if equals else rng.choice(WORDS)
    elif way < 0.9:
        del changed[k]
    else:
        changed.insert(k, changed[k])
    return tuple(changed)


def run(world: Path, drawn: Input) -> int:
    """Run an input in a copy of ``world``; its exit status, or a `Fault`."""
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch) / "world"
        shutil.copytree(world, folder)
        for name, content in drawn.files.items():
            (folder / name).write_bytes(content)
        before = _fingerprints(folder)
        memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        status, out, err, noted = _run(folder, drawn)
        grown = 1024 * (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - memory)
        if grown > MEMORY:
            raise Fault(f"memory: it takes {grown / 2**30:.1f} GiB more")
        _check_words(drawn, status, out, err, noted)
        _check_files(drawn, before, folder)
        return status


def _run(folder: Path, drawn: Input) -> tuple[int, str, str, list[str]]:
    def too_long(*_: Any) -> None:
        raise Hang

    out, err = io.StringIO(), io.StringIO()
    before = {one: signal.signal(one, too_long) for one in (signal.SIGPROF, signal.SIGALRM)}
    signal.setitimer(signal.ITIMER_PROF, SECONDS)  # processor time, as other work may slow this down
    signal.setitimer(signal.ITIMER_REAL, 10 * SECONDS)  # and for what waits for ever
    try:
        with inside(folder), warnings.catch_warnings(record=True) as noted:
            warnings.simplefilter("always")
            with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
                status = drawn.command.main(list(drawn.words))
    except SystemExit as stop:
        status = stop.code if isinstance(stop.code, int) else 0 if stop.code is None else 1
    except Hang:
        raise Fault(f"hang: longer than {SECONDS} s, {_place()}") from None
    except BaseException as error:
        if isinstance(error, KeyboardInterrupt):
            raise
        raise Fault(f"traceback: {type(error).__name__}: {str(error)[:200]}, {_place()}") from None
    finally:
        for timer in (signal.ITIMER_PROF, signal.ITIMER_REAL):
            signal.setitimer(timer, 0)
        for one, handler in before.items():
            signal.signal(one, handler)
    return status, out.getvalue(), err.getvalue(), [_words_of(one) for one in noted]


def _place() -> str:
    """Where the current exception was raised: the last line of this project."""
    frames = traceback.extract_tb(sys.exc_info()[2])
    own = [f for f in frames if "site-packages" not in f.filename and "tools/fuzz" not in f.filename]
    last = (own or frames)[-1]
    return f"{Path(last.filename).name}:{last.lineno} in {last.name}"


def _words_of(warning: warnings.WarningMessage) -> str:
    return (
        f"{Path(warning.filename).name}:{warning.lineno}: {warning.category.__name__}: {warning.message}"
    )


def _check_words(drawn: Input, status: int, out: str, err: str, noted: list[str]) -> None:
    if noted:
        raise Fault(f"warning: {noted[0]}")
    if status not in (*drawn.command.statuses, 2):
        raise Fault(f"status: {status}")
    err = err.replace("\x1b[A", "")  # a bar below that of the fuzz
    if odd := re.search(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]", out + err.replace("\r", "")):
        raise Fault(f"terminal: control character {odd[0]!a}")
    said = [line for line in re.split(r"[\n\r]", err) if re.match(r"benchgame[ :]", line)]
    if status == 2 and (len(said) != 1 or not err.endswith(f"{said[0]}\n")):
        raise Fault(f"message: not one line at the end but {err[-300:]!r}")
    if status == 2 and len(said[0]) > 2000:
        raise Fault(f"message: {len(said[0])} characters long")
    if "Traceback" in err:
        raise Fault("traceback: on standard error")
    if status == 2 and "too large for the memory" in err:
        raise Fault(f"memory: {said[0]}")


def _fingerprints(folder: Path) -> dict[str, str]:
    files = [path for path in folder.rglob("*") if path.is_file() or path.is_symlink()]
    return {p.relative_to(folder).as_posix(): hashlib.sha256(p.read_bytes()).hexdigest() for p in files}


def _check_files(drawn: Input, before: dict[str, str], folder: Path) -> None:
    after = _fingerprints(folder)
    for name in {name for name in (*before, *after) if before.get(name) != after.get(name)}:
        if not name.startswith((*drawn.command.writes, "runs/")) or "__pycache__" in name:
            raise Fault(f"file: {name} is changed")
    drafts = [name for name in after if name.endswith(".tmp")]
    if drafts:
        raise Fault(f"file: {drafts[0]} is left")


def fault_of(world: Path, drawn: Input) -> str:
    """What is wrong with an input; empty if nothing is."""
    try:
        run(world, drawn)
    except Fault as fault:
        return str(fault)
    return ""


def smallest(world: Path, drawn: Input, fault: str) -> Input:
    """An input with a fault of the same kind at the same place, from which nothing can be taken."""
    kind = _kind(fault)
    tries = 0

    def still(smaller: Input) -> bool:
        nonlocal tries
        tries += 1
        return tries <= TRIES and _kind(fault_of(world, smaller)) == kind

    for name in list(drawn.files):
        rest = {key: content for key, content in drawn.files.items() if key != name}
        if still(without := replace(drawn, files=rest)):
            drawn = without
    if still(plain := replace(drawn, words=drawn.command.words)):
        drawn = plain
    for name in list(drawn.files):
        step = max(1, len(drawn.files[name]) // 2)
        while step and tries < TRIES:
            content, start = drawn.files[name], 0
            while start < len(content) and tries < TRIES:
                shorter = content[:start] + content[start + step :]
                if still(cut := replace(drawn, files=drawn.files | {name: shorter})):
                    drawn, content = cut, shorter
                else:
                    start += step
            step //= 2
    return drawn


def _kind(fault: str) -> str:
    """A fault without its numbers and quoted words."""
    return re.sub(r"'[^']*'|\d+", "", fault)[:150]


def fuzz(world: Path, seed: int, numbers: Iterable[int]) -> Iterator[str]:
    """Faults of these inputs as they are found, each of a kind once, with the smallest input."""
    found: set[str] = set()
    for number in numbers:
        drawn = draw(world, seed, number)
        fault = fault_of(world, drawn)
        if fault and _kind(fault) not in found:
            small = smallest(world, drawn, fault)
            found.add(_kind(fault))
            yield f"{fault}\n  input {number} of seed {seed}: {small}"


def main(arguments: list[str] | None = None) -> int:
    """Run the fuzz; returns the exit status."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.tools.fuzz", description=__doc__.split("\n")[0]
    )
    parser.add_argument("--inputs", type=int, default=1000, help="number of inputs")
    parser.add_argument("--seed", type=int, default=0, help="of all that is drawn")
    parser.add_argument("--first", type=int, default=0, help="number of the first input")
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as scratch:
        world = Path(scratch) / "world"
        make_world(world)
        numbers = tqdm(range(options.first, options.first + options.inputs), unit="input")
        faults = 0
        try:
            for fault in fuzz(world, options.seed, numbers):
                faults += 1
                tqdm.write(f"{fault}\n")
        except KeyboardInterrupt:
            print("interrupted", file=sys.stderr)
            return 130
    print(f"{faults} kinds of fault")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
