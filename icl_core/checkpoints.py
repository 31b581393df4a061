"""One .safetensors file per trained model: weights and the whole experiment, nothing executable.

Tensors `P` and `Q` [L, H, d+1, d+1] are in the paper's raw coordinates; the metadata entry
"experiment" is JSON: task, model, training, seed, versions, measured losses. What it claims of the
weights must be true of them.
"""

import hashlib
import importlib.metadata
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from safetensors import SafetensorError, deserialize
from safetensors.numpy import save as save_tensors

from icl_core.arrays import require_shape
from icl_core.errors import InputError
from icl_core.files import parse_json, read_bytes, write_atomic
from icl_core.models.linear import PARAMETRIZATIONS, LinearTransformer, Parametrization
from icl_core.tasks.linear import LinearTask
from icl_core.validation import choice, integer, mapping

FORMAT = 1
MAX_BYTES = 25 * 2**20
TYPES = {"F64": "<f8", "F32": "<f4", "F16": "<f2", "BF16": "<u2", "I64": "<i8"}
"""What can be read, by the format's names: floats that float64 holds exactly, and counts."""
PACKAGES = ("jax", "jaxlib", "flax", "optax", "numpy")


@dataclass(frozen=True, kw_only=True)
class Checkpoint:
    """A trained model and where it comes from."""

    model: LinearTransformer
    parametrization: Parametrization
    task: LinearTask
    seed: int
    training: dict[str, Any] = field(default_factory=dict)
    metrics: dict[str, Any] = field(default_factory=dict)
    versions: dict[str, str] = field(default_factory=dict)

    def experiment(self) -> dict[str, Any]:
        """The metadata as plain JSON-able values."""
        return {
            "format": FORMAT,
            "task": self.task.to_dict(),
            "model": {
                "parametrization": self.parametrization,
                "num_layers": self.model.num_layers,
                "num_heads": self.model.num_heads,
            },
            "training": self.training,
            "seed": self.seed,
            "versions": self.versions or installed_versions(),
            "metrics": self.metrics,
        }


def installed_versions() -> dict[str, str]:
    """Versions of the packages that a result depends on."""
    return {name: importlib.metadata.version(name) for name in PACKAGES}


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def checkpoint_bytes(checkpoint: Checkpoint) -> bytes:
    """The file's contents."""
    tensors = {
        "P": np.ascontiguousarray(checkpoint.model.P, dtype=np.float64),
        "Q": np.ascontiguousarray(checkpoint.model.Q, dtype=np.float64),
    }
    for name, values in tensors.items():
        _require_finite(name, values)
    _require_claim("The model", checkpoint.parametrization, tensors)
    try:
        experiment = json.dumps(checkpoint.experiment(), sort_keys=True, allow_nan=False)
    except ValueError:
        raise InputError(
            "The training or metrics entries hold a number that is not finite: "
            "leave it out, then save again."
        ) from None
    return save_tensors(tensors, metadata={"experiment": experiment})


def save_checkpoint(path: Path, checkpoint: Checkpoint) -> str:
    """Write the file atomically and return its SHA-256."""
    data = checkpoint_bytes(checkpoint)
    write_atomic(path, data)
    return sha256(data)


def load_checkpoint(path: Path, *, expected_sha256: str | None = None) -> Checkpoint:
    """Read and verify a file; see `parse_checkpoint`."""
    return parse_checkpoint(
        path.name, read_bytes(path, limit=MAX_BYTES), expected_sha256=expected_sha256
    )


def _require_finite(name: str, values: np.ndarray) -> None:
    if not np.isfinite(values).all():
        raise InputError(
            f"Tensor {name} holds values that are not finite: such a model predicts nothing; "
            "train it again with a smaller learning rate."
        )


def _require_claim(name: str, kind: Parametrization, tensors: Mapping[str, np.ndarray]) -> None:
    """DIAG and GD++ are four and three numbers a head, exactly; any weights are FULL."""
    tokens = tensors["P"].shape[-1]
    on_diagonal = np.eye(tokens, dtype=bool)
    said = f"{name} says that it is {kind}, but"
    advice = 'expected "full" as its parametrization.'
    if kind == "full":
        return
    for key, values in tensors.items():
        if values[..., ~on_diagonal].any():
            raise InputError(f"{said} {key} has entries off the diagonal: {advice}")
        of_x = np.diagonal(values, axis1=-2, axis2=-1)[..., :-1]
        if (of_x != of_x[..., :1]).any():
            raise InputError(f"{said} {key} treats coordinates of x unlike each other: {advice}")
    if kind == "gdpp" and tensors["Q"][..., -1, -1].any():
        raise InputError(f'{said} q_y is not 0: expected "diag" as its parametrization.')


