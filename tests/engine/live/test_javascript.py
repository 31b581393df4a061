"""The JavaScript of live charts: its own tests, and both languages held against each other."""

import json
import re
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest
from scipy.interpolate import RegularGridInterpolator

from icl_core.lessons.shared.words import short
from icl_core.live import Grid, Quantity
from icl_core.live.message import FRONTEND

NODE = shutil.which("node")
pytestmark = pytest.mark.skipif(NODE is None, reason="no node: install Node.js 20 or newer")
FILES = sorted(FRONTEND.glob("*.mjs"))
TESTS = sorted(Path(__file__).parent.glob("*.test.mjs"))


def node(*arguments: str) -> str:
    assert NODE is not None
    run = subprocess.run(
        [NODE, *arguments], capture_output=True, text=True, timeout=60, check=False
    )
    assert run.returncode == 0, run.stdout + run.stderr
    return run.stdout


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_it_is_valid_and_tidy(file):
    node("--check", str(file))
    text = file.read_text(encoding="utf-8")
    assert text.startswith("//"), "says at its top what it is for"
    assert max(map(len, text.splitlines())) <= 110
    assert len(text.splitlines()) <= 300
    # Names, not addresses: nothing is fetched from them.
    text = re.sub(r"http://www.w3.org/(2000/svg|1999/xlink)", "", text)
    for forbidden in ("\t", "console.", "debugger", "http://", "https://", "innerHTML", "eval("):
        assert forbidden not in text


@pytest.mark.parametrize("file", TESTS, ids=lambda file: file.name)
def test_its_own_tests_pass(file):
    node("--test", str(file))


def evaluated(code: str, *imports: str) -> list:
    """`code` with everything that the named files export, as JSON."""
    lines = [
        f"import * as {Path(name).stem} from {(FRONTEND / name).as_uri()!r};" for name in imports
    ]
    script = "\n".join([*lines, f"console.log(JSON.stringify({code}));"])
    return json.loads(node("--input-type=module", "--eval", script))


@pytest.mark.parametrize("scale", ["linear", "log"])
def test_the_browser_interpolates_what_python_packed(tmp_path, scale):
    rng = np.random.default_rng(0)
    noise, depth = np.array([0.0, 0.5, 2.0]), np.array([1.0, 10.0, 100.0, 1000.0])
    values = rng.uniform(0.1, 5, (3, 4, 6))
    grid = Grid(
        axes={"noise": noise, "depth": depth},
        quantities=[
            Quantity(trace="first", field="y", values=-values),
            Quantity(trace="GD++", field="y", values=values, scale=scale),
        ],
    )
    file = tmp_path / "grid"
    file.write_bytes(grid.packed)
    points = np.column_stack([rng.uniform(0, 2, 20), 10 ** rng.uniform(0, 3, 20)])

    code = (
        "(() => {"
        # An odd start, as within a message.
        f"const all = new Uint8Array([7, ...fs.readFileSync({str(file)!r})]).subarray(1);"
        "const unpacked = grid.unpack(all);"
        f"return {json.dumps(points.tolist())}.map(([noise, depth]) => {{"
        "  const found = grid.corners(unpacked.axes, { noise, depth }, { depth: true });"
        "  return [...grid.blend(unpacked.quantities[1], found)]; }); })()"
    )
    script = (
        f"import fs from 'node:fs'; import * as grid from {(FRONTEND / 'grid.mjs').as_uri()!r};"
        f"console.log(JSON.stringify({code}));"
    )
    found = np.array(json.loads(node("--input-type=module", "--eval", script)))

    forward, back = (np.log, np.exp) if scale == "log" else (np.asarray, np.asarray)
    exact = RegularGridInterpolator((noise, np.log(depth)), forward(values))
    expected = back(exact(np.column_stack([points[:, 0], np.log(points[:, 1])])))
    np.testing.assert_allclose(found, expected, rtol=3e-6)


def test_the_digest_names_the_grid(tmp_path):
    grid = Grid(axes={"a": [0, 1]}, quantities=[Quantity(trace="t", field="y", values=[[1], [2]])])
    data = list(grid.packed)
    names = evaluated(f"[grid.unpack(Uint8Array.from({data})).digest]", "grid.mjs")
    assert names == [grid.digest]


def written(values, spec):
    code = f"{json.dumps(values)}.map((value) => numbers.format(value, {spec!r}))"
    return [text.replace("−", "-") for text in evaluated(code, "numbers.mjs")]


VALUES = [0.0, 1.0, -2.6, 0.1, 123.456, 1e5, 123456.0, 1.234e-5, 9.9999, -1e-10, 1e15, 0.00012]


@pytest.mark.parametrize("spec", [".2f", ".0f", "d", ".1%", "f"])
def test_numbers_are_written_as_in_python(spec):
    values = [0, 1, -2, 10, 123456] if spec == "d" else VALUES
    assert written(values, spec) == [format(value, spec) for value in values]


@pytest.mark.parametrize("digits", [1, 3, 6])
def test_numbers_are_written_as_in_the_words_of_a_page(digits):
    values = [*VALUES, 9.996, 999_900, 9_999_000, 2.514e6, 3e7, 9.9996e-6, 0.00002]
    assert written(values, f".{digits}g") == [short(value, digits) for value in values]
