"""A full disk or memory is one line with the file."""

from __future__ import annotations

import errno
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from tools.checks import status

from benchgame_env.agents.runs.checkpoints import save_checkpoint
from benchgame_env.training import train

WORDS = ["--game", "duel", "--agents", "honest", "--seeds", 1, "--updates", 30, "--copies", 4]


def full(*_: Any) -> None:
    raise OSError(errno.ENOSPC, "No space left on device")


# Events are written by a thread of TensorBoard, with this function.
APPEND = "tensorboard.compat.tensorflow_stub.io.gfile.LocalFileSystem.append"


def test_a_full_disk_under_tensorboard_is_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(APPEND, full)
    assert status(train.main, *WORDS, "--workers", 1, "--out", tmp_path / "run") == 2
    said = [line for line in capsys.readouterr().err.splitlines() if line and "update/s" not in line]
    assert len(said) == 1
    assert "No space left on device" in said[0]
    assert "events.out.tfevents" in said[0]


def test_memory_that_runs_out_in_a_save_is_said_plainly(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # A buffer that cannot grow: PyTorch hides the MemoryError behind "unexpected pos".
    monkeypatch.setattr("benchgame_env.agents.runs.checkpoints.io", SimpleNamespace(BytesIO=Buffer))
    with pytest.raises(MemoryError, match=r"checkpoint\.pt could not be written"):
        save_checkpoint(tmp_path / "checkpoint.pt", {"update": 1})
    assert list(tmp_path.iterdir()) == []


class Buffer:
    """A file in a memory that is full."""

    def write(self, content: bytes) -> int:
        raise MemoryError

    def flush(self) -> None:
        """Nothing was written."""
