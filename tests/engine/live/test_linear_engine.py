"""The engine of linear prompts in the page: models, descents, ridge and Bayes are Python's."""

import json
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from icl_core.algorithms.descent import GDPlusPlus, GradientDescent
from icl_core.algorithms.ridge import AdaRR, BayesRR, ConstRR, bayes_deviation, spectrum
from icl_core.live.message import FRONTEND
from icl_core.models.factored import FactoredTransformer
from icl_core.models.linear import LinearTransformer
from icl_core.tasks.linear import LinearTask, Tokens, prompts_of
from icl_core.tasks.noise import CategoricalNoise, FixedNoise, UniformNoise
from icl_core.zoo.library import PRETRAINED, entries_in, load_model
from tests.engine.live.test_javascript import NODE, node

pytestmark = pytest.mark.skipif(NODE is None, reason="no node: install Node.js 20 or newer")

PROMPTS, TOLERANCE = 100, 1e-10
TASK = LinearTask(dim=1, num_context=10, noise=UniformNoise(sigma_max=3))
TASKS = {
    "d = 1": TASK,
    "d = 10, three levels": LinearTask(
        dim=10, num_context=20, noise=CategoricalNoise(values=(1, 3, 5))
    ),
    "d = 5, n = 3": LinearTask(dim=5, num_context=3, noise=CategoricalNoise(values=(0.5, 2))),
    "d = 2, no noise": LinearTask(dim=2, num_context=2, noise=FixedNoise(value=0.0)),
}


@cache
def drawn(task: LinearTask) -> Tokens:
    context = task.draw(8, PROMPTS).context
    assert isinstance(context, Tokens)
    return context


def said(code: str, given: Any, folder: Path) -> np.ndarray:
    """The numbers that the statements `code` push to `found`, of `given`, with every module of the
    engine at hand."""
    (folder / "given.json").write_text(json.dumps(given))
    names = {
        "linear.mjs": "momentsOf, weightPath",
        "descent.mjs": "descentPath",
        "ridge.mjs": "bayes, olsVariance, ridge, spectrum",
    }
    imports = "\n".join(
        f"import {{ {names} }} from {(FRONTEND / file).as_uri()!r};"
        for file, names in names.items()
    )
    script = f"""
        import fs from 'node:fs';
        {imports}
        const given = JSON.parse(fs.readFileSync({str(folder / "given.json")!r}));
        const found = [];
        {code}
        fs.writeFileSync({str(folder / "found")!r}, Float64Array.from(found.flat(3)));
    """
    (folder / "script.mjs").write_text(script)
    node(str(folder / "script.mjs"))
    return np.fromfile(folder / "found")


def assert_close(found: np.ndarray, expected: np.ndarray) -> None:
    """[steps, prompts, numbers]: within TOLERANCE of the largest number of each prompt."""
    largest = np.abs(expected).max((0, 2), keepdims=True)
    gap = np.abs(found.reshape(expected.shape) - expected)
    assert np.isfinite(expected).all()
    assert (gap <= TOLERANCE * np.maximum(largest, 1e-300)).all(), (gap / largest).max()


def products(entry: Any) -> LinearTransformer:
    model = load_model(entry).model
    linear = model.linear if isinstance(model, FactoredTransformer) else model
    P, Q = (np.asarray(part, np.float64) for part in (linear.P, linear.Q))
    return LinearTransformer(P=P, Q=Q)


def as_layers(model: LinearTransformer) -> list[Any]:
    return [
        [{"P": P.tolist(), "Q": Q.tolist()} for P, Q in zip(*heads, strict=True)]
        for heads in zip(model.P, model.Q, strict=True)
    ]


def by_task() -> Mapping[LinearTask, Sequence[Any]]:
    found: dict[LinearTask, list[Any]] = {}
    for entry in entries_in(PRETRAINED):
        if entry.kind in ("linear", "factors") and entry.linear_task.dim <= 10:
            found.setdefault(entry.linear_task, []).append(entry)
    return found


