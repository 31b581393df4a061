"""Checkpoints come back exactly; anything else is refused in one sentence, and never executed."""

import dataclasses
import errno
import io
import json
import os
import pickle
import zipfile
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from safetensors.numpy import save

from icl_core.checkpoints import (
    MAX_BYTES,
    Checkpoint,
    checkpoint_bytes,
    load_checkpoint,
    parse_checkpoint,
    read_tensors,
    save_checkpoint,
    sha256,
)
from icl_core.errors import InputError
from icl_core.tasks.sine import SineTask
from icl_core.zoo.library import load_model, read_manifest
from tests.cases import PAPER_TASKS, TASK, diag_model, full_model, some_model
from tests.hostile import ANY_JSON, assert_one_sentence

GOOD = Checkpoint(
    model=full_model(heads=2),
    parametrization="full",
    task=TASK,
    seed=7,
    training={"steps": 500, "recipe": {"learning_rate": 0.01}},
    metrics={"loss": 0.25, "by_layer": [1.5, 0.5, 0.25]},
)
GOOD_BYTES = checkpoint_bytes(GOOD)
TENSORS, METADATA = read_tensors("good", GOOD_BYTES)
EXPERIMENT = json.loads(METADATA["experiment"])


def file_of(tensors: dict[str, np.ndarray] | None = None, **changes: Any) -> bytes:
    """The good file with other tensors, or other entries in its experiment."""
    metadata = {"experiment": json.dumps(EXPERIMENT | changes)}
    return save(TENSORS if tensors is None else tensors, metadata=metadata)


def raw_file(header: Any, data: bytes = b"") -> bytes:
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return len(text).to_bytes(8, "little") + text + data


def refusal(data: bytes, **options: Any) -> str:
    with pytest.raises(InputError) as caught:
        parse_checkpoint("my model", data, **options)
    assert_one_sentence(caught.value)
    return str(caught.value)


def assert_same(one: Checkpoint, other: Checkpoint) -> None:
    np.testing.assert_array_equal(one.model.P, other.model.P)
    np.testing.assert_array_equal(one.model.Q, other.model.Q)
    for name in ("parametrization", "task", "seed", "training", "metrics"):
        assert getattr(one, name) == getattr(other, name), name


@pytest.mark.parametrize(
    "checkpoint",
    [
        GOOD,
        Checkpoint(model=full_model(10), parametrization="full", task=PAPER_TASKS["c13"], seed=0),
        Checkpoint(
            model=diag_model(1, layers=1), parametrization="diag", task=TASK.replace(dim=1), seed=1
        ),
    ],
    ids=["H2", "paper", "d1"],
)
def test_round_trip_is_exact(checkpoint: Checkpoint, tmp_path: Path) -> None:
    path = tmp_path / "model.safetensors"
    digest = save_checkpoint(path, checkpoint)
    loaded = load_checkpoint(path, expected_sha256=digest)
    assert digest == sha256(path.read_bytes())
    assert_same(loaded, checkpoint)
    assert checkpoint_bytes(loaded) == path.read_bytes()
    assert {"jax", "numpy"} <= set(loaded.versions)


@pytest.mark.parametrize("x64", [True, False])
def test_round_trip_whatever_the_setting(x64: bool) -> None:
    with jax.enable_x64(x64):
        assert_same(parse_checkpoint("it", GOOD_BYTES), GOOD)


def test_float32_tensors_are_accepted() -> None:
    tensors = {name: values.astype(np.float32) for name, values in TENSORS.items()}
    loaded = parse_checkpoint("it", file_of(tensors))
    assert loaded.model.P.dtype == np.float64
    np.testing.assert_array_equal(loaded.model.P, tensors["P"])


def test_jax_arrays_are_saved_as_they_are() -> None:
    model = diag_model()
    made = Checkpoint(model=model, parametrization="diag", task=TASK, seed=0)
    assert_same(parse_checkpoint("it", checkpoint_bytes(made)), made)


def test_headers_of_any_length_are_read() -> None:
    """The file begins with the length of its header, so a good file may begin like a pickle
    (0x80) or a zip (PK)."""
    starts = set()
    for padding in range(0, 2200, 8):
        data = file_of(training={"note": "x" * padding})
        starts.add(data[0])
        assert parse_checkpoint("it", data).training["note"] == "x" * padding
    assert 0x80 in starts
    shortest = int.from_bytes(file_of(training={"note": ""})[:8], "little")
    like_zip = file_of(training={"note": "x" * (0x4B50 - shortest)})
    assert like_zip.startswith(b"PK")
    assert parse_checkpoint("it", like_zip).seed == 7


# What is refused.