def read_tensors(name: str, data: bytes) -> tuple[dict[str, np.ndarray], dict[str, str]]:
    """Tensors and metadata of safetensors bytes; anything else is refused, nothing executed."""
    try:
        header = int.from_bytes(data[:8], "little")
        metadata = json.loads(data[8 : 8 + header]).get("__metadata__") or {}
        parts = deserialize(data)
    except (SafetensorError, ValueError, KeyError, AttributeError, TypeError, RecursionError):
        # A .safetensors file begins with the length of its header in eight bytes, which may well
        # be these, but the last five are then 0.
        for start, kind in ((b"PK", "a zip archive"), (b"\x80", "a Python pickle")):
            if data.startswith(start) and any(data[3:8]):
                raise InputError(
                    f"{name} is {kind}, which could run code and is never opened: "
                    "expected a .safetensors file saved by this app."
                ) from None
        raise InputError(
            f"{name} is no complete .safetensors file (truncated or of another kind): "
            "download or save it again."
        ) from None
    return {key: _decoded(name, key, part) for key, part in parts}, metadata


def _decoded(name: str, key: str, part: Mapping[str, Any]) -> np.ndarray:
    if part["dtype"] not in TYPES:
        raise _wrong_type(name, key, part["dtype"])
    values = np.frombuffer(part["data"], TYPES[part["dtype"]])
    if part["dtype"] == "BF16":
        # The upper half of a float32.
        values = (values.astype("<u4") << 16).view("<f4")
    return values.reshape(part["shape"])


def _wrong_type(name: str, key: str, kind: str) -> InputError:
    return InputError(
        f"{name}: tensor {key[:40]!r} has numbers of type {kind}: expected F64, F32, F16 or BF16; "
        "save it again as one of these."
    )


def parse_checkpoint(name: str, data: bytes, *, expected_sha256: str | None = None) -> Checkpoint:
    """A checkpoint from bytes. Hash, types, shapes, finiteness and metadata are all verified."""
    if expected_sha256 is not None and sha256(data) != expected_sha256:
        raise InputError(
            f"{name} does not match the SHA-256 in the manifest: the file was changed or damaged; "
            "restore it from the repository or run `make zoo`."
        )
    tensors, metadata = read_tensors(name, data)
    for key in ("P", "Q"):
        if key not in tensors:
            raise InputError(f"{name} has no tensor {key}: expected the tensors P and Q.")
        if tensors[key].dtype.kind != "f":
            raise _wrong_type(name, key, "I64")
        _require_finite(key, tensors[key])
    experiment = mapping("The metadata", parse_json(name, metadata.get("experiment", "null")))
    if experiment.get("format") != FORMAT:
        raise InputError(
            f"{name} has format {experiment.get('format')!r:.40}: expected {FORMAT}; "
            "save it again with this version of the app."
        )
    task = LinearTask.from_dict(experiment.get("task"))
    shape = mapping("The model entry", experiment.get("model"))
    layers = integer("num_layers", shape.get("num_layers"), "num_layers")
    heads = integer("num_heads", shape.get("num_heads"), "num_heads")
    for key in ("P", "Q"):
        require_shape(
            f"{name}: tensor {key}", tensors[key], (layers, heads, task.dim + 1, task.dim + 1)
        )
    kind = choice("The parametrization", shape.get("parametrization"), PARAMETRIZATIONS)
    _require_claim(name, kind, {key: tensors[key] for key in ("P", "Q")})
    return Checkpoint(
        model=LinearTransformer(
            P=tensors["P"].astype(np.float64),
            Q=tensors["Q"].astype(np.float64),
        ),
        parametrization=kind,
        task=task,
        seed=integer("The seed", experiment.get("seed"), "seed"),
        training=mapping("The training entry", experiment.get("training")),
        metrics=mapping("The metrics entry", experiment.get("metrics")),
        versions=mapping("The versions entry", experiment.get("versions")),
    )
