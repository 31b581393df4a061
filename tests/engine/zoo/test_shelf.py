"""Models of one's own: kept whole, found by content, bounded."""

import os
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from icl_core.checkpoints import Checkpoint
from icl_core.errors import InputError
from icl_core.lessons.shared.shipped import find_family, found_own, relatives
from icl_core.lessons.shared.tables import is_measured
from icl_core.models.linear import LinearTransformer
from icl_core.tasks.linear import LinearTask
from icl_core.tasks.noise import UniformNoise
from icl_core.zoo import shelf as shelves
from icl_core.zoo.library import load_entry
from icl_core.zoo.movies import Movie, load_movie
from icl_core.zoo.shelf import FORGOTTEN, LOST, USUAL, Shelf, shelf

TASK = LinearTask(dim=3, num_context=8, noise=UniformNoise(sigma_max=2.0))


def made(seed: int, layers: int = 2, heads: int = 1) -> Checkpoint[LinearTransformer]:
    """A model of small random weights."""
    rng = np.random.default_rng(seed)
    P, Q = 0.05 * rng.standard_normal((2, layers, heads, 4, 4))
    return Checkpoint(model=LinearTransformer(P=P, Q=Q), task=TASK, seed=seed)


def put(place: Shelf, seed: int, owner: str = "ada") -> str:
    return place.keep(made(seed), owner, label=f"number {seed}", origin="trained").id


@pytest.fixture
def place(tmp_path: Path) -> Shelf:
    return Shelf(tmp_path)


def test_a_model_is_kept_once_and_found_by_its_content(place: Shelf) -> None:
    id = put(place, 1)
    assert put(place, 1, "bob") == id != put(place, 2)
    assert [kept.label for kept in place.of("ada")] == ["number 2", "number 1"]
    assert [kept.id for kept in place.of("bob")] == [id]
    entry, folder = place.find(id)
    assert len(list((place.folder / "models").iterdir())) == 2
    np.testing.assert_array_equal(load_entry(entry, folder).model.P, made(1).model.P)
    assert entry.linear_task == TASK


def test_names_and_deletion(place: Shelf) -> None:
    id = put(place, 1)
    put(place, 1, "bob")
    place.rename("ada", id, "  the   good one ")
    assert place.of("ada")[0].label == "the good one"
    assert place.of("bob")[0].label == "number 1"
    with pytest.raises(InputError, match="empty"):
        place.rename("ada", id, " ")
    (kept,) = place.of("ada")
    place.remove("ada", id)
    assert place.of("ada") == []
    place.restore("ada", kept)
    assert place.of("ada") == [kept]
    for owner in ("ada", "bob"):
        place.remove(owner, id)
    put(place, 2)
    place.find(id)  # for as long as this can be undone
    os.utime(place.place(id), (time.time() - FORGOTTEN - 1,) * 2)
    put(place, 2)
    with pytest.raises(InputError, match="not on this server"):
        place.find(id)
    with pytest.raises(InputError, match="names no model"):
        place.find("../../etc/passwd")


def test_what_is_kept_is_bounded(tmp_path: Path) -> None:
    place = Shelf(tmp_path, replace(USUAL, models=2))
    first, second = put(place, 1), put(place, 2)
    os.utime(place.place(first), (time.time() - 100,) * 2)
    place.keep(made(3), "bob", label="third", origin="trained")
    assert [kept.id for kept in place.dropped("ada")] == [first]
    place.keep(made(3), "ada", label="third", origin="trained")
    assert place.dropped("ada") == []  # told once
    assert [kept.label for kept in place.of("ada")] == ["third", "number 2"]
    size = sum(path.stat().st_size for path in place.place(second).rglob("*"))
    small = Shelf(tmp_path, replace(USUAL, bytes=size))
    small.keep(made(4), "ada", label="fourth", origin="trained")
    assert [kept.label for kept in small.of("ada")] == ["fourth"]
    old = Shelf(tmp_path, replace(USUAL, days=1))
    os.utime(old.place(old.of("ada")[0].id), (time.time() - 2 * 86_400,) * 2)
    old.keep(made(5), "ada", label="fifth", origin="trained")
    assert [kept.label for kept in old.of("ada")] == ["fifth"]


