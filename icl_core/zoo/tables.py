"""Losses by layer and by noise level, of models and of baselines: pretrained/tables."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from safetensors.numpy import save as save_tensors

from icl_core.analysis.loss import STATISTICS, LossSummary
from icl_core.checkpoints import sha256
from icl_core.files import write_atomic
from icl_core.tasks.linear import LinearTask
from icl_core.zoo.library import PRETRAINED, incomplete, read_file, task_name


@dataclass(frozen=True, kw_only=True)
class Table:
    """Adjusted loss (half MSE) of one method on one task.

    loss: arrays [K+1], over the task's own noise; profile: arrays [sigmas, K+1], at fixed levels.
    """

    loss: LossSummary
    sigmas: np.ndarray
    profile: LossSummary


def _pack(prefix: str, summary: LossSummary) -> dict[str, np.ndarray]:
    arrays = {f"{prefix}.{field}": np.asarray(getattr(summary, field)) for field in STATISTICS}
    return arrays | {f"{prefix}.count": np.asarray([summary.count])}


def _unpack(prefix: str, tensors: dict[str, np.ndarray]) -> LossSummary:
    fields = {field: tensors[f"{prefix}.{field}"] for field in STATISTICS}
    return LossSummary(count=int(tensors[f"{prefix}.count"][0]), **fields)


def table_path(name: str, folder: Path = PRETRAINED) -> Path:
    """Where the table of that name is, or would be."""
    return folder / "tables" / f"{name}.safetensors"


def save_table(name: str, table: Table, folder: Path = PRETRAINED) -> str:
    """Write a table; returns its SHA-256."""
    tensors = _pack("loss", table.loss) | _pack("profile", table.profile)
    data = save_tensors(tensors | {"sigmas": np.asarray(table.sigmas)})
    write_atomic(table_path(name, folder), data)
    return sha256(data)


def load_table(name: str, folder: Path = PRETRAINED) -> Table:
    """The precomputed table of a model, or of a baseline (`baseline_table_name`)."""
    tensors = read_file(path := table_path(name, folder))
    try:
        return Table(
            loss=_unpack("loss", tensors),
            sigmas=tensors["sigmas"],
            profile=_unpack("profile", tensors),
        )
    except KeyError as missing:
        raise incomplete(path, missing) from None


def baseline_table_name(task: LinearTask, method: str) -> str:
    """The file name of a baseline's table on a task."""
    return f"{method}_{task_name(task)}"
