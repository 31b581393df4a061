"""The state of a run in a .safetensors file, from which the run goes on as if never stopped.

Nothing in it can run code; it is written whole or not at all, and read back only where it is of the
same run: every array by name, type and shape.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any, TypeVar

import jax
import numpy as np
from safetensors.numpy import save as save_tensors

from icl_core.checkpoints import read_tensors
from icl_core.errors import InputError
from icl_core.files import parse_json, read_bytes, write_atomic
from icl_core.training.config import RunConfig
from icl_core.training.loop import State, Trainee, begin
from icl_core.validation import Config, integer

FORMAT, MAX_BYTES = 1, 2**30
Tree = TypeVar("Tree")


def save_state(path: Path, state: Any, about: Mapping[str, Any]) -> None:
    """Write a pytree of arrays and numbers; `about`, plain values, says which run it is of."""
    tensors = {}
    for name, leaf in jax.tree_util.tree_leaves_with_path(state):
        values = np.asarray(leaf)
        tensors[jax.tree_util.keystr(name)] = np.array(values, _stored(values), order="C")
    text = json.dumps({"format": FORMAT, "about": plain(about)}, sort_keys=True)
    write_atomic(path, save_tensors(tensors, metadata={"state": text}))


def load_state(
    path: Path, about: Mapping[str, Any], like: Callable[[Mapping[str, np.ndarray]], Tree]
) -> Tree:
    """The tree that `save_state` wrote, with the structure, types and shapes of `like(arrays)`, a
    tree of the same run; `InputError` where the file is of another run."""
    tensors, metadata = read_tensors(path.name, read_bytes(path, limit=MAX_BYTES))
    known = parse_json(path.name, metadata.get("state", "null"))
    if known != {"format": FORMAT, "about": plain(about)}:
        raise InputError(
            f"{path.name} is no saved state of a training with these settings: continue it with "
            "its own, or begin anew."
        )

    def leaf(name: Any, expected: Any) -> Any:
        values, shape = tensors.get(jax.tree_util.keystr(name)), np.asarray(expected)
        if values is None or (values.shape, values.dtype) != (shape.shape, _stored(shape)):
            raise InputError(
                f"{path.name} lacks {jax.tree_util.keystr(name)} as this training has it: begin "
                "anew."
            )
        number = isinstance(expected, (int, float))
        return type(expected)(values) if number else values.astype(shape.dtype)

    return jax.tree_util.tree_map_with_path(leaf, like(tensors))


def _stored(values: np.ndarray) -> np.dtype:
    """Whole numbers of all kinds and truth values are stored as int64."""
    return np.dtype(np.int64) if values.dtype.kind in "iub" else values.dtype


def save_run(path: Path, state: State, trainee: Trainee, config: RunConfig) -> None:
    """Write the state of a run of a trainee, which is a dataclass."""
    save_state(path, state, _about(trainee, config))


def load_run(path: Path, trainee: Trainee, config: RunConfig) -> State:
    """The state that `save_run` wrote of the same run; `InputError` for any other file."""
    state = load_state(path, _about(trainee, config), lambda arrays: begin(trainee, config))
    integer("The step of the saved run", state.step, (0, config.steps))
    return state


def _about(trainee: Any, config: RunConfig) -> dict[str, Any]:
    known = {field.name: getattr(trainee, field.name) for field in fields(trainee)}
    return plain({"kind": type(trainee).__name__, **known, "run": config})


def plain(value: Any) -> Any:
    """JSON-able values of configs and of tuples and dictionaries of them."""
    if isinstance(value, Config):
        return plain(value.to_dict())
    if isinstance(value, Mapping):
        return {key: plain(item) for key, item in value.items()}
    return [plain(item) for item in value] if isinstance(value, (tuple, list)) else value
