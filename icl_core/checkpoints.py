"""One .safetensors file per trained model: weights and the whole experiment, nothing executable.

Tensors are those of the model's kind (`models.kinds`), in raw coordinates; the metadata entry
"experiment" is JSON: task, model, training, seed, versions, measured losses, and where they are
known licence and recipe. The model entry names the kind, but for a linear transformer, as in files
from before there were others. What it claims of the weights must be true of them.
"""

import hashlib
import importlib.metadata
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Generic, TypeVar, cast

import numpy as np
from safetensors import SafetensorError, deserialize
from safetensors.numpy import save as save_tensors

from icl_core.arrays import require_shape
from icl_core.errors import InputError
from icl_core.files import parse_json, read_bytes, write_atomic
from icl_core.models.kinds import KINDS, Model
from icl_core.models.linear import PARAMETRIZATIONS, LinearTransformer, Parametrization
from icl_core.tasks.kinds import AnyTask, linear, task_from_dict, task_to_dict
from icl_core.tasks.linear import LinearTask
from icl_core.validation import choice, integer, mapping, text

FORMAT = 1
MAX_BYTES = 25 * 2**20
TYPES = {"F64": "<f8", "F32": "<f4", "F16": "<f2", "BF16": "<u2", "I64": "<i8"}
"""What can be read, by the format's names: floats that float64 holds exactly, and counts."""
PACKAGES = ("jax", "jaxlib", "flax", "optax", "numpy")
M = TypeVar("M", bound=Model)
N = TypeVar("N", bound=Model)


@dataclass(frozen=True, kw_only=True)
class Checkpoint(Generic[M]):
    """A trained model and where it comes from.

    parametrization: what the weights of a linear transformer are called; any of any kind are
    "full". licence: of the weights, by its SPDX name. recipe: the command that made them.
    """

    model: M
    parametrization: Parametrization = "full"
    task: AnyTask
    seed: int
    training: dict[str, Any] = field(default_factory=dict)
    metrics: dict[str, Any] = field(default_factory=dict)
    versions: dict[str, str] = field(default_factory=dict)
    licence: str = ""
    recipe: str = ""

    @property
    def linear_task(self) -> LinearTask:
        """The task, known to be noisy linear regression; InputError if it is not."""
        return linear(self.task)

    def experiment(self) -> dict[str, Any]:
        """The metadata as plain JSON-able values."""
        kind = self.model.kind
        model = {} if kind == LinearTransformer.kind else {"kind": kind}
        known = {"licence": self.licence, "recipe": self.recipe}
        return {
            "format": FORMAT,
            "task": task_to_dict(self.task),
            "model": model | self.model.config() | {"parametrization": self.parametrization},
            "training": self.training,
            "seed": self.seed,
            "versions": self.versions or installed_versions(),
            "metrics": self.metrics,
        } | {name: value for name, value in known.items() if value}

    def holding(self, kind: type[N]) -> "Checkpoint[N]":
        """The same checkpoint, known to hold a model of that kind; InputError if it does not."""
        if not isinstance(self.model, kind):
            raise InputError(
                f"The model is of the kind {self.model.kind!r}: expected one of the kind "
                f"{kind.kind!r} here; choose another file."
            )
        return cast("Checkpoint[N]", self)


def installed_versions() -> dict[str, str]:
    """Versions of the packages that a result depends on."""
    return {name: importlib.metadata.version(name) for name in PACKAGES}


def sha256(data: bytes) -> str:
    """The hash of a file's bytes, in hexadecimal."""
    return hashlib.sha256(data).hexdigest()


def checkpoint_bytes(checkpoint: Checkpoint[Any]) -> bytes:
    """The file's contents."""
    model = checkpoint.model
    tensors = {name: np.ascontiguousarray(values) for name, values in model.tensors().items()}
    _require_tensors("The model", tensors, model.shapes(model.config(), checkpoint.task))
    _require_claim("The model", model, checkpoint.parametrization)
    try:
        experiment = json.dumps(checkpoint.experiment(), sort_keys=True, allow_nan=False)
    except ValueError:
        raise InputError(
            "The training or metrics entries hold a number that is not finite: "
            "leave it out, then save again."
        ) from None
    return save_tensors(tensors, metadata={"experiment": experiment})


def save_checkpoint(path: Path, checkpoint: Checkpoint[Any]) -> str:
    """Write the file atomically and return its SHA-256."""
    data = checkpoint_bytes(checkpoint)
    write_atomic(path, data)
    return sha256(data)


