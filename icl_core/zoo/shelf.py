"""Models of one's own: trained or uploaded, kept in a folder for data.

ICL_DATA_DIR (by default where the platform keeps a user's data) holds models/ID/, a folder a model,
laid out as pretrained/: manifest.json with the one model, its file, tables/ and movies/. ID is the
beginning of the SHA-256 of the checkpoint, so that the same model stands there once. shelves/ holds
a file a visitor: which models are theirs, and how they call them. A model is written elsewhere and
moved in as a whole; what is there is never changed, only tables are added.
"""

import atexit
import logging
import os
import re
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

import platformdirs

from icl_core.checkpoints import Checkpoint, checkpoint_bytes, sha256
from icl_core.errors import InputError
from icl_core.files import dump_json, locked, parse_json, read_bytes, write_atomic
from icl_core.models.linear import LinearTransformer
from icl_core.settings import Settings, settings
from icl_core.validation import mapping, number, text
from icl_core.zoo.library import Entry, entry_of, model_name, read_manifest, write_manifest
from icl_core.zoo.movies import Movie, save_movie

OWN = "mine-"
"""How a model of one's own is named where shipped tasks have their names."""
LONGEST = 60
"""Letters of a name."""
LOST = (
    "The server has no folder in which it may keep models, so yours is gone when it stops: "
    "download its file."
)
LOG = logging.getLogger("icl.shelf")
_ID = re.compile(r"[0-9a-f]{16}")
_MAX_LIST = 2**20
FORGOTTEN = 3600.0
"""Seconds that a model stays which is on no shelf."""


@dataclass(frozen=True, kw_only=True)
class Bounds:
    """What is kept at most: models and bytes of all visitors together, days since one was last
    saved."""

    models: int
    bytes: int
    days: float

    @classmethod
    def of(cls, known: Settings) -> "Bounds":
        """What is set."""
        size = int(known.model_gigabytes * 2**30)
        return cls(models=known.models, bytes=size, days=known.model_days)


USUAL = Bounds.of(Settings())


@dataclass(frozen=True, kw_only=True)
class Kept:
    """A model on a shelf: its id, what its owner calls it, when it was saved (seconds since 1970),
    and where it comes from ("trained", "uploaded")."""

    id: str
    label: str
    saved: float
    origin: str

    @property
    def name(self) -> str:
        """As a choice in a link."""
        return OWN + self.id

    @classmethod
    def from_dict(cls, values: Any) -> "Kept":
        return cls(
            id=checked_id(str(values.get("id"))),
            label=text("The name", values.get("label")),
            saved=number("The time", values.get("saved"), (0, 1e11)),
            origin=text("The origin", values.get("origin")),
        )


def checked_id(given: str) -> str:
    """An id, or an InputError; nothing else becomes part of a path."""
    if not _ID.fullmatch(given):
        raise InputError(
            f"{given[:40]!r} names no model: expected {OWN} and 16 digits from 0 to f; "
            "copy the link once more."
        )
    return given


