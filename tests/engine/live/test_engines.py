"""Engines: what a browser computes is what Python computes, and what does not fit is refused."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from icl_core.algorithms.kernel import KernelDescent
from icl_core.errors import InputError
from icl_core.lessons.sine.measure import answers_at, weighed
from icl_core.lessons.sine.prompt import engine_of
from icl_core.live import Carried, Engine, Points, Slider, Switch, View
from icl_core.live.message import FRONTEND
from icl_core.models.features import FeatureModel, FeatureTransformer
from icl_core.plots.drawing import Drawing
from icl_core.tasks.sine import SineTask
from tests.engine.live.test_javascript import NODE, node

SHAPES = {
    "transformer": FeatureModel(width=12, num_layers=3, num_heads=2),
    "control": FeatureModel(width=10, widening=2, frozen=True, num_layers=2, eta=0.4),
}
QUERIES = np.linspace(-5, 5, 100)
STEP = KernelDescent(etas=(2.5,), length=0.7)


def some_models() -> dict[str, FeatureTransformer]:
    rng, found = np.random.default_rng(4), {}
    for name, shape in SHAPES.items():
        shapes = FeatureTransformer.shapes(shape.to_dict(), SineTask())
        tensors = {key: 0.15 * rng.standard_normal(size) for key, size in shapes.items()}
        found[name] = FeatureTransformer(parameters=tensors, shape=shape)
    return found


def said_by(engine: Engine, prompts: list[Any], folder: Path) -> list[dict[str, Any]]:
    """What frontend/ says of every prompt (points and query): values by trace and field."""
    (folder / "packed").write_bytes(engine.packed)
    code = f"""
        import fs from 'node:fs';
        import {{ sourceOf }} from {(FRONTEND / "sources.mjs").as_uri()!r};
        const source = sourceOf(new Uint8Array(fs.readFileSync({str(folder / "packed")!r})));
        const said = ([points, query]) => Object.fromEntries(
          source.at({{ points, query }}, {{}}).patches.map(
            ({{ trace, field, value }}) =>
              [`${{trace}} ${{field}}`, value.length ? [...value] : value]));
        console.log(JSON.stringify({json.dumps(prompts)}.map(said)));
    """
    return json.loads(node("--input-type=module", "--eval", code))


@pytest.mark.skipif(NODE is None, reason="no node: install Node.js 20 or newer")
def test_a_browser_answers_as_the_models_do(tmp_path: Path) -> None:
    """To 1e-10, on 100 prompts of 1 to 20 points: curves, answers at a query, what points add."""
    rng, models = np.random.default_rng(5), some_models()
    sizes = rng.integers(1, 21, 100)
    prompts = [
        (rng.uniform((-5, -1), (5, 1), (n, 2)).round(3).tolist(), float(rng.uniform(-5, 5)))
        for n in sizes
    ]
    engine = engine_of(models, STEP, QUERIES, chosen="transformer")
    for (points, query), found in zip(prompts, said_by(engine, prompts, tmp_path), strict=True):
        at = np.array([query])
        for name, model in models.items():
            for layer, curve in enumerate(answers_at(model, points, QUERIES)):
                close(found[f"{name}-{layer} y"], curve)
            for layer, (value,) in enumerate(answers_at(model, points, at)):
                close(found[f"readout {name}-{layer}"], value)
            close(found[f"{name}-adds y"], weighed(model, points, at)[:, 0])
        close(found["kernel y"], answers_at(STEP, points, QUERIES)[-1])
        close(found["readout kernel"], answers_at(STEP, points, at)[-1, 0])
        assert np.transpose([found["points x"], found["points y"]]).tolist() == points
        assert found["at x"] == [query, query]
        tops = found["stems y"]
        assert tops[1::3] == found["transformer-adds y"]
        assert set(tops[::3]) == {0}
        assert set(tops[2::3]) == {None}


def close(found: Any, expected: Any) -> None:
    np.testing.assert_allclose(found, expected, rtol=1e-10, atol=1e-10)


def engine(**changes: Any) -> Engine:
    known: dict[str, Any] = {"name": "features", "reads": ("points",), "constants": {}}
    return Engine(**known | changes)


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"name": "eval"}, "There is no engine 'eval'"),
        ({"constants": {"x": np.zeros((2, 2, 2))}}, "up to two axes"),
        ({"constants": {"x": [np.array([np.nan])]}}, "finite numbers"),
        ({"constants": {"x": np.zeros(500_001)}}, "500,001 numbers"),
    ],
)
def test_engines_that_do_not_fit_are_refused(changes: dict, says: str) -> None:
    with pytest.raises(InputError, match=says):
        engine(**changes).packed  # noqa: B018


def test_an_engine_reads_controls_of_its_chart_and_stands_in_the_place_of_a_grid() -> None:
    figure = Drawing(name="n", title="t", alt="a").figure()
    points = Points("points", "Points", value=((0.0, 1.0),), x=(-1, 1), y=(-1, 1))
    view = View(figure=figure, controls=[points], engine=engine())
    assert view.source is view.engine
    assert view.plain()
    with pytest.raises(InputError, match="reads 'query'"):
        View(figure=figure, controls=[points], engine=engine(reads=("query",))).plain()
    with pytest.raises(InputError, match="not both"):
        View(figure=figure, engine=engine(), grid=object())  # type: ignore[arg-type]


POINTS = Points("points", "Points", value=((0.0, 0.5), (1.0, -0.5)), x=(-2, 2), y=(-1, 1))


@pytest.mark.parametrize(
    "value",
    [None, 3, "0 0", [], [[0, 0]] * 21, [[0]], [[0, 0, 0]], [[3, 0]], [[0, -1.1]], [[0, None]],
     [[True, 0]], [[float("nan"), 0]], [[float("inf"), 0]], [["0", "0"]], {"0": [0, 0]}],
)  # fmt: skip
def test_points_that_do_not_fit_are_not_admitted(value: Any) -> None:
    assert POINTS.admitted(value) is None


def test_points_are_admitted_with_the_digits_that_are_sent() -> None:
    assert POINTS.admitted([[1, 0.12345], [-0.0001, 1]]) == ((1.0, 0.123), (0.0, 1.0))


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"value": ()}, "expected 1 to 20 pairs"),
        ({"value": ((5.0, 0.0),)}, "x from -2 to 2"),
        ({"x": (2, -2)}, "increasing ends"),
        ({"y": (0, float("inf"))}, "increasing ends"),
    ],
)
def test_impossible_points_are_refused(changes: dict, says: str) -> None:
    known: dict[str, Any] = {"value": POINTS.value, "x": (-2, 2), "y": (-1, 1)}
    with pytest.raises(InputError, match=says):
        Points("points", "Points", **known | changes)


def test_the_pointer_moves_a_control_that_there_is() -> None:
    figure = Drawing(name="n", title="t", alt="a").figure()
    hovering = Points("points", "P", value=((0.0, 0.0),), x=(-1, 1), y=(-1, 1), hover="query")
    query = Slider("query", "x", -1, 1, step=0.1, value=0)
    assert View(figure=figure, controls=[hovering, query]).plain()
    with pytest.raises(InputError, match="moves 'query'"):
        View(figure=figure, controls=[hovering]).plain()
    two = [POINTS, replace(POINTS, name="more")]
    with pytest.raises(InputError, match="one set of points"):
        View(figure=figure, controls=two).plain()
    single = replace(POINTS, name="guess", value=((0.0, 0.0),), most=1)
    assert View(figure=figure, controls=[POINTS, single]).plain()
    assert single.admitted([[0, 0.5]]) == ((0.0, 0.5),)
    assert single.admitted([[0, 0.5], [1, 0.5]]) is None


def test_a_slider_carries_points_that_there_are() -> None:
    figure = Drawing(name="n", title="t", alt="a").figure()
    slider = Slider(
        "sigma", "s", 0, 1, step=0.1, value=0, carries=Carried(points="points", by=(1.0, -1.0))
    )
    assert View(figure=figure, controls=[POINTS, slider]).plain()
    assert slider.sent()["carries"] == {"points": "points", "by": (1.0, -1.0)}
    with pytest.raises(InputError, match="carries 'points'"):
        View(figure=figure, controls=[slider]).plain()


@pytest.mark.parametrize("value", [None, 0, 1, "true", [True]])
def test_a_switch_admits_true_and_false(value: Any) -> None:
    switch = Switch("shown", "Show", "Hide")
    assert switch.admitted(value) is None
    assert switch.admitted(True) is True
    assert switch.admitted(False) is False