@pytest.mark.slow
def test_every_shipped_model_answers_as_in_python(tmp_path: Path) -> None:
    """w after every layer, of all linear transformers with d up to 10, on 100 prompts."""
    known = by_task()
    assert sum(map(len, known.values())) > 300
    code = """
        const moments = given.x.map((rows, i) => momentsOf(rows, given.y[i]));
        for (const model of given.models) {
          const paths = moments.map((each) => weightPath(model, each));
          for (let step = 0; step <= model.length; step++) {
            for (const path of paths) for (const value of path[step]) found.push(value);
          }
        }
    """
    for task, entries in known.items():
        tokens, models = drawn(task), [products(entry) for entry in entries]
        layers = [as_layers(model) for model in models]
        given = {"x": tokens.X.tolist(), "y": tokens.y.tolist(), "models": layers}
        found, at = said(code, given, tmp_path), 0
        for model in models:
            path = np.asarray(model.weight_path(prompts_of(tokens)))
            assert_close(found[at : at + path.size], path)
            at += path.size
        assert at == found.size


@pytest.mark.parametrize("task", TASKS.values(), ids=TASKS)
def test_methods_answer_as_in_python(task: LinearTask, tmp_path: Path) -> None:
    """GD, GD++, ridge, AdaRR, Bayes and its deviation at five queries, on 100 prompts."""
    tokens = drawn(task)
    prompts = prompts_of(tokens)
    etas, gammas = (0.5, 1.0, 0.8), (0.02, -0.01, 0.0)
    nodes, prior = task.noise.nodes()
    queries = np.random.default_rng(3).standard_normal((PROMPTS, 5, task.dim))
    methods: dict[str, Any] = {
        "gd": GradientDescent(etas=etas),
        "gdpp": GDPlusPlus(etas=etas, gammas=gammas),
        "const_rr": ConstRR(strength=0.7),
        "bayes_rr": BayesRR(noise=task.noise),
    }
    if task.num_context > task.dim:
        methods["ada_rr"] = AdaRR()
    given = {
        "x": tokens.X.tolist(),
        "y": tokens.y.tolist(),
        "nodes": nodes.tolist(),
        "prior": prior.tolist(),
        "queries": queries.tolist(),
        "etas": etas,
        "gammas": gammas,
        "methods": list(methods),
    }
    code = """
        const { etas, gammas, nodes, prior } = given;
        const zero = (w) => [w.map(() => 0), w];
        const paths = given.x.map((rows, i) => {
          const moments = momentsOf(rows, given.y[i]);
          const eigen = spectrum(moments);
          return {
            gd: descentPath(moments, etas),
            gdpp: descentPath(moments, etas, gammas),
            const_rr: zero(ridge(eigen, 0.7)),
            ada_rr: zero(ridge(eigen, olsVariance(eigen))),
            bayes_rr: zero(bayes(eigen, nodes, prior).w),
            deviations: given.queries[i].map(bayes(eigen, nodes, prior).deviationAt),
          };
        });
        for (const name of given.methods) {
          for (let step = 0; step < paths[0][name].length; step++) {
            for (const path of paths) found.push(...path[name][step]);
          }
        }
        for (const { deviations } of paths) found.push(...deviations);
    """
    found, at = said(code, given, tmp_path), 0
    for method in methods.values():
        path = np.asarray(method.weight_path(prompts))
        assert_close(found[at : at + path.size], path)
        at += path.size
    deviations = bayes_deviation(
        spectrum(prompts.moments), nodes, prior, prompts.num_context, queries
    )
    assert_close(found[at:], np.asarray(deviations)[None])


def test_an_eigenvalue_that_is_nought_is_nought(tmp_path: Path) -> None:
    """Of three examples in five dimensions: two eigenvalues of 0, and least norm at s = 0."""
    task = TASKS["d = 5, n = 3"]
    tokens = drawn(task)
    code = """
        for (const [i, rows] of given.x.entries()) {
          const known = spectrum(momentsOf(rows, given.y[i]));
          found.push(...known.values, ...ridge(known, 0));
        }
    """
    found = said(code, {"x": tokens.X.tolist(), "y": tokens.y.tolist()}, tmp_path)
    values, w = np.split(found.reshape(PROMPTS, 2, 5), 2, axis=1)
    assert (values[:, 0, :2] == 0).all()
    least = [np.linalg.pinv(X) @ y for X, y in zip(tokens.X, tokens.y, strict=True)]
    np.testing.assert_allclose(w[:, 0], least, rtol=1e-9, atol=1e-12)
