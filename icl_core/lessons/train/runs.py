"""Runs on disk: what was asked for, and how far it has come.

DATA/runs/KEY/, KEY being a hash of the run's unguessable id, holds run.json and, of a linear
transformer, state.safetensors and frames.safetensors, replaced as a whole every few seconds. So a
worker, or a server with all its workers, that is killed goes on where it was.
"""

import shutil
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from safetensors.numpy import save as save_tensors

from icl_core.checkpoints import read_tensors, sha256
from icl_core.errors import InputError
from icl_core.files import claimed, dump_json, parse_json, read_bytes, write_atomic
from icl_core.lessons.train.config import Train
from icl_core.lessons.train.frame import Frame
from icl_core.models.linear import LinearTransformer
from icl_core.settings import settings
from icl_core.tasks.linear import LinearTask
from icl_core.training import Rounds, RoundsProgress, TrainingConfig, train_in_rounds
from icl_core.validation import mapping, text
from icl_core.zoo.shelf import shelf

EVERY = 3.0
"""Seconds after which the next snapshot is saved."""
MAX_BYTES = 2**28
NUMBERS = ("step", "total_steps", "seconds", "loss", "floor", "round")
PHASES = ("exploring", "refining", "finished")


@dataclass(frozen=True, kw_only=True)
class Run:
    """What was asked for, by whom (a hash), and on which shelf its model goes; done: whether it has
    come to its end."""

    id: str
    config: Train
    owner: str = ""
    shelf: str = ""
    done: bool = False

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
    return [run for run in found if run is not None and not run.done]


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
        )
    except InputError:  # of another version of the app
        return None


def _touched(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except OSError:
        return 0.0


def resumed(task: LinearTask, config: TrainingConfig, folder: Path) -> Iterator[Frame]:
    """`train_in_rounds` as frames, saved in a folder: first those that are there, then the rest.

    Raises:
        InputError: Another process is at it; the training diverged; the disk is full.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with claimed(folder):
        rounds = Rounds(task, config)
        frames, progress = _loaded(folder, rounds)
        yield from frames
        if frames and frames[-1].phase == "finished":
            return
        saved = time.monotonic()
        for snapshot in train_in_rounds(task, config, progress=progress):
            frames.append(Frame.of(snapshot))
            if snapshot.phase == "finished" or time.monotonic() - saved > EVERY:
                _save_frames(folder, frames)
                state: Any = snapshot.state
                rounds.save(folder / "state.safetensors", state)
                saved = time.monotonic()
            yield frames[-1]


def _loaded(folder: Path, rounds: Rounds) -> tuple[list[Frame], RoundsProgress | None]:
    """What was saved; nothing where that is of other settings, or damaged."""
    state, shots = folder / "state.safetensors", folder / "frames.safetensors"
    if not (state.is_file() and shots.is_file()):
        return [], None
    try:
        progress = rounds.load(state)
        frames = _read_frames(shots)
    except InputError:
        return [], None
    # Killed between the two, a process has left more frames than the state knows of.
    reached = progress.before + progress.step
    return [frame for frame in frames if frame.step <= reached], progress


def _save_frames(folder: Path, frames: Sequence[Frame]) -> None:
    tensors = {name: np.array([float(getattr(f, name)) for f in frames]) for name in NUMBERS}
    tensors["phase"] = np.array([PHASES.index(frame.phase) for frame in frames])
    tensors["cut"] = np.array([int(frame.cut) for frame in frames])
    tensors["count"] = np.array([len(frame.losses) for frame in frames])
    tensors["losses"] = np.concatenate([np.asarray(frame.losses, float) for frame in frames])
    for name in ("P", "Q"):
        tensors[name] = np.stack([np.asarray(getattr(frame.model, name)) for frame in frames])
    write_atomic(folder / "frames.safetensors", save_tensors(tensors))


def _read_frames(path: Path) -> list[Frame]:
    tensors, _ = read_tensors(path.name, read_bytes(path, limit=MAX_BYTES))
    try:
        ends = np.cumsum(tensors["count"])
        losses = np.split(tensors["losses"], ends[:-1])
        return [
            Frame(
                step=int(tensors["step"][k]),
                total_steps=int(tensors["total_steps"][k]),
                seconds=float(tensors["seconds"][k]),
                phase=PHASES[int(tensors["phase"][k])],
                loss=float(tensors["loss"][k]),
                losses=tuple(losses[k].tolist()),
                floor=float(tensors["floor"][k]),
                model=LinearTransformer(P=tensors["P"][k], Q=tensors["Q"][k]),
                cut=bool(tensors["cut"][k]),
                round=int(tensors["round"][k]),
            )
            for k in range(len(ends))
        ]
    except (KeyError, IndexError) as error:
        raise InputError(f"{path.name} lacks a part ({error}): train again.") from error
