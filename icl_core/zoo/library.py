"""The shipped models, their movies and precomputed tables: read from pretrained/, verified.

pretrained/manifest.json lists the models of every experiment; beside NAME.safetensors stand, for
some, movies/NAME.safetensors (snapshots of the training) and tables/NAME.safetensors (losses by
layer and by noise level) or results/NAME.safetensors (`zoo.results`). Baselines have tables of
their own, one per task and method.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, ParamSpec, TypeVar

import numpy as np

from icl_core.checkpoints import (
    MAX_BYTES,
    Checkpoint,
    load_checkpoint,
    read_tensors,
    save_checkpoint,
)
from icl_core.errors import InputError
from icl_core.files import dump_json, locked, parse_json, read_bytes, write_atomic
from icl_core.models.kinds import KINDS
from icl_core.models.linear import PARAMETRIZATIONS, LinearTransformer, Parametrization
from icl_core.remember import remember
from icl_core.tasks.inputs import STANDARD, format_inputs
from icl_core.tasks.kinds import AnyTask, linear, task_from_dict, task_to_dict
from icl_core.tasks.linear import LinearTask
from icl_core.tasks.noise import format_noise
from icl_core.validation import choice, integer, mapping, text

P = ParamSpec("P")
R = TypeVar("R")

PRETRAINED = Path(__file__).resolve().parents[2] / "pretrained"
MANIFEST_VERSION = 1
MIXED_NOISE = "mixed_noise"
"""The experiment of paper 2: linear transformers on noise of mixed levels."""
LICENCE = "Apache-2.0"
BESIDE = ("tables", "movies", "results")
"""Folders of what ships beside models."""

_TASK = ("dim", "num_context", "noise", "inputs")
"""Entries of a model in the manifest that are those of a linear task; others stand in "task"."""


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One model of the manifest; a hash is "" where there is no such file.

    kind: of `models.kinds`. licence: of the weights, by its SPDX name. recipe: the command that
    makes the model.
    """

    name: str
    file: str
    sha256: str
    experiment: str = MIXED_NOISE
    kind: str = LinearTransformer.kind
    parametrization: Parametrization
    num_layers: int
    num_heads: int
    task: AnyTask
    metrics: dict[str, Any]
    licence: str = LICENCE
    table_sha256: str = ""
    movie_sha256: str = ""
    result_sha256: str = ""

    @property
    def files(self) -> dict[str, str]:
        """The hashes of what ships beside the model, by folder."""
        known = (self.table_sha256, self.movie_sha256, self.result_sha256)
        return {name: sha for name, sha in zip(BESIDE, known, strict=True) if sha}

    @property
    def linear_task(self) -> LinearTask:
        """The task, known to be noisy linear regression; InputError if it is not."""
        return linear(self.task)

    @property
    def recipe(self) -> str:
        """The command that makes the model."""
        return command(self.name)

    def to_dict(self) -> dict[str, Any]:
        task = task_to_dict(self.task)
        given = {name: getattr(self, name) for name in self.__dataclass_fields__ if name != "task"}
        return given | {"recipe": self.recipe} | ({"task": task} if "kind" in task else task)

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
            experiment=text("experiment", given.get("experiment", MIXED_NOISE)),
            kind=choice("kind", given.get("kind", LinearTransformer.kind), KINDS),
            licence=text("licence", given.get("licence", "")),
            parametrization=choice(
                "parametrization", given.get("parametrization"), PARAMETRIZATIONS
            ),
            num_layers=integer("num_layers", given.get("num_layers"), "num_layers"),
            num_heads=integer("num_heads", given.get("num_heads"), "num_heads"),
            task=task_from_dict(
                given.get("task", {name: given[name] for name in _TASK if name in given})
            ),
            metrics=mapping("metrics", given.get("metrics")),
            table_sha256=str(given.get("table_sha256", "")),
            movie_sha256=str(given.get("movie_sha256", "")),
            result_sha256=str(given.get("result_sha256", "")),
        )