def test_a_movie_is_kept_beside(place: Shelf) -> None:
    model = made(1).model
    movie = Movie(steps=np.arange(2), loss=np.ones(2), P=model.P[None], Q=model.Q[None])
    kept = place.keep(made(1), "ada", label="a", origin="trained", movie=movie)
    entry, folder = place.find(kept.id)
    np.testing.assert_array_equal(load_movie(entry.name, folder).steps, movie.steps)


CUT = """
import os, signal, sys
from tests.engine.zoo.test_shelf import made
from icl_core.zoo.shelf import Shelf
from pathlib import Path
def die(*given, **named):
    os.kill(os.getpid(), signal.SIGKILL)
setattr(sys.modules[sys.argv[2]], sys.argv[3], die)
Shelf(Path(sys.argv[1])).keep(made(7), "ada", label="cut", origin="trained")
"""


@pytest.mark.parametrize(
    ("module", "name"),
    [
        ("icl_core.zoo.shelf", "write_manifest"),
        ("os", "replace"),
        ("icl_core.zoo.shelf", "write_atomic"),
        ("icl_core.zoo.shelf", "dump_json"),
    ],
)
def test_kill_in_the_middle_of_a_save_leaves_no_half_model(
    place: Shelf, module: str, name: str
) -> None:
    id = put(place, 1)
    done = subprocess.run([sys.executable, "-c", CUT, place.folder, module, name], check=False)
    assert done.returncode == -9
    assert [kept.id for kept in place.of("ada")] == [id]
    for path in (place.folder / "models").iterdir():
        if not path.name.startswith("."):  # whole: listed or not, it opens
            entry, folder = place.find(path.name)
            load_entry(entry, folder)
            continue
        os.utime(path, (time.time() - 10_000,) * 2)
    put(place, 2)
    assert not list((place.folder / "models").glob(".*"))
    assert len(place.of("ada")) == 2


def test_a_full_disk_changes_nothing(place: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    id = put(place, 1)

    def full(*given: object, **named: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(os, "fsync", full)
        with pytest.raises(InputError, match="No space left"):
            put(place, 2)
    assert [kept.id for kept in place.of("ada")] == [id]
    assert len(list((place.folder / "models").iterdir())) == 1
    put(place, 2)
    assert len(place.of("ada")) == 2


def test_two_servers_on_one_folder(place: Shelf) -> None:
    """Neither loses what the other has listed."""
    program = (
        "import sys; from pathlib import Path; from icl_core.zoo.shelf import Shelf;"
        "from tests.engine.zoo.test_shelf import put;"
        "[put(Shelf(Path(sys.argv[1])), int(sys.argv[2]) + k) for k in range(8)]"
    )
    both = [
        subprocess.Popen([sys.executable, "-c", program, place.folder, str(first)])
        for first in (100, 104)
    ]
    assert [process.wait(120) for process in both] == [0, 0]
    assert {kept.label for kept in place.of("ada")} == {f"number {k}" for k in range(100, 112)}


def test_without_a_folder_models_last_as_long_as_the_server(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setenv("ICL_DATA_DIR", str(tmp_path / "file" / "models"))
    place = shelf()
    assert place.lost == LOST
    assert shelf().find(put(place, 1))


def test_a_model_of_ones_own_is_a_family(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Measured at its first look, and the tables are kept beside it."""
    monkeypatch.setenv("ICL_DATA_DIR", str(tmp_path))
    two = replace(made(1, heads=2), parametrization="full")
    kept = shelf().keep(two, "ada", label="a", origin="uploaded")
    before = found_own(kept.id)
    assert not is_measured(before.only, before.folder)
    family = find_family(kept.name)
    assert is_measured(family.only, family.folder)
    assert family.name == kept.name
    assert family.entries == {"full": {2: family.only}}
    ((depth, kin),) = relatives(kept.name).items()
    ((own, entry),) = kin.items()
    assert (depth, own.name, entry) == (2, "full_H2", family.only)
    stamp = family.folder.stat().st_mtime_ns
    shelves._opened.cache_clear()
    assert find_family(kept.name) is family
    assert family.folder.stat().st_mtime_ns == stamp
