"""What the tests of several folders ask of results, commands and fresh processes."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

ROOT = Path(__file__).parents[2]
PACKAGES = ("benchgame_env", "benchgame_env/agents", "benchgame_env/training")  # each after what it uses
# All source files, each once: in a checkout the last two folders are links, which rglob does not follow.
SOURCES = sorted({file for package in PACKAGES for file in (ROOT / package).rglob("*.py")})

# A suite that is trained and graded in seconds: grading plays 10,000 episodes, all copies at once.
SUITE = """name = "small"
seeds = 2
defaults = { updates = 2, copies = 128 }
[[tasks]]
games = ["duel"]
[algorithms.honest]
[algorithms.ppo]
options = { hidden = 4 }
"""


def module_name(file: Path) -> str:
    """The dotted name of a source file's module."""
    return ".".join(file.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


def same(a: Any, b: Any) -> bool:
    """Equality bit for bit through tuples, lists and dicts, types included."""
    if isinstance(a, dict):
        return a.keys() == b.keys() and all(same(a[key], b[key]) for key in a)
    if isinstance(a, (tuple, list)):
        return len(a) == len(b) and all(same(x, y) for x, y in zip(a, b, strict=True))
    kinds = [(type(x), getattr(x, "dtype", None)) for x in (a, b)]
    return kinds[0] == kinds[1] and np.array_equal(a, b)


def status(main: Callable[[list[str]], int], *words: object) -> int:
    """The exit status of a command with these words."""
    try:
        return main([str(word) for word in words])
    except SystemExit as stop:
        return int(stop.code or 0)


def python(
    folder: Path, *words: str, path: tuple[Path, ...] = (ROOT,), **environment: str | None
) -> subprocess.CompletedProcess[str]:
    """``python words`` in a folder, in a fresh process that finds modules on ``path``.

    ``environment`` changes variables; None takes one away.
    """
    changed = os.environ | {"PYTHONPATH": os.pathsep.join(map(str, path))} | environment
    kept = {key: value for key, value in changed.items() if value is not None}
    return subprocess.run([sys.executable, *words], cwd=folder, env=kept, capture_output=True, text=True)


def printed(done: subprocess.CompletedProcess[str], *statuses: int) -> str:
    """What a process printed, which has to end with status 0, or with one of ``statuses``."""
    assert done.returncode in (statuses or (0,)), done.stderr
    return done.stdout


def piped(
    folder: Path, module: str, *words: str, lines: int = 0, path: Path = ROOT
) -> tuple[int, str, str]:
    """Exit status, first ``lines`` and errors of ``python -m module words``, unbuffered, whose reader
    leaves after these lines, as ``| head`` does; modules are found on ``path``."""
    command = [sys.executable, "-m", module, *words]
    changed = os.environ | {"PYTHONPATH": str(path), "PYTHONUNBUFFERED": "1"}
    both = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with subprocess.Popen(command, cwd=folder, env=changed, encoding="utf-8", **both) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        read = "".join(process.stdout.readline() for _ in range(lines))
        process.stdout.close()
        errors = process.stderr.read()
    return process.returncode, read, errors


def installed(package: Path, folder: Path) -> Path:
    """A folder inside ``folder``, into which a copy of ``package`` is installed, because building writes
    beside the sources."""
    source, site = shutil.copytree(package, folder / "source"), folder / "site"
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps"]
    flags = ["--no-build-isolation", "--no-index", "--target", str(site), str(source)]
    subprocess.run([*pip, *flags], check=True, capture_output=True)
    return site