@dataclass(frozen=True)
class Shelf:
    """All models in a folder for data; `lost` says why they will not outlast the server, or ""."""

    folder: Path
    bounds: Bounds = USUAL
    lost: str = ""

    def place(self, id: str) -> Path:
        """The folder of a model."""
        return self.folder / "models" / checked_id(id)

    def find(self, id: str) -> tuple[Entry, Path]:
        """A model's entry and its folder."""
        if not self.has(id):
            raise InputError(
                f"The model {OWN}{id} is not on this server: it was deleted, or saved on another "
                "one. Open its file on the page *Models*, or train it again."
            )
        (entry,) = read_manifest(self.place(id))
        return entry, self.place(id)

    def keep(
        self,
        checkpoint: Checkpoint[LinearTransformer],
        owner: str,
        *,
        label: str,
        origin: str,
        movie: Movie | None = None,
    ) -> Kept:
        """Put a model on a visitor's shelf; others may have to go for it (`Bounds`).

        Raises:
            InputError: It cannot be written; then nothing is changed.
        """
        data = checkpoint_bytes(checkpoint)
        id = sha256(data)[:16]
        if not self.has(id):
            self._write(id, data, checkpoint, movie)
        os.utime(self.place(id))
        kept = Kept(id=id, label=label[:LONGEST], saved=time.time(), origin=origin)
        with self._changing(owner) as known:
            known[:] = [kept, *(other for other in known if other.id != id)]
        self._make_room(id)
        return kept

    def _write(
        self, id: str, data: bytes, checkpoint: Checkpoint[Any], movie: Movie | None
    ) -> None:
        name = _name(checkpoint)
        try:
            (self.folder / "models").mkdir(parents=True, exist_ok=True)
            new = Path(tempfile.mkdtemp(dir=self.folder / "models", prefix=".new-"))
        except OSError as error:
            raise _unwritable(error) from error
        try:
            write_atomic(new / f"{name}.safetensors", data)
            beside = {} if movie is None else {"movie_sha256": save_movie(name, movie, new)}
            write_manifest((entry_of(name, checkpoint, sha256(data), **beside),), new)
            os.chmod(new, 0o755)
            os.replace(new, self.place(id))
        except OSError as error:
            if not self.has(id):  # nor did anybody else just now
                raise _unwritable(error) from error
        finally:
            shutil.rmtree(new, ignore_errors=True)

    def of(self, owner: str) -> list[Kept]:
        """A visitor's models that are still there, the last saved first."""
        return [kept for kept in _read(self._list(owner)) if self.has(kept.id)]

    def dropped(self, owner: str) -> list[Kept]:
        """Models that a visitor had, and that had to go since the list was last changed."""
        return [kept for kept in _read(self._list(owner)) if not self.has(kept.id)]

    def has(self, id: str) -> bool:
        """Whether a model is there."""
        return (self.place(id) / "manifest.json").is_file()

    def rename(self, owner: str, id: str, label: str) -> None:
        """Call a visitor's model something else."""
        said = " ".join(text("The name", label).split())[:LONGEST]
        if not said:
            raise InputError("The name is empty: type what the model is to be called.")
        with self._changing(owner) as known:
            known[:] = [replace(k, label=said) if k.id == id else k for k in known]

    def remove(self, owner: str, id: str) -> None:
        """Take a model from a visitor's shelf. One that is on no shelf goes with the next save that
        is an hour later, so that `restore` can undo this."""
        with self._changing(owner) as known:
            known[:] = [kept for kept in known if kept.id != id]
        if self.place(id).is_dir():
            os.utime(self.place(id))

    def restore(self, owner: str, kept: Kept) -> None:
        """Put a model back that was removed a moment ago."""
        self.find(kept.id)
        with self._changing(owner) as known:
            known[:] = [kept, *(other for other in known if other.id != kept.id)]

    @contextmanager
    def _changing(self, owner: str) -> Iterator[list[Kept]]:
        """A visitor's list, to be changed in place and written again."""
        path = self._list(owner)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            with locked(path.parent):
                known = self.of(owner)
                yield known
                said = {"models": [asdict(kept) for kept in known]}
                write_atomic(path, dump_json(said).encode())
        except OSError as error:
            raise _unwritable(error) from error

    def _list(self, owner: str) -> Path:
        # Whoever can read the folder does not learn by whose token a list is found.
        return self.folder / "shelves" / f"{sha256(owner.encode())[:32]}.json"

    def _on_shelves(self) -> set[str]:
        """Ids of all models that somebody keeps."""
        found: set[str] = set()
        for path in (self.folder / "shelves").glob("*.json"):
            found.update(kept.id for kept in _read(path))
        return found

    def _make_room(self, newest: str) -> None:
        """Drop what is nobody's, and what is too old or too much, the longest unsaved first."""
        now, taken, models = time.time(), 0, 0
        listed, bounds = self._on_shelves(), self.bounds
        for place in sorted((self.folder / "models").iterdir(), key=_touched, reverse=True):
            age = now - _touched(place)
            if place.name not in listed:  # removed, or left by a save that was cut short
                if age > FORGOTTEN:
                    shutil.rmtree(place, ignore_errors=True)
                continue
            taken, models = taken + _size(place), models + 1
            over = models > bounds.models or taken > bounds.bytes or age > bounds.days * 86_400
            if over and place.name != newest:
                shutil.rmtree(place, ignore_errors=True)


def _name(checkpoint: Checkpoint[LinearTransformer]) -> str:
    model = checkpoint.model
    return model_name(
        checkpoint.linear_task, checkpoint.parametrization, model.num_layers, model.num_heads
    )


def _read(path: Path) -> list[Kept]:
    if not path.is_file():
        return []
    given = mapping("The list of models", parse_json(path.name, read_bytes(path, limit=_MAX_LIST)))
    return [Kept.from_dict(mapping("A model", values)) for values in given.get("models", [])]


def _touched(place: Path) -> float:
    try:
        return place.stat().st_mtime
    except OSError:
        return 0.0


def _size(place: Path) -> int:
    return sum(path.stat().st_size for path in place.rglob("*") if path.is_file())


def _unwritable(error: OSError) -> InputError:
    return InputError(
        f"The model cannot be kept on this server ({error.strerror or error}): download its file "
        "instead, and open it again on the page *Models*."
    )


def shelf() -> Shelf:
    """Where models of one's own are: the folder that ICL_DATA_DIR names, and one for the life of
    this process where that cannot be written."""
    known = settings()
    chosen = known.data_dir or platformdirs.user_data_dir("icl-explorer")
    return _opened(Path(chosen).expanduser(), Bounds.of(known))


@cache
def _opened(folder: Path, bounds: Bounds) -> Shelf:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            return Shelf(folder, bounds)
    except OSError as error:
        said = error.strerror or error
        LOG.warning("Models are not kept in %s (%s): ICL_DATA_DIR can name another.", folder, said)
        own = tempfile.mkdtemp(prefix="icl-")
        atexit.register(shutil.rmtree, own, ignore_errors=True)
        return Shelf(Path(own), bounds, lost=LOST)
