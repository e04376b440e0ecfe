"""A few hundred inputs of the fuzz; `tools.fuzz` says what a fault is, and runs more of them."""

from __future__ import annotations

from pathlib import Path

import pytest
from tools.fuzz import Input, fault_of, fuzz, smallest
from tools.fuzzed import Command, make_world

INPUTS, PARTS = 320, 8  # parts run in parallel


@pytest.fixture(scope="session")
def world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("fuzz") / "world"
    make_world(folder)
    return folder


@pytest.mark.parametrize("part", range(PARTS))
def test_changed_files_and_words_do_no_harm(world: Path, part: int) -> None:
    found = list(fuzz(world, seed=0, numbers=range(part, INPUTS, PARTS)))
    assert not found, "\n\n".join(found)


def careless(words: list[str]) -> int:
    """A command with a fault: it fails on a file with a ``!``."""
    if b"!" in Path(words[0]).read_bytes():
        raise IndexError("careless")
    return 0


def test_the_fuzz_finds_a_fault_and_makes_its_input_small(world: Path) -> None:
    command = Command(careless, ("scores.csv", "--more"), ("scores.csv",))
    drawn = Input(command, command.words, {"scores.csv": b"benchmark,model\na,b\n" * 9 + b"c!d\n"})
    fault = fault_of(world, drawn)
    assert fault.startswith("traceback: IndexError: careless")
    assert smallest(world, drawn, fault).files == {"scores.csv": b"!"}
    assert not fault_of(world, Input(command, command.words, {}))
