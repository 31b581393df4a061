"""The shipped models, their movies and precomputed tables: read from pretrained/, verified.

pretrained/manifest.json lists the models; beside each NAME.safetensors stand
tables/NAME.safetensors (losses by layer and by noise level) and, for some,
movies/NAME.safetensors (snapshots of the training). Baselines have tables of their own, one per
task and method.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ParamSpec, TypeVar

import numpy as np
from safetensors.numpy import save as save_tensors

from icl_core.analysis.loss import STATISTICS, LossSummary
from icl_core.checkpoints import (
    MAX_BYTES,
    Checkpoint,
    load_checkpoint,
    read_tensors,
    sha256,
)
from icl_core.errors import InputError
from icl_core.files import dump_json, parse_json, read_bytes, write_atomic
from icl_core.models.linear import PARAMETRIZATIONS, LinearTransformer, Parametrization
from icl_core.remember import remember
from icl_core.tasks.inputs import STANDARD, format_inputs
from icl_core.tasks.linear import LinearTask
from icl_core.tasks.noise import format_noise
from icl_core.validation import choice, integer, mapping

P = ParamSpec("P")
R = TypeVar("R")

PRETRAINED = Path(__file__).resolve().parents[2] / "pretrained"
MANIFEST_VERSION = 1


_TASK = ("dim", "num_context", "noise", "inputs")
"""Entries of a model in the manifest that are its task's."""


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One model of the manifest; a hash is "" where there is no such file."""

    name: str
    file: str
    sha256: str
    parametrization: Parametrization
    num_layers: int
    num_heads: int
    task: LinearTask
    metrics: dict[str, Any]
    table_sha256: str = ""
    movie_sha256: str = ""

    def to_dict(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "file": self.file,
            "sha256": self.sha256,
            "parametrization": self.parametrization,
            "num_layers": self.num_layers,
            "num_heads": self.num_heads,
            **self.task.to_dict(),
            "metrics": self.metrics,
            "table_sha256": self.table_sha256,
            "movie_sha256": self.movie_sha256,
        }

    @classmethod
    def from_dict(cls, values: Any) -> "Entry":
        given = mapping("A manifest entry", values)
        name, file = str(given.get("name")), str(given.get("file"))
        plain = Path(file).name == file and file.isprintable()
        if not plain or file != f"{name}.safetensors":
            raise InputError(
                f"The manifest gives the model {name[:60]!r} the file {file[:60]!r}: "
                "expected a plain file name, NAME.safetensors."
            )
        return cls(
            name=name,
            file=file,
            sha256=str(given.get("sha256")),
            parametrization=choice(
                "parametrization", given.get("parametrization"), PARAMETRIZATIONS
            ),
            num_layers=integer("num_layers", given.get("num_layers"), "num_layers"),
            num_heads=integer("num_heads", given.get("num_heads"), "num_heads"),
            task=LinearTask.from_dict({name: given[name] for name in _TASK if name in given}),
            metrics=mapping("metrics", given.get("metrics")),
            table_sha256=str(given.get("table_sha256", "")),
            movie_sha256=str(given.get("movie_sha256", "")),
        )


@dataclass(frozen=True, kw_only=True)
class Table:
    """Adjusted loss (half MSE) of one method on one task.

    loss: arrays [K+1], over the task's own noise; profile: arrays [sigmas, K+1], at fixed levels.
    """

    loss: LossSummary
    sigmas: np.ndarray
    profile: LossSummary


@dataclass(frozen=True, kw_only=True)
class Movie:
    """Snapshots of a training run: steps, train_loss, loss [T]; P, Q [T, L, H, d+1, d+1] raw.

    loss is the mean adjusted loss (half MSE) on the validation prompts.
    """

    steps: np.ndarray
    loss: np.ndarray
    P: np.ndarray
    Q: np.ndarray


def model_name(
    task: LinearTask, parametrization: str, num_layers: int, num_heads: int = 1, variant: str = ""
) -> str:
    """Stable name of a model: what it is, in the order of the manifest's entries."""
    heads = "" if num_heads == 1 else f"_H{num_heads}"
    return f"{parametrization}_L{num_layers}{heads}_{task_name(task)}{variant}"


def task_name(task: LinearTask) -> str:
    """Stable name of a task, fit for a file name."""
    laws = [format_noise(task.noise)]
    if task.inputs != STANDARD:
        laws.append("x" + format_inputs(task.inputs))
    named = "_".join(law.replace(":", "").replace(",", "-") for law in laws)
    return f"{named}_d{task.dim}_n{task.num_context}"


def version_of(folder: Path = PRETRAINED) -> tuple[tuple[int, ...], ...]:
    """What tells shipped models from those before: the lists of them are always replaced as a
    whole, after the files they name."""
    return tuple(_identity(folder / name) for name in ("manifest.json", "shifts.json"))


def _identity(path: Path) -> tuple[int, ...]:
    try:
        known = path.stat()
    except OSError:
        return ()
    return known.st_ino, known.st_mtime_ns, known.st_size


