"""What is shipped for paper 1: stored, made again only if needed, and true."""

import json
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from icl_core import cli
from icl_core.errors import InputError
from icl_core.experiments.one_layer import build as one_layer
from icl_core.experiments.paper1 import build
from icl_core.experiments.paper1.build import build_paper1
from icl_core.experiments.paper1.claims import Row, rows
from icl_core.experiments.paper1.report import markdown
from icl_core.zoo.parts import Part, load_part, save_part
from tests.hostile import assert_one_sentence

DOCUMENT = Path(__file__).parents[3] / "docs" / "paper1.md"
PART = Part(name="some", arrays={"x": np.arange(3.0)}, settings={"a": 1})


@pytest.fixture(scope="module")
def judged() -> list[Row]:
    return rows()


def test_every_claim_holds(judged: list[Row]) -> None:
    assert [row.claim for row in judged if not row.holds] == []
    assert len(judged) > 15


def test_the_document_is_what_is_generated(judged: list[Row]) -> None:
    assert DOCUMENT.read_text() == markdown(judged)


def test_shipped_parts_are_of_these_settings() -> None:
    for name in one_layer.names():
        assert load_part(name).settings == one_layer.settings_of(name)


def test_parts_round_trip(tmp_path: Path) -> None:
    save_part(PART, tmp_path)
    again = load_part("some", tmp_path)
    np.testing.assert_array_equal(again["x"], PART["x"])
    assert again.settings == {"a": 1}
    with pytest.raises(InputError, match="lacks") as caught:
        again["y"]
    assert_one_sentence(caught.value)


@pytest.mark.parametrize("data", [None, b"", b"PK\x03\x04", b"not a zip file at all", b"\x80\x04."])
def test_bad_files_are_one_sentence(tmp_path: Path, data: bytes | None) -> None:
    if data is not None:
        (tmp_path / "some.npz").write_bytes(data)
    with pytest.raises(InputError) as caught:
        load_part("some", tmp_path)
    assert_one_sentence(caught.value)


def test_objects_are_refused(tmp_path: Path) -> None:
    """Pickled arrays could run code."""
    with (tmp_path / "some.npz").open("wb") as file:
        np.savez(file, x=np.array([{}], dtype=object), settings=np.array("{}"))
    with pytest.raises(InputError, match="damaged"):
        load_part("some", tmp_path)


def test_building_makes_what_is_missing_or_was_made_otherwise(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = {"one": {"a": 1}, "two": {"a": 2}}

    def make(name: str) -> Part:
        return Part(name=name, arrays={"x": np.zeros(1)}, settings=settings[name])

    monkeypatch.setattr(build, "BUILDERS", ((lambda: ("one", "two"), settings.get, make),))
    said: list[str] = []

    def run(**changes: str) -> list[str]:
        return build_paper1(report=said.append, folder=tmp_path, **changes)

    assert run(only="t*") == ["two"]
    assert run() == ["one"]
    assert run() == []
    settings["two"] = {"a": 3}
    assert run() == ["two"]
    with pytest.raises(InputError) as caught:
        run(only="nothing")
    assert_one_sentence(caught.value)


def test_the_command_prints_the_claims(capsys, monkeypatch, tmp_path) -> None:
    row = Row(claim="c", paper="p", ours="o", how="h", holds=False)
    monkeypatch.setattr(cli, "prepare_process", lambda: None)
    monkeypatch.setattr(cli, "paper1_rows", lambda: [row])
    out = tmp_path / "paper1.md"
    assert cli.main(["paper1", "report", "--out", str(out)]) == 1
    assert "0 of 1 claims hold" in out.read_text()
    assert json.loads(capsys.readouterr().out)["claims"][0]["holds"] is False
    assert cli.main(["paper1", "report", "--out", "x.txt"]) == 2


def test_many_threads_read_at_once() -> None:
    """Within a quarter of a second one of eight failed with a SystemError on Python 3.11.7."""
    end, switching = time.monotonic() + 3, sys.getswitchinterval()

    def read() -> int:
        count = 0
        while time.monotonic() < end:
            load_part("variations_norm1")
            count += 1
        return count

    sys.setswitchinterval(1e-5)
    try:
        with ThreadPoolExecutor(8) as threads:
            counts = [job.result() for job in [threads.submit(read) for _ in range(8)]]
    finally:
        sys.setswitchinterval(switching)
    assert sum(counts) > 8
