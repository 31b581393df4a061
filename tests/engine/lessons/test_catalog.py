"""What holds for every lesson of the catalog."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from icl_core.errors import InputError
from icl_core.lessons.catalog import LESSONS, page_of, result
from icl_core.lessons.gdpp_spectrum.config import GdppSpectrum
from icl_core.lessons.noise_and_depth.config import NoiseAndDepth
from icl_core.lessons.one_layer.config import PARTS, OneLayer
from icl_core.lessons.paper_figures.config import PaperFigures
from icl_core.lessons.paths import PATHS
from icl_core.lessons.several_layers.config import SeveralLayers
from icl_core.lessons.shared.shipped import families, relatives
from icl_core.lessons.weights.config import Weights
from icl_core.validation import Config, within_reach
from icl_core.zoo.library import read_manifest, write_manifest
from tests.hostile import assert_one_sentence

MISFITS = [
    ("several_layers", "layers", SeveralLayers(kind="blocks12", seed=4)),
    ("several_layers", "weights", SeveralLayers(kind="untied5", seed=4)),
    ("weights", "heatmaps", Weights(layers=2, layer=3)),
]


@pytest.mark.parametrize("task", families())
@pytest.mark.parametrize("lesson", ["noise_and_depth", "one_prompt", "weights", "algorithm"])
def test_defaults_are_within_reach_for_every_task(lesson: str, task: str) -> None:
    found = LESSONS[lesson]
    sigma = {"sigma": 1.0} if lesson == "one_prompt" else {}  # the most there is without noise
    config = found.config(task=task, layers=1, **sigma)  # type: ignore[call-arg]
    within_reach(config, found.reach(config, found.measure(config)))


def test_a_changed_list_of_models_is_seen_at_once_and_read_no_sooner(tmp_path: Path) -> None:
    write_manifest(read_manifest(), tmp_path)
    found = families(tmp_path), relatives("uniform5_d10_n20", tmp_path)
    assert families(tmp_path) is found[0]
    assert relatives("uniform5_d10_n20", tmp_path) is found[1]
    left = [entry for entry in read_manifest() if entry.task.dim == 10]
    write_manifest(tuple(left), tmp_path)
    assert [name for name in found[0] if name not in families(tmp_path)] == [
        "uniform3_d1_n10",
        "uniform1_d1_n10",
    ]
    (tmp_path / "manifest.json").unlink()
    with pytest.raises(InputError, match="no shipped models"):
        families(tmp_path)


@pytest.mark.parametrize(("lesson", "view", "config"), MISFITS)
def test_a_file_shows_no_other_choice_than_the_one_asked_for(
    lesson: str, view: str, config: Config
) -> None:
    with pytest.raises(InputError, match="out of reach") as caught:
        LESSONS[lesson].view(view, config)
    assert_one_sentence(caught.value)


@pytest.mark.parametrize("page", LESSONS)
def test_a_row_is_complete(page: str) -> None:
    lesson = LESSONS[page]
    assert lesson.default == lesson.config()
    assert page_of(lesson.default) == page
    assert lesson.about[-1] in ".?"
    assert lesson.names
    for config in lesson.presets.values():
        assert set(lesson.shown(config)) <= set(lesson.views)


@pytest.mark.parametrize(
    "page", [page for page, lesson in LESSONS.items() if hasattr(lesson.face, "PARTS")]
)
def test_a_view_stands_once_on_a_page(page: str) -> None:
    lesson = LESSONS[page]
    for part in lesson.face.PARTS.values():
        shown = lesson.first + part.views
        assert set(shown) <= lesson.views.keys()
        assert len(set(shown)) == len(shown)
    for config in lesson.presets.values():
        named = {getattr(state, lesson.part) for state in (lesson.default, config)}
        assert named <= lesson.parts_of(config).keys()


@pytest.mark.slow
@pytest.mark.parametrize("page", [page for page in LESSONS if page != "train"])
def test_results_follow_from_the_choices_that_a_row_says_are_read(page: str) -> None:
    lesson = LESSONS[page]
    for config in lesson.presets.values():
        found, alone = lesson.result(config), lesson.measure(config)
        for name in lesson.shown(config):
            view = lesson.views[name]
            np.testing.assert_equal(view(config, found).plain(), view(config, alone).plain())
        assert lesson.finding(config, found) == lesson.finding(config, alone)
        assert result(config) is found


@pytest.mark.parametrize(
    ("config", "idle", "read"),
    [
        (NoiseAndDepth(), {"layers": 2, "sigma": 3.0}, {"task": "uniform3_d1_n10"}),
        (NoiseAndDepth(dim=5), {"sigma": 3.0}, {"layers": 2}),
        (GdppSpectrum(), {"condition": 3.0, "gamma": 0.01}, {"inputs": "stretched"}),
        (PaperFigures(), {"layers": 2, "published": False}, {"exhibit": "3"}),
        (PaperFigures(exhibit="7"), {"published": False}, {"layers": 2}),
        (Weights(), {"layer": 2, "study": "parts"}, {"layers": 2}),
    ],
)
def test_a_result_is_shared_by_all_states_that_it_serves(
    config: Config, idle: dict[str, Any], read: dict[str, Any]
) -> None:
    assert result(config) is result(config.replace(**idle))
    assert result(config) is not result(config.replace(**read))


def test_states_are_prepared_from_the_default_on() -> None:
    lesson = LESSONS["one_layer"]
    shown = [("weights", *PARTS[config.part].views) for config in lesson.presets.values()]
    assert list(lesson.states()) == list(zip(lesson.presets.values(), shown, strict=True))
    more = (OneLayer(seed=3), ("shift",))
    assert list(replace(lesson, prepare=lambda: [more]).states())[-1] == more
    assert list(LESSONS["train"].states()) == [], "a training is started by a button"
    assert next(LESSONS["weights"].states()) == (Weights(), ("heatmaps", "theory", "omegas"))


@pytest.mark.parametrize("name", PATHS)
def test_every_stop_of_a_path_is_a_named_state(name: str) -> None:
    for stop in PATHS[name]:
        assert stop.preset in LESSONS[stop.page].presets
    assert len(set(PATHS[name])) == len(PATHS[name]) >= 4
