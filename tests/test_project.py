"""What holds for the project as a whole."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent

PROBE = """
import importlib, json, sys
from pathlib import Path
import jax
from jax._src import xla_bridge

def settings():
    return {name: repr(getattr(jax.config, name, None)) for name in sorted(jax.config.values)}

before, loaded = settings(), set(sys.modules)
import icl_core
if sys.argv[1] == "all":
    root = Path(icl_core.__file__).parent.parent
    for file in sorted((root / "icl_core").rglob("*.py")):
        name = ".".join(file.relative_to(root).with_suffix("").parts).removesuffix(".__init__")
        if not name.startswith(tuple(sys.argv[2:])):
            importlib.import_module(name)
after = settings()
print(json.dumps({
    "imported": sorted(name for name in set(sys.modules) - loaded if name.startswith("icl_core")),
    "screens": sorted({"streamlit", "plotly"} & set(sys.modules)),
    "changed": [name for name in before if before[name] != after[name]],
    "x64": jax.config.jax_enable_x64,
    "awake": xla_bridge.backends_are_initialized(),
}))
"""


DRAWING = tuple(
    f"icl_core.{name}"
    for name in ("plots", "live", "export", "lessons", "sweeps", "cli", "__main__", "problem_sheet")
)
"""What may import plotly: figures, and the lessons and files made of them."""


@pytest.mark.parametrize("what", ["package", "all"])
def test_importing_the_engine_is_quiet(what: str) -> None:
    """In its own process: no screen is imported, no global setting changes, no device wakes."""
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", PROBE, what, *DRAWING],
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT,
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    seen = json.loads(done.stdout)
    assert seen["screens"] == []
    assert seen["changed"] == []
    assert seen["x64"] is False
    assert seen["awake"] is False
    if what == "all":
        expected = ("experiments.mixed_noise.build", "zoo.library", "training.loop")
        assert {f"icl_core.{name}" for name in expected} <= set(seen["imported"])


def test_facts_are_those_of_the_papers() -> None:
    """The copied facts hold every cell that pages and tests read."""
    for name, rows in (("table1.csv", 24), ("floors.csv", 5)):
        lines = (ROOT / "icl_core" / "experiments" / "mixed_noise" / name).read_text().split()
        assert len(lines) == rows + 1
        assert {line.count(",") for line in lines} == {11}


def test_no_program_of_ours_holds_a_decomposition() -> None:
    """A program with a batched one may wait for ever for XLA's pool (DESIGN.md, "No XLA in the
    server"): what the project decomposes it hands to numpy."""
    words = ("jnp.linalg", "jax.scipy", "lax.linalg")
    found = {
        file.relative_to(ROOT).as_posix()
        for folder in ("icl_core", "ui", "pages", "benchmarks")
        for file in (ROOT / folder).rglob("*.py")
        if any(word in file.read_text(encoding="utf-8") for word in words)
    }
    # Where a caller's own arrays are JAX's.
    assert found == {"icl_core/arrays.py"}
