"""Files: only regular ones of bounded size are read, and writing never follows, replaces or mixes."""

from __future__ import annotations

import os
import re
import stat
import threading
from pathlib import Path

import pytest

from benchgame_env import folders
from benchgame_env.files import open_regular, read_bytes, read_text, write_bytes, write_text
from benchgame_env.folders import alone, alone_in, claim_folder, refuse_links, remove_drafts

pytestmark = pytest.mark.skipif(os.name != "posix", reason="pipes, links and locks of POSIX")


def pipe(path: Path) -> Path:
    os.mkfifo(path)
    return path


def link(path: Path, target: str | Path) -> Path:
    path.symlink_to(target)
    return path


def sparse(path: Path) -> Path:
    with path.open("wb") as file:
        file.truncate(2**40)
    return path


# --- reading -------------------------------------------------------------------------------------


@pytest.mark.parametrize("special", [pipe, lambda path: link(path, "/dev/zero")])
def test_pipes_and_devices_are_refused_at_once(tmp_path: Path, special: object) -> None:
    with pytest.raises(ValueError, match="only regular files"):
        read_bytes(special(tmp_path / "file"))  # type: ignore[operator]


def test_a_folder_is_no_file(tmp_path: Path) -> None:
    with pytest.raises(IsADirectoryError) as error:
        open_regular(tmp_path)
    assert error.value.filename == str(tmp_path)


def test_a_size_is_bounded_before_memory_is_taken(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"1,099,511,627,776 bytes are more than the 67,108,864"):
        read_bytes(sparse(tmp_path / "file"))


def test_text_may_have_a_byte_order_mark_and_no_nul(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"\xef\xbb\xbfa\r\nb")
    assert read_text(tmp_path / "file") == "a\r\nb"
    (tmp_path / "file").write_bytes(b"a\0b")
    with pytest.raises(ValueError, match="NUL"):
        read_text(tmp_path / "file")


# --- writing -------------------------------------------------------------------------------------


@pytest.mark.parametrize(("mask", "mode"), [(0o022, 0o644), (0o077, 0o600)])
def test_a_file_has_the_rights_that_the_umask_leaves(tmp_path: Path, mask: int, mode: int) -> None:
    before = os.umask(mask)
    try:
        write_text(tmp_path / "file", "x")
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "file").stat().st_mode) == mode


def test_a_link_is_replaced_and_not_followed(tmp_path: Path) -> None:
    (tmp_path / "victim").write_text("mine")
    write_text(link(tmp_path / "file", tmp_path / "victim"), "theirs")
    assert (tmp_path / "victim").read_text() == "mine"
    assert not (tmp_path / "file").is_symlink()


def test_a_device_is_written_to_and_stays_one() -> None:
    write_text("/dev/null", "x")
    assert stat.S_ISCHR(os.stat("/dev/null").st_mode)


def test_a_pipe_gets_what_is_written_and_stays_one(tmp_path: Path) -> None:
    path, content = pipe(tmp_path / "rows.csv"), b"x" * 300_000  # more than a pipe holds
    handle, read = os.open(path, os.O_RDWR), []  # a writer too, so that reading waits

    def collect() -> None:
        with os.fdopen(handle, "rb") as file:
            read.append(file.read(len(content)))

    reader = threading.Thread(target=collect)
    reader.start()
    write_bytes(path, content)
    reader.join(10)
    assert read == [content]
    assert stat.S_ISFIFO(path.lstat().st_mode)


def test_a_pipe_that_nobody_reads_is_an_error_at_once(tmp_path: Path) -> None:
    with pytest.raises(OSError, match=r"rows\.csv"):
        write_text(pipe(tmp_path / "rows.csv"), "x")


def test_an_exclusive_file_is_written_once(tmp_path: Path) -> None:
    write_text(tmp_path / "file", "first", exclusive=True)
    with pytest.raises(FileExistsError):
        write_text(tmp_path / "file", "second", exclusive=True)
    assert (tmp_path / "file").read_text() == "first"
    assert os.listdir(tmp_path) == ["file"]


def test_an_exclusive_file_is_written_once_without_hard_links(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(os, "link", refuse)
    test_an_exclusive_file_is_written_once(tmp_path)


@pytest.mark.parametrize("path", ["/proc/x.csv", "{}/no/x.csv", "{}"])
def test_errors_name_the_file_that_was_given(tmp_path: Path, path: str) -> None:
    given = path.format(tmp_path)
    with pytest.raises(OSError, match=re.escape(given)) as error:
        write_text(given, "x")
    assert error.value.filename == given
    assert ".tmp" not in str(error.value)


# --- folders -------------------------------------------------------------------------------------


def test_drafts_are_removed_and_nothing_else(tmp_path: Path) -> None:
    stale, other = ".run.pt.0123456789abcdef.tmp", ".run.pt.4711.tmp"  # the second is of 0.1.0
    kept = ["victim", ".hidden", "run.pt.0123456789abcdef.tmp", ".run.pt.words.tmp"]
    for name in (stale, other, *kept):
        (tmp_path / name).write_text("x")
    (tmp_path / ".folder.0123456789abcdef.tmp").mkdir()
    link(tmp_path / ".link.0123456789abcdef.tmp", "victim")
    remove_drafts(tmp_path, "other.csv")
    assert (tmp_path / stale).exists()
    remove_drafts(tmp_path)
    assert sorted(os.listdir(tmp_path)) == sorted(
        [*kept, ".folder.0123456789abcdef.tmp", ".link.0123456789abcdef.tmp"]
    )


def test_a_folder_with_drafts_alone_is_empty(tmp_path: Path) -> None:
    # They may be those of a command that starts at the same time, and stay.
    (tmp_path / ".settings.json.0123456789abcdef.tmp").write_text("x")
    claim_folder(tmp_path, "settings.json")
    assert os.listdir(tmp_path) == [".settings.json.0123456789abcdef.tmp"]
    (tmp_path / "other").write_text("x")
    with pytest.raises(ValueError, match="holds something else"):
        claim_folder(tmp_path, "settings.json")


def test_the_probe_for_room_follows_no_link(tmp_path: Path) -> None:
    (tmp_path / "mark").write_text("x")
    (tmp_path / "victim").write_text("mine")
    link(tmp_path / ".room", tmp_path / "victim")
    claim_folder(tmp_path, "mark")
    assert (tmp_path / "victim").read_text() == "mine"


def test_a_linked_part_is_refused(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    link(tmp_path / "runs", tmp_path / "elsewhere")
    with pytest.raises(ValueError, match="runs is a link"):
        refuse_links(tmp_path, ["runs/a/seed-0"])
    refuse_links(tmp_path, ["elsewhere/a/seed-0"])


@pytest.mark.parametrize("name", ["folder", "rows.csv"])
def test_a_path_is_held_by_one_command(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    hold = alone_in if name == "folder" else alone
    with hold(path):
        with pytest.raises(ValueError, match=f"{path}: another command"), hold(path):
            pass
        with alone(tmp_path / "other.csv"):  # beside it
            pass
    with hold(path):
        pass
    assert [file for file in os.listdir(tmp_path) if file.endswith(".lock")] == []


def test_without_locks_nothing_is_held(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(folders, "fcntl", None)
    with alone_in(tmp_path / "folder"), alone_in(tmp_path / "folder"):
        pass
