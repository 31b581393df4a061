"""The playground's engine: every trace, number and sentence that it says is the server's."""

import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from icl_core.lessons import playground as lesson
from icl_core.lessons.playground.config import HIGHEST, STEPS, TASKS, Playground, X, Y
from icl_core.lessons.playground.plane_view import plane_view
from icl_core.lessons.playground.views import line_view
from icl_core.lessons.shared.points import format_points
from icl_core.lessons.shared.words import fill
from icl_core.live import Engine, View
from icl_core.live.grid import safe_uid
from icl_core.live.message import FRONTEND, message
from icl_core.live.points import rounded
from tests.engine.live.test_javascript import NODE, evaluated, node

pytestmark = pytest.mark.skipif(NODE is None, reason="no node: install Node.js 20 or newer")


def said_by(engine: Engine, states: list[dict[str, Any]], folder: Path) -> list[dict[str, Any]]:
    """What frontend/ says of every state of the controls: values by trace and field."""
    (folder / "packed").write_bytes(engine.packed)
    code = f"""
        import fs from 'node:fs';
        import {{ sourceOf }} from {(FRONTEND / "sources.mjs").as_uri()!r};
        const source = sourceOf(new Uint8Array(fs.readFileSync({str(folder / "packed")!r})));
        const said = (values) => Object.fromEntries(source.at(values, {{}}).patches.map(
          ({{ trace, field, value }}) =>
            [`${{trace}} ${{field}}`, plain(value)]));
        const plain = (value) => value?.map ? Array.from(value, plain) : value;
        console.log(JSON.stringify({json.dumps(states)}.map(said)));
    """
    return json.loads(node("--input-type=module", "--eval", code))


def some_configs(**choices: Any) -> list[Playground]:
    rng, found = np.random.default_rng(6), []
    for n in rng.integers(1, 21, 50):
        points = rounded(rng.uniform((X[0], Y[0]), (X[1], Y[1]), (n, 2)))
        config = Playground(
            prompt=format_points(points),
            query=round(float(rng.uniform(*X)), 3),
            guess=round(float(rng.uniform(*Y)), 3),
            sigma=float(rng.uniform(0, HIGHEST)),
            layer=int(rng.integers(0, 7)),
            revealed=bool(rng.random() < 0.9),
            **choices,
        )
        found.append(config)
    return found


@pytest.mark.parametrize(
    ("task", "model", "layers"),
    [(task, *shape) for task in TASKS for shape in (("full", 6), ("diag", 3), ("gdpp", 1))],
)
def test_a_browser_says_what_the_server_says(
    task: str, model: str, layers: int, tmp_path: Path
) -> None:
    """To 1e-10 of all that is drawn, and word by word, at 50 states of everything that moves."""
    configs = some_configs(task=task, model=model, layers=layers)
    known = lesson.measure(configs[0])
    assert_same([line_view(config, known) for config in configs], tmp_path)


def assert_same(views: list[View], folder: Path) -> None:
    """What the engine says is all of what the views show, for the values of their controls."""
    states = [message(view)["values"] for view in views]
    engine = views[0].engine
    assert engine is not None
    assert {engine.digest} == {view.engine.digest for view in views if view.engine}
    for view, found in zip(views, said_by(engine, states, folder), strict=True):
        data: Any = view.figure.data
        for trace in data:
            for field in ("x", "y", "z"):
                if (values := found.pop(f"{safe_uid(trace.uid)} {field}", None)) is not None:
                    close(values, getattr(trace, field))
        for readout in view.readouts:
            close([found.pop(f"readout {readout.name}")], [readout.value])
        layout = view.figure.to_dict()["layout"]
        for name in [name for name in found if name.startswith("layout ")]:
            close(found.pop(name), part_of(layout, name.removeprefix("layout ")))
        assert ROUNDING.sub("", found.pop("said text", "")) == ROUNDING.sub("", view.said)
        assert not found


ROUNDING = re.compile(r"\d·10⁻¹[⁰¹²³⁴⁵⁶⁷⁸⁹]")
"""Differs with the order of sums."""


def part_of(layout: Any, path: str) -> Any:
    """What stands in a layout at "shapes[0].x0"."""
    for name in path.replace("[", ".").replace("]", "").split("."):
        layout = layout[int(name) if name.isdigit() else name]
    return layout


def test_two_inputs_too(tmp_path: Path) -> None:
    rng = np.random.default_rng(2)
    configs = [
        Playground(
            dim=2,
            inputs=format_points(rounded(rng.uniform(*X, (n, 2)))),
            eta=float(rng.uniform(0.1, 2.2)),
            gamma=float(rng.uniform(0, 0.6)),
            step=int(rng.integers(0, STEPS + 1)),
        )
        for n in rng.integers(2, 21, 50)
    ]
    known = lesson.measure(configs[0])
    assert_same([plane_view(config, known) for config in configs], tmp_path)


def close(found: Any, expected: Any) -> None:
    np.testing.assert_allclose(
        np.array(found, float), np.array(expected, float), rtol=1e-10, atol=1e-10
    )


def test_both_languages_fill_a_sentence_alike() -> None:
    template = "{a:.2f}, {b:.1f} and {c:d}; **{d:.2f}** {e:.2f} {f:.2f}"
    values = {"a": -1.005, "b": 2.25, "c": 3, "d": float("nan"), "e": 1e9, "f": -0.0012}
    given = json.dumps(values)
    (said,) = evaluated(f"[said.fill({json.dumps(template)}, {given})]", "said.mjs")
    assert said == fill(template, values)
    assert re.search(r"−1\.0[01]", said)
    assert "–" in said
    assert fill("{a:.2f} {b:.2f}", {"a": float("inf"), "b": float("-inf")}) == "∞ −∞"
