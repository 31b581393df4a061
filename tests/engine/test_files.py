"""Whole files or none, and one sentence when there is none."""

import errno
import os
import resource
import threading
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from icl_core.errors import InputError
from icl_core.files import dump_json, locked, parse_json, read_bytes, write_atomic
from tests.hostile import ANY_JSON, assert_one_sentence


def test_write_creates_folders_and_replaces(tmp_path: Path) -> None:
    target = tmp_path / "new" / "folder" / "file.bin"
    write_atomic(target, b"one")
    write_atomic(target, b"two")
    assert target.read_bytes() == b"two"
    assert target.stat().st_mode & 0o777 == 0o644
    assert [path.name for path in target.parent.iterdir()] == ["file.bin"]


@pytest.mark.parametrize("broken", ["write", "fsync", "chmod", "replace", "mkstemp"])
def test_a_failure_at_any_step_leaves_the_old_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, broken: str
) -> None:
    target = tmp_path / "file.bin"
    write_atomic(target, b"old")

    def fail(*_args: object, **_kwargs: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    where = {"write": "os.fdopen", "mkstemp": "tempfile.mkstemp"}.get(broken, f"os.{broken}")
    monkeypatch.setattr(f"icl_core.files.{where}", fail)
    with pytest.raises(InputError, match="No space left on device") as caught:
        write_atomic(target, b"new")
    monkeypatch.undo()
    assert_one_sentence(caught.value)
    assert target.read_bytes() == b"old"
    assert [path.name for path in tmp_path.iterdir()] == ["file.bin"]


def test_a_write_that_stops_half_way_leaves_the_old_file(tmp_path: Path) -> None:
    """Not simulated: the process may write 4 KiB to a file and no more."""
    target = tmp_path / "file.bin"
    write_atomic(target, b"old")
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4096, hard))
    try:
        with pytest.raises(InputError, match="could not be saved") as caught:
            write_atomic(target, b"x" * 100_000)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert_one_sentence(caught.value)
    assert target.read_bytes() == b"old"
    assert [path.name for path in tmp_path.iterdir()] == ["file.bin"]


def test_a_target_that_cannot_be_a_file(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    for target in (tmp_path, tmp_path / "file" / "below", tmp_path / ("x" * 256)):
        with pytest.raises(InputError, match="could not be saved") as caught:
            write_atomic(target, b"data")
        assert_one_sentence(caught.value)
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_read(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"12345")
    assert read_bytes(tmp_path / "file", limit=5) == b"12345"
    with pytest.raises(InputError, match="expected at most 4"):
        read_bytes(tmp_path / "file", limit=4)


@pytest.mark.parametrize("name", ["missing", ".", "file/below", "x" * 256, "nul\0byte"])
def test_unreadable(tmp_path: Path, name: str) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(InputError, match="cannot be read") as caught:
        read_bytes(tmp_path / name, limit=10_000)
    assert_one_sentence(caught.value)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "nan",
        "NaN",
        '{"a": Infinity}',
        "[1,]",
        "\ufeff{}",
        b"\xff\xfe",
        "[" * 100_000,
        "9" * 9999,
    ],
    ids=lambda text: repr(text)[:20],
)
def test_bad_json(text: str | bytes) -> None:
    with pytest.raises(InputError, match=r"it\.json is no valid JSON") as caught:
        parse_json("it.json", text)
    assert_one_sentence(caught.value)


@given(ANY_JSON)
def test_json_round_trip(value: object) -> None:
    try:
        text = dump_json(value)
    except ValueError:
        return  # NaN and infinities are never written.
    assert parse_json("it", text) == value
    assert text == dump_json(parse_json("it", text))


@given(st.text() | st.binary())
def test_anything_is_json_or_one_sentence(data: str | bytes) -> None:
    try:
        parse_json("it.json", data)
    except InputError as error:
        assert_one_sentence(error)


def test_a_lock_lets_one_in_at_a_time(tmp_path):
    """Eight threads that read, wait and write lose nothing."""
    counter = tmp_path / "counter"
    counter.write_text("0")

    def add():
        for _ in range(20):
            with locked(tmp_path):
                value = int(counter.read_text())
                counter.write_text(str(value + 1))

    threads = [threading.Thread(target=add) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert counter.read_text() == "160"
