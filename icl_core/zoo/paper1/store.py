"""Arrays under pretrained/paper1: one NAME.npz a part, with the settings that made it."""

import io
import json
import threading
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from icl_core.errors import InputError
from icl_core.files import parse_json, read_bytes, write_atomic
from icl_core.training import RunConfig
from icl_core.validation import Config
from icl_core.zoo.library import PRETRAINED

FOLDER = PRETRAINED / "paper1"
MAX_BYTES = 8 * 2**20
SETTINGS = "settings"


@dataclass(frozen=True, kw_only=True, eq=False)
class Part:
    """One stored result: its arrays, the settings that made it, the seconds it took."""

    name: str
    arrays: Mapping[str, np.ndarray]
    settings: Mapping[str, Any]

    def __getitem__(self, key: str) -> np.ndarray:
        if key not in self.arrays:
            raise InputError(
                f"paper1/{self.name}.npz lacks the entry {key!r}: run "
                "`python -m icl_core paper1 build` to make it again."
            )
        return self.arrays[key]


def save_part(part: Part, folder: Path = FOLDER) -> None:
    """Write atomically; numbers as they are, settings as JSON text."""
    buffer = io.BytesIO()
    text = np.array(json.dumps(dict(part.settings), sort_keys=True))
    np.savez_compressed(buffer, allow_pickle=False, **part.arrays, **{SETTINGS: text})
    write_atomic(folder / f"{part.name}.npz", buffer.getvalue())


def training_settings(trainee: Config, run: RunConfig, *more: str) -> dict[str, Any]:
    """What stored parts say of a training: all of the trainee but its task, and of the run what
    may differ, with what `more` names."""
    names = ("steps", "batch", "learning_rate", "clip", "seed", "snapshots", *more)
    own = trainee.to_dict()
    del own["task"]
    return own | {name: getattr(run, name) for name in names}


_ONE_READER = threading.Lock()
"""numpy reads an array's header by `ast.literal_eval`, which fails at random where several threads
parse at once (SystemError, python/cpython issue 106905; seen on 3.11.7)."""


def load_part(name: str, folder: Path = FOLDER) -> Part:
    """Read without executing anything."""
    path = folder / f"{name}.npz"
    if not path.is_file():
        raise InputError(
            f"paper1/{name}.npz is missing: restore it from the repository, or make it with "
            "`python -m icl_core paper1 build` (`make zoo` makes all models)."
        )
    data = read_bytes(path, limit=MAX_BYTES)
    try:
        with _ONE_READER, np.load(io.BytesIO(data), allow_pickle=False) as file:
            arrays = {key: file[key] for key in file.files}
        settings = parse_json(path.name, str(arrays.pop(SETTINGS)))
    except (ValueError, KeyError, OSError, EOFError, zipfile.BadZipFile):
        raise InputError(
            f"paper1/{name}.npz is damaged or of another kind: restore it from the repository."
        ) from None
    return Part(name=name, arrays=arrays, settings=settings)