def from_shipped(maxsize: int) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Remember what follows from the shipped models (those of the argument `folder`, where a
    function has one) as long as they are the same: `make zoo` may run beside the app."""
    return remember(maxsize, lambda given: version_of(given.get("folder", PRETRAINED)))


@from_shipped(4)
def read_manifest(folder: Path = PRETRAINED) -> tuple[Entry, ...]:
    """All models of the manifest, in its order."""
    if not (folder / "manifest.json").is_file():
        raise InputError(
            f"There are no shipped models ({folder.name}/manifest.json is missing): "
            "restore the folder from the repository or run `make zoo`."
        )
    data = parse_json("manifest.json", read_bytes(folder / "manifest.json", limit=MAX_BYTES))
    given = mapping("manifest.json", data)
    if given.get("version") != MANIFEST_VERSION or not isinstance(given.get("models"), list):
        raise InputError(
            f"manifest.json has version {given.get('version')!r:.40}: expected "
            f"{MANIFEST_VERSION} and a list of models; restore it from the repository."
        )
    return tuple(Entry.from_dict(entry) for entry in given["models"])


def write_manifest(entries: tuple[Entry, ...], folder: Path = PRETRAINED) -> None:
    """Replace the manifest atomically."""
    models = [entry.to_dict() for entry in sorted(entries, key=lambda entry: entry.name)]
    text = dump_json({"version": MANIFEST_VERSION, "models": models})
    write_atomic(folder / "manifest.json", text.encode())


def find_entry(name: str, folder: Path = PRETRAINED) -> Entry:
    """The model of that name."""
    for entry in read_manifest(folder):
        if entry.name == name:
            return entry
    raise InputError(f"There is no shipped model {name[:60]!r}: see `python -m icl_core zoo list`.")


def load_entry(entry: Entry, folder: Path = PRETRAINED) -> Checkpoint[LinearTransformer]:
    """The model's checkpoint, verified against the manifest's hash and shape."""
    found = load_checkpoint(folder / entry.file, expected_sha256=entry.sha256)
    checkpoint = found.holding(LinearTransformer)
    have = (checkpoint.task, checkpoint.parametrization, checkpoint.model.P.shape[:2])
    want = (entry.task, entry.parametrization, (entry.num_layers, entry.num_heads))
    if have != want:
        raise InputError(
            f"{entry.file} holds another model than the manifest says: "
            "restore both from the repository or run `make zoo`."
        )
    return checkpoint


def _pack(prefix: str, summary: LossSummary) -> dict[str, np.ndarray]:
    arrays = {f"{prefix}.{field}": np.asarray(getattr(summary, field)) for field in STATISTICS}
    return arrays | {f"{prefix}.count": np.asarray([summary.count])}


def _unpack(prefix: str, tensors: dict[str, np.ndarray]) -> LossSummary:
    fields = {field: tensors[f"{prefix}.{field}"] for field in STATISTICS}
    return LossSummary(count=int(tensors[f"{prefix}.count"][0]), **fields)


def _read(path: Path) -> dict[str, np.ndarray]:
    tensors, _ = read_tensors(path.name, read_bytes(path, limit=MAX_BYTES))
    return tensors


def _incomplete(path: Path, missing: KeyError) -> InputError:
    return InputError(f"{path.name} lacks the entry {missing}: run `make zoo` to rebuild it.")


def save_table(name: str, table: Table, folder: Path = PRETRAINED) -> str:
    """Write a table; returns its SHA-256."""
    tensors = _pack("loss", table.loss) | _pack("profile", table.profile)
    data = save_tensors(tensors | {"sigmas": np.asarray(table.sigmas)})
    write_atomic(folder / "tables" / f"{name}.safetensors", data)
    return sha256(data)


def load_table(name: str, folder: Path = PRETRAINED) -> Table:
    """The precomputed table of a model, or of a baseline (`baseline_table_name`)."""
    tensors = _read(path := folder / "tables" / f"{name}.safetensors")
    try:
        return Table(
            loss=_unpack("loss", tensors),
            sigmas=tensors["sigmas"],
            profile=_unpack("profile", tensors),
        )
    except KeyError as missing:
        raise _incomplete(path, missing) from None


def baseline_table_name(task: LinearTask, method: str) -> str:
    return f"{method}_{task_name(task)}"


def save_movie(name: str, movie: Movie, folder: Path = PRETRAINED) -> str:
    """Write a movie; returns its SHA-256."""
    data = save_tensors(
        {
            "steps": np.asarray(movie.steps, np.int64),
            "loss": np.asarray(movie.loss, np.float32),
            "P": np.asarray(movie.P, np.float32),
            "Q": np.asarray(movie.Q, np.float32),
        }
    )
    write_atomic(folder / "movies" / f"{name}.safetensors", data)
    return sha256(data)


def load_movie(name: str, folder: Path = PRETRAINED) -> Movie:
    """Snapshots of a shipped model's training."""
    tensors = _read(path := folder / "movies" / f"{name}.safetensors")
    try:
        return Movie(**{field: tensors[field] for field in ("steps", "loss", "P", "Q")})
    except KeyError as missing:
        raise _incomplete(path, missing) from None
