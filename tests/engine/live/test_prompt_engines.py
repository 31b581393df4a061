"""One prompt, The construction, The algorithm: what the page computes is what Python computes."""

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from icl_core.lessons.algorithm.config import Algorithm
from icl_core.lessons.catalog import LESSONS
from icl_core.lessons.construction.config import PRESETS
from icl_core.lessons.one_prompt.config import OnePrompt
from icl_core.lessons.one_prompt.measure import Shown, story_of
from icl_core.lessons.one_prompt.views import VIEWS
from icl_core.live import View
from icl_core.live.bundle import bundled
from icl_core.validation import Config
from tests.engine.live.test_javascript import NODE, node
from tests.engine.live.test_playground_engine import assert_same, said_by

pytestmark = pytest.mark.skipif(NODE is None, reason="no node: install Node.js 20 or newer")

PROMPTS = [
    OnePrompt(),
    OnePrompt(seed=19, layers=2, beside="diag_L8_uniform5_d10_n20"),
    OnePrompt(task="categorical1-3_d10_n20", layers=4),
    OnePrompt(task="uniform3_d1_n10", layers=6),
]
SHARES = (0.0, 0.013, 0.4, 0.77, 1.0)


@pytest.mark.parametrize("config", PROMPTS)
@pytest.mark.parametrize("name", ["noise", "weights", "steps"])
def test_one_prompt(config: OnePrompt, name: str, tmp_path: Path) -> None:
    # Without noise the posterior of sigma rests on what rounding leaves of the residuals.
    shares = SHARES[1:] if name == "noise" else SHARES
    configs = [config.replace(sigma=4 * share) for share in shares]
    shown = [Shown(story=story_of(config), iterations=None) for config in configs]  # type: ignore[arg-type]
    found = [VIEWS[name](*each) for each in zip(configs, shown, strict=True)]
    assert_same(found, tmp_path)


def views(page: str, name: str, configs: Sequence[Config]) -> list[View]:
    lesson = LESSONS[page]
    return [lesson.views[name](config, lesson.result(config)) for config in configs]


@pytest.mark.parametrize("preset", PRESETS)
@pytest.mark.parametrize("name", ["step", "matrices", "descent"])
def test_the_construction(preset: str, name: str, tmp_path: Path) -> None:
    start = PRESETS[preset]
    etas = np.linspace(0, start.eta * 1.1, 4)
    configs = [start.replace(eta=float(e), layer=i) for i, e in enumerate(etas, 2)]
    assert_same(views("construction", name, configs), tmp_path)


def test_the_gap_of_a_drag_is_rounding(tmp_path: Path) -> None:
    """Both ways are run in the page too, and are as near to one another as in Python."""
    (view,) = views("construction", "descent", [PRESETS["GD++"]])
    assert view.engine is not None
    (found,) = said_by(view.engine, [{"eta": 8.0, "layer": 0}], tmp_path)
    assert 1e-17 <= max(found["gap y"]) < 1e-13
    assert found["gd y"] != found["construction y"]


def test_modules_as_one_program_say_the_same(tmp_path: Path) -> None:
    (view,) = views("algorithm", "implicit", [Algorithm()])
    assert view.engine is not None
    state = {"sigma": 1.3, "after": 2}
    (expected,) = said_by(view.engine, [state], tmp_path)
    file = tmp_path / "packed"
    (found,) = json.loads(
        node(
            "--eval",
            f"""{bundled("sources")}
            const bytes = new Uint8Array(require('node:fs').readFileSync({str(file)!r}));
            const patches = icl_sources.sourceOf(bytes).at({json.dumps(state)}, {{}}).patches;
            const plain = (value) => value?.map ? Array.from(value, plain) : value;
            console.log(JSON.stringify([Object.fromEntries(patches.map(
              ({{ trace, field, value }}) => [`${{trace}} ${{field}}`, plain(value)]))]));""",
        )
    )
    assert found == expected


@pytest.mark.parametrize(
    "config",
    [
        Algorithm(),
        Algorithm(model="gdpp", layers=7, seed=4),
        Algorithm(task="categorical1-3_d10_n20", model="diag_H2", layers=3),
        Algorithm(task="uniform1_d1_n10", model="full", layers=6),
    ],
)
def test_the_algorithm(config: Algorithm, tmp_path: Path) -> None:
    configs = [config.replace(sigma=2 * u, after=i % 4) for i, u in enumerate(SHARES)]
    assert_same(views("algorithm", "implicit", configs), tmp_path)
