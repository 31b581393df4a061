"""Where it is installed and who starts it: odd folders, no home, absent devices, closed pipes."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from icl_core.export.recipe import Recipe, config_json
from icl_core.lessons.catalog import LESSONS
from icl_core.runtime import _is_whole

ROOT = Path(__file__).parents[2]
ODD = "é #?%20'\"&<x; $y"
VERIFY = ("zoo", "verify", "--prompts", "100", "--only", "gdpp_L1_uniform5_d10_n20")
COMPILE = (
    "from icl_core.runtime import prepare_process; prepare_process();"
    "import jax; print(jax.jit(lambda x: 3 * x)(2.0))"
)
STRANGER = ("unshare", "--user", "--map-user=12345", "--map-group=12345")


def run(*command: str, folder: Path = ROOT, **environment: str | None):
    """A process of its own; None takes a name out of its environment."""
    given = os.environ | {"PYTHONPATH": str(folder)} | environment
    given = {name: value for name, value in given.items() if value is not None}
    return subprocess.run(command, cwd=folder, env=given, capture_output=True, timeout=200)


def icl(*arguments: str, **environment: str | None):
    return run(sys.executable, "-m", "icl_core", *arguments, **environment)


@pytest.fixture
def stranger() -> tuple[str, ...]:
    """What runs a command as a user id that the system does not know."""
    try:
        allowed = subprocess.run([*STRANGER, "true"], capture_output=True).returncode == 0
    except FileNotFoundError:
        allowed = False
    if not allowed:
        pytest.skip("no user namespaces here")
    return STRANGER


@pytest.fixture
def choices(tmp_path) -> Path:
    file = tmp_path / "choices.json"
    config = LESSONS["weights"].config()
    file.write_bytes(config_json(Recipe(page="weights", figure="heatmaps", config=config)))
    return file


@pytest.mark.browser
def test_images_are_drawn_wherever_the_clone_lies(chromium, choices, tmp_path):
    clone = tmp_path / ODD
    clone.mkdir()
    for name in ("icl_core", "pretrained"):
        (clone / name).symlink_to(ROOT / name)
    (clone / ".venv").symlink_to(sys.prefix)
    python, out = str(clone / ".venv/bin/python"), tmp_path / "figure.svg"
    done = run(python, "-m", "icl_core", "figure", str(choices), "--out", str(out), folder=clone)
    assert done.returncode == 0, done.stderr.decode()
    assert out.read_bytes().startswith(b"<svg")


@pytest.mark.browser
def test_a_user_that_nobody_knows_needs_no_home(chromium, stranger, choices, tmp_path):
    out = tmp_path / "figure.pdf"
    command = ("-m", "icl_core", "figure", str(choices), "--out", str(out))
    done = run(*stranger, sys.executable, *command, HOME=None)
    assert done.returncode == 0, done.stderr.decode()
    assert out.read_bytes().startswith(b"%PDF-")


def test_make_gives_a_home_to_a_user_that_nobody_knows(stranger):
    show = ("make", "--no-print-directory", "--eval", 'show: ; @echo "$$HOME"', "show")
    home = Path(run(*stranger, *show, HOME=None).stdout.decode().strip())
    assert home.is_dir()
    home.rmdir()
    assert run(*show, HOME="/elsewhere").stdout == b"/elsewhere\n"


def test_a_home_that_cannot_be_written_is_told_once(tmp_path):
    (tmp_path / "home").touch()
    done = run(sys.executable, "-c", COMPILE, HOME=str(tmp_path / "home"), XDG_CACHE_HOME=None)
    assert done.stdout == b"6.0\n"
    assert done.stderr.decode().count("\n") == 1
    assert b"ICL_CACHE_DIR can name another folder." in done.stderr


@pytest.mark.parametrize("name", ["cuda", "nonsense"])
def test_a_device_that_is_not_there_is_told_and_the_cpu_used(name):
    done = icl(*VERIFY, JAX_PLATFORMS=name)
    assert done.returncode == 0, done.stderr.decode()
    assert json.loads(done.stdout)["models"][0]["ok"]
    said = f"JAX_PLATFORMS is '{name}', which JAX does not find here: the CPU is used."
    assert done.stderr.decode().splitlines().count(said) == 1


@pytest.mark.parametrize("encoding", ["ascii", "cp1252", "utf-16", "utf-8"])
def test_output_fits_any_encoding(encoding):
    done = icl("zoo", "table", PYTHONIOENCODING=encoding)
    assert b"Traceback" not in done.stderr
    said = json.loads(done.stdout.decode(encoding))
    assert not json.dumps(said, ensure_ascii=False).isascii()


def test_a_closed_pipe_is_no_error():
    command = [sys.executable, "-m", "icl_core", "zoo", "list"]
    reading, writing = os.pipe()
    os.close(reading)
    done = subprocess.run(command, cwd=ROOT, stdout=writing, stderr=subprocess.PIPE, timeout=100)
    os.close(writing)
    assert done.stderr == b""
    assert done.returncode == 141


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no full device here")
def test_output_that_cannot_be_written_is_one_sentence():
    command = [sys.executable, "-m", "icl_core", "zoo", "list"]
    with open("/dev/full", "wb") as full:
        done = subprocess.run(command, cwd=ROOT, stdout=full, stderr=subprocess.PIPE, timeout=100)
    assert done.returncode == 2
    assert done.stderr.decode().splitlines() == [
        "The result could not be written (No space left on device): send the output elsewhere."
    ]


def compiled(folder: Path, *prefix: str) -> list[str]:
    """Lines of the log of a process that compiles a little."""
    done = run(*prefix, sys.executable, "-c", COMPILE, ICL_CACHE_DIR=str(folder))
    assert done.stdout == b"6.0\n", done.stderr.decode()
    return done.stderr.decode().splitlines()


@pytest.mark.parametrize("damage", [lambda data: data[:-9], lambda data: b"", lambda data: b"x"])
def test_damaged_programs_are_compiled_again(tmp_path, damage):
    assert compiled(tmp_path) == []
    good = {file: file.read_bytes() for file in (tmp_path / "jax").glob("*-cache")}
    assert good
    for file, data in good.items():
        file.write_bytes(damage(data))
    # Another process may be writing what is so young.
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("icl_core.runtime.time.time", lambda: next(iter(good)).stat().st_mtime + 1)
        assert all(_is_whole(file) for file in good)
    for file in good:
        os.utime(file, (0, 0))
    (said,) = compiled(tmp_path)
    assert said.endswith(f"were removed: {len(good)}.")
    assert compiled(tmp_path) == []
    assert {*(tmp_path / "jax").glob("*-cache")} == {*good}


def test_programs_that_cannot_be_stored_are_told_once(stranger, tmp_path):
    assert compiled(tmp_path) == []
    folder = tmp_path / "jax"
    folder.chmod(0o555)
    (said,) = compiled(tmp_path, *stranger)
    assert "read-only" in said
    for file in folder.glob("*-cache"):
        file.write_bytes(b"x")
        os.utime(file, (0, 0))
    assert compiled(tmp_path, *stranger) == [said]


def test_a_folder_that_is_a_file_is_told_once(tmp_path):
    (tmp_path / "file").touch()
    (said,) = compiled(tmp_path / "file")
    assert "Compiled programs are not kept in" in said