def load_checkpoint(path: Path, *, expected_sha256: str | None = None) -> Checkpoint[Model]:
    """Read and verify a file; see `parse_checkpoint`."""
    return parse_checkpoint(
        path.name, read_bytes(path, limit=MAX_BYTES), expected_sha256=expected_sha256
    )


def _require_tensors(
    name: str, tensors: Mapping[str, np.ndarray], shapes: Mapping[str, tuple[int, ...]]
) -> None:
    """Every tensor of the model is there, of its shape, and finite numbers."""
    for key, shape in shapes.items():
        if key not in tensors:
            raise InputError(
                f"{name} has no tensor {key}: expected the tensors {', '.join(shapes)}."
            )
        if tensors[key].dtype.kind != "f":
            raise _wrong_type(name, key, "I64")
        require_shape(f"{name}: tensor {key}", tensors[key], shape)
        if not np.isfinite(tensors[key]).all():
            raise InputError(
                f"{name}: tensor {key} holds values that are not finite: such a model predicts "
                "nothing; train it again with a smaller learning rate."
            )


def _require_claim(name: str, model: Model, parametrization: Parametrization) -> None:
    """DIAG and GD++ are four and three numbers a head, exactly; any weights are FULL."""
    said = f"{name} says that it is {parametrization}, but"
    advice = 'expected "full" as its parametrization.'
    if parametrization == "full":
        return
    if not isinstance(model, LinearTransformer):
        raise InputError(f"{said} it is of the kind {model.kind!r}: {advice}")
    on_diagonal = np.eye(model.dim + 1, dtype=bool)
    tensors = model.tensors()
    for key, values in tensors.items():
        if values[..., ~on_diagonal].any():
            raise InputError(f"{said} {key} has entries off the diagonal: {advice}")
        of_x = np.diagonal(values, axis1=-2, axis2=-1)[..., :-1]
        if (of_x != of_x[..., :1]).any():
            raise InputError(f"{said} {key} treats coordinates of x unlike each other: {advice}")
    if parametrization == "gdpp" and tensors["Q"][..., -1, -1].any():
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


def parse_checkpoint(
    name: str, data: bytes, *, expected_sha256: str | None = None
) -> Checkpoint[Model]:
    """A checkpoint from bytes. Hash, types, shapes, finiteness and metadata are all verified."""
    if expected_sha256 is not None and sha256(data) != expected_sha256:
        raise InputError(
            f"{name} does not match the SHA-256 in the manifest: the file was changed or damaged; "
            "restore it from the repository or run `make zoo`."
        )
    tensors, metadata = read_tensors(name, data)
    if "experiment" not in metadata:
        raise InputError(
            f"{name} has no experiment in its metadata: expected a file saved by this app."
        )
    experiment = mapping("The metadata", parse_json(name, metadata["experiment"]))
    if experiment.get("format") != FORMAT:
        raise InputError(
            f"{name} has format {experiment.get('format')!r:.40}: expected {FORMAT}; "
            "save it again with this version of the app."
        )
    task = task_from_dict(experiment.get("task"))
    config = mapping("The model entry", experiment.get("model"))
    kind = choice("The kind of model", config.pop("kind", LinearTransformer.kind), KINDS)
    called = config.pop("parametrization", None)
    shapes = KINDS[kind].shapes(config, task)
    _require_tensors(name, tensors, shapes)
    if others := sorted(tensors.keys() - shapes.keys()):
        raise InputError(
            f"{name}: a model of the kind {kind!r} has no tensor {others[0]!r:.40}: "
            f"expected {', '.join(shapes)}."
        )
    # Half precisions are read as float32, exactly.
    model = KINDS[kind].build(
        config,
        {key: tensors[key].astype(np.result_type(tensors[key], np.float32)) for key in shapes},
    )
    if unknown := sorted(set(config) - set(model.config())):
        raise InputError(
            f"{name}: a model of the kind {kind!r} has no entry {unknown[0]!r:.40}: "
            f"expected {', '.join(model.config())}."
        )
    parametrization = choice("The parametrization", called, PARAMETRIZATIONS)
    _require_claim(name, model, parametrization)
    return Checkpoint(
        model=model,
        parametrization=parametrization,
        task=task,
        seed=integer("The seed", experiment.get("seed"), "seed"),
        training=mapping("The training entry", experiment.get("training")),
        metrics=mapping("The metrics entry", experiment.get("metrics")),
        versions=mapping("The versions entry", experiment.get("versions")),
        licence=text("The licence", experiment.get("licence", "")),
        recipe=text("The recipe", experiment.get("recipe", "")),
    )
