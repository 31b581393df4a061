"""Results come back as they were written, or one sentence says why not."""

import sys
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated

import numpy as np
import pytest
from safetensors.numpy import save

from icl_core.analysis.estimate import Estimate
from icl_core.errors import InputError
from icl_core.zoo.results import load_result, load_settings, save_result, stacked
from tests.hostile import assert_one_sentence


@dataclass(frozen=True, kw_only=True, eq=False)
class Inner:
    loss: Annotated[Estimate, "steps"]
    seconds: np.ndarray


@dataclass(frozen=True, kw_only=True, eq=False)
class Outer:
    steps: Annotated[np.ndarray, "snapshots"]
    frames: Annotated[Inner, "snapshots"]
    extra: Annotated[Estimate, "snapshots"] | None
    extra_more: Estimate


def _estimate(shape: tuple[int, ...]) -> Estimate:
    values = np.random.default_rng(3).standard_normal((*shape, 5))
    return Estimate.of(values)


OUTER = Outer(
    steps=np.arange(4),
    frames=Inner(loss=_estimate((4, 3)), seconds=np.arange(8.0)[::2]),
    extra=None,
    extra_more=_estimate(()),
)


def test_results_round_trip_with_their_settings(tmp_path: Path) -> None:
    save_result("some", OUTER, {"a": 1}, tmp_path)
    again = load_result(Outer, "some", tmp_path)
    np.testing.assert_array_equal(again.frames.loss.stderr, OUTER.frames.loss.stderr)
    np.testing.assert_array_equal(again.frames.seconds, [0.0, 2.0, 4.0, 6.0])
    assert again.extra is None
    assert again.extra_more.mean.shape == ()
    assert again.steps.dtype == np.int64
    assert load_settings("some", tmp_path) == {"a": 1}
    save_result("some", replace(OUTER, extra=_estimate((4,))), {}, tmp_path)
    extra = load_result(Outer, "some", tmp_path).extra
    assert extra is not None
    assert extra.mean.shape == (4,)


def test_results_are_stacked_field_by_field() -> None:
    both = stacked([OUTER.frames, OUTER.frames])
    assert both.loss.mean.shape == (2, 4, 3)
    np.testing.assert_array_equal(both.seconds[1], OUTER.frames.seconds)


@pytest.mark.parametrize(
    "wrong",
    [
        replace(OUTER, steps=np.arange(5)),
        replace(OUTER, steps=np.zeros((4, 1))),
        replace(OUTER, frames=replace(OUTER.frames, loss=_estimate((4,)))),
        OUTER.frames,
    ],
    ids=["sizes", "axes", "nested", "lacking"],
)
def test_another_shape_is_one_sentence(tmp_path: Path, wrong: object) -> None:
    save_result("some", wrong, {}, tmp_path)
    with pytest.raises(InputError, match=r"zoo build --only some") as caught:
        load_result(Outer, "some", tmp_path)
    assert_one_sentence(caught.value)


@pytest.mark.parametrize(
    "data", [None, b"", b"PK\x03\x04 and more", b"no such file at all", b"\x80\x04.  "]
)
def test_bad_files_are_one_sentence(tmp_path: Path, data: bytes | None) -> None:
    if data is not None:
        (tmp_path / "results").mkdir()
        (tmp_path / "results" / "some.safetensors").write_bytes(data)
    with pytest.raises(InputError) as caught:
        load_result(Outer, "some", tmp_path)
    assert_one_sentence(caught.value)


def test_a_result_without_settings_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "results").mkdir()
    (tmp_path / "results" / "some.safetensors").write_bytes(save({"x": np.zeros(1)}))
    with pytest.raises(InputError, match="does not say how it was made") as caught:
        load_settings("some", tmp_path)
    assert_one_sentence(caught.value)


def test_many_threads_read_at_once(tmp_path: Path) -> None:
    """numpy's own files could not be read so (python/cpython issue 106905)."""
    save_result("some", OUTER, {}, tmp_path)
    end, switching = time.monotonic() + 1, sys.getswitchinterval()

    def read() -> int:
        count = 0
        while time.monotonic() < end:
            load_result(Outer, "some", tmp_path)
            count += 1
        return count

    sys.setswitchinterval(1e-5)
    try:
        with ThreadPoolExecutor(8) as threads:
            counts = [job.result() for job in [threads.submit(read) for _ in range(8)]]
    finally:
        sys.setswitchinterval(switching)
    assert sum(counts) > 8