def command(name: str) -> str:
    """The command that makes what is shipped under a name."""
    return f"python -m icl_core zoo build --only {name}"


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
    """What tells shipped models and results from those before: the lists of models are always
    replaced as a whole, after the files they name, and a folder changes with each of its files."""
    return tuple(_identity(folder / name) for name in ("manifest.json", "shifts.json", "results"))


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
    said = dump_json({"version": MANIFEST_VERSION, "models": models})
    write_atomic(folder / "manifest.json", said.encode())


def find_entry(name: str, folder: Path = PRETRAINED) -> Entry:
    """The model of that name."""
    for entry in read_manifest(folder):
        if entry.name == name:
            return entry
    raise InputError(f"There is no shipped model {name[:60]!r}: see `python -m icl_core zoo list`.")


def entries_in(folder: Path) -> tuple[Entry, ...]:
    """All models of a folder that may have no manifest yet."""
    return read_manifest(folder) if (folder / "manifest.json").is_file() else ()


def entries_of(experiment: str, folder: Path = PRETRAINED) -> tuple[Entry, ...]:
    """The models of one experiment, in the manifest's order."""
    return tuple(entry for entry in read_manifest(folder) if entry.experiment == experiment)


def load_model(entry: Entry, folder: Path = PRETRAINED) -> Checkpoint[Any]:
    """A checkpoint of any kind, verified against the manifest's hash and shape."""
    checkpoint = load_checkpoint(folder / entry.file, expected_sha256=entry.sha256)
    shape = checkpoint.model.config()
    have = (checkpoint.task, checkpoint.model.kind, checkpoint.parametrization)
    want = (entry.task, entry.kind, entry.parametrization)
    if (*have, shape["num_layers"], shape["num_heads"]) != (
        *want,
        entry.num_layers,
        entry.num_heads,
    ):
        raise InputError(
            f"{entry.file} holds another model than the manifest says: "
            "restore both from the repository or run `make zoo`."
        )
    return checkpoint


def load_entry(entry: Entry, folder: Path = PRETRAINED) -> Checkpoint[LinearTransformer]:
    """The checkpoint of a linear transformer, verified against the manifest's hash and shape."""
    return load_model(entry, folder).holding(LinearTransformer)


def save_model(
    name: str,
    experiment: str,
    checkpoint: Checkpoint[Any],
    folder: Path = PRETRAINED,
    **beside: str,
) -> Entry:
    """Write a checkpoint with its licence and recipe, and its entry; `beside` are the hashes of
    what ships beside it."""
    known = replace(checkpoint, licence=LICENCE, recipe=command(name))
    sha256 = save_checkpoint(folder / f"{name}.safetensors", known)
    entry = entry_of(name, checkpoint, sha256, experiment=experiment, **beside)
    with locked(folder):
        others = (other for other in entries_in(folder) if other.name != name)
        write_manifest((*others, entry), folder)
    return entry


def entry_of(
    name: str,
    checkpoint: Checkpoint[Any],
    sha256: str,
    experiment: str = MIXED_NOISE,
    **beside: str,
) -> Entry:
    """What a manifest says of a checkpoint whose file has that hash."""
    shape = checkpoint.model.config()
    return Entry(
        name=name,
        file=f"{name}.safetensors",
        sha256=sha256,
        experiment=experiment,
        kind=checkpoint.model.kind,
        parametrization=checkpoint.parametrization,
        num_layers=shape["num_layers"],
        num_heads=shape["num_heads"],
        task=checkpoint.task,
        metrics=checkpoint.metrics,
        **beside,
    )


def read_file(path: Path) -> dict[str, np.ndarray]:
    """The tensors of a .safetensors file."""
    tensors, _ = read_tensors(path.name, read_bytes(path, limit=MAX_BYTES))
    return tensors


def incomplete(path: Path, missing: KeyError) -> InputError:
    """What is wrong with a file that lacks a tensor."""
    return InputError(f"{path.name} lacks the entry {missing}: run `make zoo` to rebuild it.")