@pytest.mark.parametrize("length", [0, 1, 7, 8, 9, 100, len(GOOD_BYTES) - 1])
def test_truncated(length: int) -> None:
    assert "truncated" in refusal(GOOD_BYTES[:length])


def test_too_long() -> None:
    assert "no complete .safetensors" in refusal(GOOD_BYTES + b"\0")


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_pickle_is_never_opened(protocol: int) -> None:
    class Bomb:
        def __reduce__(self) -> tuple[Any, ...]:
            return pytest.fail, ("the pickle was executed",)

    message = refusal(pickle.dumps({"P": Bomb(), "Q": 1}, protocol))
    assert "pickle" in message if protocol >= 2 else "another kind" in message


def test_zip_is_never_opened() -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("archive/data.pkl", pickle.dumps({}))
    assert "zip archive" in refusal(buffer.getvalue())


@pytest.mark.parametrize(
    "data",
    [
        b"\xff" * 8 + b"{}",
        (2**63).to_bytes(8, "little") + GOOD_BYTES[8:],
        (10**9).to_bytes(8, "little") + b" " * 1000,
        raw_file([]),
        raw_file(b"{"),
        raw_file(b"[" * 100_000),
        raw_file({"P": {"dtype": "F64", "shape": [2**62, 4], "data_offsets": [0, 8]}}, b"\0" * 8),
        raw_file({"P": {"dtype": "F64", "shape": [1], "data_offsets": [0, 2**40]}}, b"\0" * 8),
        raw_file({"P": {"dtype": "F64", "shape": [-1], "data_offsets": [0, 8]}}, b"\0" * 8),
        raw_file({"P": {"dtype": "PYTHON", "shape": [1], "data_offsets": [0, 8]}}, b"\0" * 8),
        raw_file({"__metadata__": {"experiment": 5}}),
        raw_file({"__metadata__": []}),
        b"<!DOCTYPE html><html><body>404</body></html>",
    ],
    ids=range(13),
)
def test_malformed(data: bytes) -> None:
    assert "no complete .safetensors" in refusal(data)


@settings(max_examples=200)
@given(st.binary(max_size=300))
def test_random_bytes(data: bytes) -> None:
    refusal(data)


@settings(max_examples=200)
@given(data=st.data())
def test_damaged_bytes(data: st.DataObject) -> None:
    """A few changed bytes anywhere: refused, or still a finite model of the right shape; with the
    hash, always refused."""
    at = data.draw(st.lists(st.integers(0, len(GOOD_BYTES) - 1), min_size=1, max_size=3))
    damaged = bytearray(GOOD_BYTES)
    for position in at:
        damaged[position] = data.draw(st.integers(0, 255))
    try:
        loaded = parse_checkpoint("it", bytes(damaged))
    except InputError as error:
        assert_one_sentence(error)
    else:
        assert loaded.model.P.shape == loaded.model.Q.shape
        assert np.isfinite(loaded.model.P).all()
    if damaged != GOOD_BYTES:
        assert "SHA-256" in refusal(bytes(damaged), expected_sha256=sha256(GOOD_BYTES))


NAMES = {"int8": "I8", "uint8": "U8", "int32": "I32", "int64": "I64", "bool": "BOOL"}


@pytest.mark.parametrize("dtype", [*NAMES, "complex64"])
@pytest.mark.parametrize("name", ["P", "Q"])
def test_wrong_dtype(name: str, dtype: str) -> None:
    message = refusal(file_of(TENSORS | {name: TENSORS[name].astype(dtype)}))
    kind = NAMES.get(dtype, "C64")
    assert f"tensor '{name}' has numbers of type {kind}: expected F64" in message


def typed_file(kind: str, P: bytes, Q: bytes) -> bytes:
    """The good file with the bytes of its tensors written as another type."""
    parts, start = {}, 0
    for name, values in (("P", P), ("Q", Q)):
        end = start + len(values)
        shape = list(TENSORS[name].shape)
        parts[name] = {"dtype": kind, "shape": shape, "data_offsets": [start, end]}
        start = end
    return raw_file({"__metadata__": METADATA} | parts, P + Q)


def test_half_precision_is_read_exactly() -> None:
    halves = {name: values.astype("<f2") for name, values in TENSORS.items()}
    loaded = parse_checkpoint("it", file_of(halves)).model
    np.testing.assert_array_equal(loaded.P, halves["P"])
    # bfloat16: the upper 16 bits of a float32, here cut off.
    bits = {name: values.astype("<f4").view("<u4") >> 16 for name, values in TENSORS.items()}
    packed = [bits[name].astype("<u2").tobytes() for name in ("P", "Q")]
    loaded = parse_checkpoint("it", typed_file("BF16", *packed)).model
    for name, values in (("P", loaded.P), ("Q", loaded.Q)):
        np.testing.assert_array_equal(values, (bits[name] << 16).view("<f4"))
        np.testing.assert_allclose(values, TENSORS[name], rtol=2**-7)


