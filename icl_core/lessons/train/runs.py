"""Runs on disk: what was asked for, and how far it has come.

DATA/runs/KEY/, KEY being a hash of the run's unguessable id, holds run.json and saved.run, replaced
as a whole every few seconds by the server's process, to which the workers send it, wherever they
are. So a worker, or a server with all its workers, that is killed goes on where it was.

saved.run is the length of what follows (8 bytes, little endian), the frames as safetensors, and the
state as safetensors.
"""

import json
import shutil
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TypeVar

import numpy as np
from safetensors.numpy import save as save_tensors

from icl_core.checkpoints import read_tensors, sha256
from icl_core.errors import InputError
from icl_core.files import dump_json, parse_json, read_bytes, write_atomic
from icl_core.lessons.train.config import Train
from icl_core.lessons.train.frame import Frame, Saved
from icl_core.models.kinds import KINDS
from icl_core.settings import settings
from icl_core.validation import mapping, text
from icl_core.zoo.shelf import shelf

SAVED, STATE, MODEL = "saved.run", "state.safetensors", "model."
MAX_BYTES = 2**28
NUMBERS = ("step", "total_steps", "seconds", "loss", "floor", "round", "holds")
PHASES = ("exploring", "refining", "training", "finished", "diverged")
T = TypeVar("T")


@dataclass(frozen=True, kw_only=True)
class Run:
    """What was asked for, by whom (a hash), and on which shelf its model goes; done: whether it has
    come to its end; paused: whether its visitor has stopped it for a while."""

    id: str
    config: Train
    owner: str = ""
    shelf: str = ""
    done: bool = False
    paused: bool = False

    @property
    def folder(self) -> Path:
        """Where it is."""
        return shelf().folder / "runs" / sha256(self.id.encode())[:32]


def note(run: Run) -> None:
    """Write down a run, and drop those that are too many or too old."""
    said = asdict(run) | {"config": run.config.to_dict()}
    write_atomic(run.folder / "run.json", dump_json(said).encode())
    folders, known = sorted(run.folder.parent.iterdir(), key=_touched, reverse=True), settings()
    for index, folder in enumerate(folders):
        if index >= known.runs or time.time() - _touched(folder) > known.run_days * 86_400:
            shutil.rmtree(folder, ignore_errors=True)


def forget(run: Run) -> None:
    """Of a run that nobody is to go on with."""
    shutil.rmtree(run.folder, ignore_errors=True)


def find_run(id: str) -> Run | None:
    """The run of an id that somebody knows."""
    return _read(shelf().folder / "runs" / sha256(id.encode())[:32])


def unfinished() -> list[Run]:
    """Runs that a server has left when it ended."""
    folder = shelf().folder / "runs"
    found = map(_read, sorted(folder.iterdir(), key=_touched)) if folder.is_dir() else ()
    return [run for run in found if run is not None and not run.done and not run.paused]


def _read(folder: Path) -> Run | None:
    path = folder / "run.json"
    if not path.is_file():
        return None
    try:
        given = mapping("The run", parse_json(path.name, read_bytes(path, limit=MAX_BYTES)))
        return Run(
            id=text("The id", given.get("id")),
            config=Train.from_dict(given.get("config")),
            owner=text("The owner", given.get("owner")),
            shelf=text("The shelf", given.get("shelf")),
            done=given.get("done") is True,
            paused=given.get("paused") is True,
        )
    except InputError:  # of another version of the app
        return None


def _touched(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except OSError:
        return 0.0


def write_saved(folder: Path, saved: Saved) -> None:
    """Put a training in its folder, in the place of what was there, as a whole."""
    frames = _frames_bytes(saved.frames)
    write_atomic(folder / SAVED, len(frames).to_bytes(8, "little") + frames + saved.state)


def read_saved(folder: Path) -> Saved | None:
    """What `write_saved` put there; None where there is nothing, or only something damaged."""
    path = folder / SAVED
    if not path.is_file():
        return None
    try:
        data = read_bytes(path, limit=MAX_BYTES)
        end = 8 + int.from_bytes(data[:8], "little")
        return Saved(_read_frames(data[8:end]), data[end:])
    except InputError:
        return None


def as_bytes(save: Callable[[Path], None]) -> bytes:
    """What a function writes to the file that it is given."""
    with TemporaryDirectory(prefix="icl-") as folder:
        save(path := Path(folder) / STATE)
        return read_bytes(path, limit=MAX_BYTES)


def from_bytes(load: Callable[[Path], T], data: bytes) -> T | None:
    """What a function makes of a file with these bytes; None where it refuses them."""
    with TemporaryDirectory(prefix="icl-") as folder:
        (path := Path(folder) / STATE).write_bytes(data)
        try:
            return load(path)
        except InputError:  # of other settings, or damaged
            return None


def _frames_bytes(frames: Sequence[Frame]) -> bytes:
    tensors = {name: np.array([float(getattr(f, name)) for f in frames]) for name in NUMBERS}
    tensors["phase"] = np.array([PHASES.index(frame.phase) for frame in frames])
    tensors["cut"] = np.array([int(frame.cut) for frame in frames])
    tensors["count"] = np.array([len(frame.losses) for frame in frames])
    tensors["losses"] = np.concatenate([np.asarray(frame.losses, float) for frame in frames])
    models = [frame.model.tensors() for frame in frames]
    for name in models[0]:
        tensors[MODEL + name] = np.stack([np.asarray(model[name]) for model in models])
    about = {"kind": frames[0].model.kind, "config": frames[0].model.config()}
    return save_tensors(tensors, metadata={"model": json.dumps(about)})


def _read_frames(data: bytes) -> list[Frame]:
    tensors, metadata = read_tensors(SAVED, data)
    try:
        known = mapping("The model", parse_json(SAVED, metadata.get("model", "null")))
        ends = np.cumsum(tensors["count"])
        losses = np.split(tensors["losses"], ends[:-1])
        weights = {n.removeprefix(MODEL): v for n, v in tensors.items() if n.startswith(MODEL)}
        build = KINDS[known["kind"]].build
        return [
            Frame(
                step=int(tensors["step"][k]),
                total_steps=int(tensors["total_steps"][k]),
                seconds=float(tensors["seconds"][k]),
                phase=PHASES[int(tensors["phase"][k])],
                loss=float(tensors["loss"][k]),
                losses=tuple(losses[k].tolist()),
                floor=float(tensors["floor"][k]),
                model=build(known["config"], {name: v[k] for name, v in weights.items()}),
                cut=bool(tensors["cut"][k]),
                round=int(tensors["round"][k]),
                holds=float(tensors["holds"][k]),
            )
            for k in range(len(ends))
        ]
    except (KeyError, IndexError, TypeError) as error:
        raise InputError(f"{SAVED} lacks a part ({error}): train again.") from error
