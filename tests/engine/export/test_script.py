"""The Python file of a model, run by a Python that imports numpy alone."""

import json
import subprocess
import sys

import numpy as np
import pytest

from icl_core.checkpoints import Checkpoint
from icl_core.export.citation import model_bibtex
from icl_core.export.script import to_script
from icl_core.tasks.base import Context
from tests.cases import TASK, full_model

PROGRAM = """
import json, runpy, sys
model = runpy.run_path(sys.argv[1])
X, y, queries = json.loads(sys.argv[2])
known = {name.partition(".")[0] for name in sys.modules}
assert not known & {"jax", "scipy", "safetensors", "icl_core"}
print(json.dumps(list(model["predict"](X, y, queries))))
"""


@pytest.mark.parametrize("heads", [1, 3])
def test_it_answers_as_the_model_does(tmp_path, heads):
    model, rng = full_model(3, layers=2, heads=heads), np.random.default_rng(0)
    made = Checkpoint(model=model, task=TASK, seed=0)
    (path := tmp_path / "model.py").write_bytes(to_script(made, 'A "good" \\ one'))
    X, y, queries = (rng.standard_normal(size) for size in ((6, 3), 6, (4, 3)))
    given = json.dumps([X.tolist(), y.tolist(), queries.tolist()])
    command = [sys.executable, "-c", PROGRAM, str(path), given]
    said = subprocess.run(command, check=True, capture_output=True, cwd=tmp_path).stdout
    answers = model.answers(Context(X=X[None], y=y[None]), queries[None])[-1]
    np.testing.assert_allclose(json.loads(said), np.asarray(answers)[0], rtol=1e-12, atol=1e-14)
    shown = subprocess.run([sys.executable, path], check=True, capture_output=True).stdout
    assert shown.startswith(b"answers:")


def test_the_citation_names_the_file_by_its_content():
    said = model_bibtex("My {best}", "ab" * 32, 2026)
    assert "title = {{My best}}" in said
    assert f"SHA-256 {'ab' * 32}" in said
    assert said.count("{") == said.count("}")