@pytest.mark.parametrize(
    ("kind", "bits"),
    [("F8_E4M3", 8), ("F8_E5M2", 8), ("F8_E8M0", 8), ("F4", 4), ("F6_E2M3", 6), ("U64", 64)],
)
def test_types_that_numpy_lacks_are_called_by_their_names(kind: str, bits: int) -> None:
    zeros = bytes(TENSORS["P"].size * bits // 8)
    message = refusal(typed_file(kind, zeros, zeros))
    assert f"has numbers of type {kind}: expected F64" in message
    assert "truncated" not in message


def claimed(kind: str, **changes: Any) -> bytes:
    """A DIAG model with other entries, in a file that calls it `kind`."""
    model = diag_model(layers=2, heads=2)
    tensors = {"P": np.array(model.P), "Q": np.array(model.Q)}
    for name, (where, value) in changes.items():
        tensors[name][where] = value
    return file_of(tensors, model=EXPERIMENT["model"] | {"parametrization": kind})


@pytest.mark.parametrize(
    ("kind", "changes", "says"),
    [
        ("diag", {"P": ((1, 0, 2, 1), 1e-9)}, "diag, but P has entries off the diagonal"),
        ("gdpp", {"Q": ((0, 1, 0, 3), 0.1)}, "gdpp, but Q has entries off the diagonal"),
        ("diag", {"Q": ((1, 1, 1, 1), 0.5)}, "Q treats coordinates of x unlike each other"),
        ("gdpp", {}, 'q_y is not 0: expected "diag"'),
    ],
)
def test_weights_that_are_not_what_they_are_called(kind: str, changes: Any, says: str) -> None:
    assert says in refusal(claimed(kind, **changes))
    assert parse_checkpoint("it", claimed("full", **changes)).parametrization == "full"


def test_weights_that_are_what_they_are_called() -> None:
    assert parse_checkpoint("it", claimed("diag")).parametrization == "diag"
    no_q_y = {"Q": ((slice(None), slice(None), -1, -1), 0.0)}
    assert parse_checkpoint("it", claimed("gdpp", **no_q_y)).parametrization == "gdpp"


def test_a_model_is_not_saved_as_what_it_is_not() -> None:
    made = Checkpoint(model=full_model(), parametrization="diag", task=TASK, seed=0)
    with pytest.raises(InputError, match="The model says that it is diag") as caught:
        checkpoint_bytes(made)
    assert_one_sentence(caught.value)


def test_every_shipped_model_is_what_it_is_called() -> None:
    for entry in read_manifest():
        assert load_model(entry).parametrization == entry.parametrization


@pytest.mark.parametrize(
    "shape",
    [(2, 2, 4, 5), (2, 4, 4), (2, 2, 3, 3), (3, 2, 4, 4), (2, 1, 4, 4), (64,), (0, 2, 4, 4), ()],
)
def test_wrong_shape(shape: tuple[int, ...]) -> None:
    for name in ("P", "Q"):
        message = refusal(file_of(TENSORS | {name: np.zeros(shape)}))
        assert f"tensor {name} has shape {list(shape)}: expected [2, 2, 4, 4]" in message


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_weights_that_are_not_finite(bad: float) -> None:
    Q = TENSORS["Q"].copy()
    Q[1, 0, 2, 3] = bad
    assert "not finite" in refusal(file_of(TENSORS | {"Q": Q}))
    made = Checkpoint(
        model=dataclasses.replace(GOOD.model, Q=jnp.asarray(Q)),
        parametrization="full",
        task=TASK,
        seed=0,
    )
    with pytest.raises(InputError, match="not finite"):
        checkpoint_bytes(made)


@pytest.mark.parametrize("name", ["P", "Q"])
def test_missing_tensor(name: str) -> None:
    tensors = {key: values for key, values in TENSORS.items() if key != name}
    assert f"no tensor {name}" in refusal(file_of(tensors))


def test_tensors_that_the_kind_does_not_have() -> None:
    assert "no tensor 'W_E'" in refusal(file_of(TENSORS | {"W_E": np.zeros((2, 2))}))


def test_foreign_file() -> None:
    """A good .safetensors file of another program."""
    assert "metadata" in refusal(save({"weight": np.zeros((2, 2))}))
    assert "no tensor P" in refusal(file_of({"weight": np.zeros((2, 2))}))
    for metadata in (None, {}, {"format": "pt"}, {"experiment": "null"}, {"experiment": "[1]"}):
        assert "metadata" in refusal(save(TENSORS, metadata=metadata))
    spec = {"dtype": "F64", "shape": [1], "data_offsets": [0, 8]}
    header = {"__metadata__": None, "P": spec, "Q": spec | {"data_offsets": [8, 16]}}
    assert "metadata" in refusal(raw_file(header, b"\0" * 16))
    assert "valid JSON" in refusal(save(TENSORS, metadata={"experiment": "{" * 100_000}))


@pytest.mark.parametrize(
    ("changes", "names"),
    [
        ({"format": 2}, "format 2: expected 1"),
        ({"format": None}, "format None"),
        ({"task": None}, "The task"),
        ({"task": EXPERIMENT["task"] | {"dim": 0}}, "dimension d"),
        ({"task": EXPERIMENT["task"] | {"dim": 4}}, "shape"),
        ({"task": EXPERIMENT["task"] | {"noise": {"kind": "levy"}}}, "noise law"),
        ({"model": None}, "The model entry"),
        ({"model": EXPERIMENT["model"] | {"num_layers": 0}}, "num_layers"),
        ({"model": EXPERIMENT["model"] | {"num_layers": 3}}, "shape"),
        ({"model": EXPERIMENT["model"] | {"num_heads": "two"}}, "num_heads"),
        ({"model": EXPERIMENT["model"] | {"parametrization": "Full"}}, "parametrization"),
        ({"model": EXPERIMENT["model"] | {"kind": "lstm"}}, "The kind of model is 'lstm'"),
        ({"model": EXPERIMENT["model"] | {"kind": ["linear"]}}, "The kind of model"),
        ({"model": EXPERIMENT["model"] | {"kind": "blocks"}}, "no tensor W_K"),
        ({"model": EXPERIMENT["model"] | {"momentum": 1}}, "has no entry 'momentum'"),
        ({"model": EXPERIMENT["model"] | {"kind": "factors"}}, "layers are tied"),
        ({"licence": 3}, "The licence"),
        ({"recipe": "make\nzoo"}, "The recipe"),
        ({"seed": -1}, "seed"),
        ({"seed": None}, "seed"),
        ({"training": []}, "training"),
        ({"metrics": 3}, "metrics"),
        ({"versions": None}, "versions"),
    ],
    ids=lambda value: repr(value)[:40],
)
def test_wrong_metadata(changes: dict[str, Any], names: str) -> None:
    assert names in refusal(file_of(**changes))


@given(st.sampled_from(sorted(EXPERIMENT)), ANY_JSON)
def test_any_metadata_is_read_or_refused_in_one_sentence(entry: str, value: Any) -> None:
    try:
        parse_checkpoint("it", file_of(**{entry: value}))
    except InputError as error:
        assert_one_sentence(error)


def test_wrong_hash() -> None:
    assert "SHA-256" in refusal(GOOD_BYTES, expected_sha256="0" * 64)
    assert_same(parse_checkpoint("it", GOOD_BYTES, expected_sha256=sha256(GOOD_BYTES)), GOOD)


def test_numbers_that_json_cannot_hold() -> None:
    for bad in (float("nan"), float("inf")):
        made = Checkpoint(
            model=GOOD.model, parametrization="full", task=TASK, seed=0, metrics={"loss": bad}
        )
        with pytest.raises(InputError, match="not finite") as caught:
            checkpoint_bytes(made)
        assert_one_sentence(caught.value)


def test_missing_empty_and_oversized_files(tmp_path: Path) -> None:
    empty, huge = tmp_path / "empty.safetensors", tmp_path / "huge.safetensors"
    empty.touch()
    with huge.open("wb") as file:
        file.truncate(MAX_BYTES + 1)
    for path, says in (
        (tmp_path / "none", "cannot be read"),
        (empty, "truncated"),
        (huge, "bytes"),
    ):
        with pytest.raises(InputError, match=says) as caught:
            load_checkpoint(path)
        assert path.name in str(caught.value)
        assert_one_sentence(caught.value)


def test_a_full_disk_leaves_the_old_checkpoint(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "model.safetensors"
    save_checkpoint(path, GOOD)

    def full(_file: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(InputError, match=r"No space left on device.*nothing was changed") as caught:
        save_checkpoint(
            path, Checkpoint(model=diag_model(), parametrization="diag", task=TASK, seed=0)
        )
    assert_one_sentence(caught.value)
    assert path.read_bytes() == GOOD_BYTES
    assert [entry.name for entry in tmp_path.iterdir()] == [path.name]


def test_a_checkpoint_knows_a_sine_from_a_regression() -> None:
    task = SineTask(law="printed")
    model = some_model("features", task, width=4)
    data = checkpoint_bytes(Checkpoint(model=model, task=task, seed=1))
    again = parse_checkpoint("it", data)
    assert again.task == task
    with pytest.raises(InputError, match="no linear regression"):
        _ = again.linear_task
