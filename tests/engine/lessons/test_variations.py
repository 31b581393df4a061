"""The lesson on trainings that struggle shows what the shipped runs hold."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from icl_core.errors import InputError
from icl_core.experiments.variations.results import Trainings, load_trainings
from icl_core.experiments.variations.settings import EVERY, SCALES, VARIANTS
from icl_core.lessons import variations as lesson
from icl_core.lessons.shared.words import plus_minus
from icl_core.lessons.variations.config import FRAMES, LABELS, PRESETS, STORIES, Variations
from icl_core.lessons.variations.views import VIEWS, shift_curves
from icl_core.plots.figure import tidy_rows
from icl_core.plots.lines import PLAIN
from tests.cases import assert_close
from tests.hostile import assert_one_sentence


@pytest.fixture(scope="module")
def found() -> Trainings:
    return load_trainings(LABELS)


def test_every_variant_has_a_story_and_a_name() -> None:
    assert sorted(LABELS) == sorted(sum(STORIES.values(), ()))
    assert LABELS.keys() < VARIANTS.keys()
    for variant, story in (("heads2", "plateau"), ("fixed512", "fixed"), ("norm1", "norm")):
        assert Variations(variant=variant).story == story


@pytest.mark.parametrize("variant", LABELS)
def test_lines_are_the_losses_and_the_dot_is_on_its_line(found: Trainings, variant: str) -> None:
    config = Variations(variant=variant, seed=1, frame=7)
    view = VIEWS["losses"](config, found)
    course, movie = found.courses[variant], found.movies[variant][1]
    rows = tidy_rows(view.figure)
    for seed in range(VARIANTS[variant].seeds):
        name = "seed 1, new prompts" if seed == 1 else f"seed {seed}"
        assert_close([r[PLAIN] for r in rows if r["series"] == name], course.loss.mean[seed])
    figure: Any = view.figure
    dot = next(trace for trace in figure.data if trace.uid == "now")
    assert (dot.x[0], dot.y[0]) == (movie.steps[7] + 1, course.loss.mean[1, 7 * EVERY])
    assert movie.steps[7] == course.steps[1, 7 * EVERY]
    trained_on = [r for r in rows if r["series"] == "training prompts"]
    assert bool(trained_on) == bool(VARIANTS[variant].trainee.tasks)


@pytest.mark.parametrize(("variant", "panels"), [("heads1", 2), ("heads2", 4), ("norm2", 4)])
def test_weights_are_shown_by_layer_and_head(found: Trainings, variant: str, panels: int) -> None:
    figure: Any = VIEWS["weights"](Variations(variant=variant, seed=2), found).figure
    maps = [trace for trace in figure.data if trace.type == "heatmap"]
    assert len(maps) == panels
    movie = found.movies[variant][2]
    assert_close(np.asarray(maps[0].z, float), movie.Q[-1, 0, 0])
    assert_close(np.asarray(maps[-1].z, float), movie.P[-1, -1, -1])


def test_findings_hold_their_numbers(found: Trainings) -> None:
    one, two = (found.plateaus(name) for name in ("heads1", "heads2"))
    said = lesson.finding(Variations(), found)
    assert f"**{two.min():,.0f}** to **{two.max():,.0f}**" in said
    assert f"between **{one.min():,.0f}**" in said
    said = lesson.finding(Variations(variant="fixed512"), found)
    ends = found.losses("fixed512")[:, -1]
    assert f"**512** prompts: {plus_minus(ends.mean(), ends.std(ddof=1))}" in said
    for variant in ("norm1", "norm2"):
        said = lesson.finding(Variations(variant=variant), found)
        assert f"**{', '.join(f'{end:.3f}' for end in found.losses(variant)[:, -1])}**" in said
    assert "8,192" in lesson.finding(Variations(variant="grok"), found)


def test_plateaus_are_points_of_every_seed(found: Trainings) -> None:
    """Runs that never arrive stand at the end of training, open."""
    figure: Any = VIEWS["ends"](Variations(), found).figure
    points, key = figure.data
    assert key.marker.symbol.endswith("open")
    assert key.showlegend is not False
    expected = np.concatenate([found.plateaus(name) for name in STORIES["plateau"]])
    missed = ~np.isfinite(expected)
    steps = VARIANTS["heads1"].run.steps
    assert_close(points.y, np.where(missed, steps, expected))
    assert [symbol.endswith("open") for symbol in points.marker.symbol] == list(missed)


def test_fixed_prompts_are_compared_at_the_end(found: Trainings) -> None:
    figure: Any = VIEWS["ends"](Variations(variant="fixed128"), found).figure
    level, new, seen = figure.data
    assert level.y[0] == found.loss_of("gd1")
    assert_close(new.y[:3], found.losses("fixed128")[:, -1])
    assert_close(seen.y[-3:], found.train_losses("fixed8192")[:, -1])


def test_shifted_losses_stand_beside_descent(found: Trainings) -> None:
    gd, gdpp, mine = shift_curves(Variations(variant="norm2", seed=1), found, FRAMES - 1)
    assert (gd.method, gdpp.method) == ("gd", "gdpp_tuned")
    assert_close(mine.x, SCALES)
    assert_close(mine.y, found.courses["norm2"].shift.mean[1, -1])
    assert_close(gd.y, found.algorithms.gd2.shift.mean)


@pytest.mark.parametrize("name", VIEWS)
@pytest.mark.parametrize("variant", LABELS)
def test_views_fit_their_grids(found: Trainings, name: str, variant: str) -> None:
    for frame in (0, FRAMES - 1):
        assert VIEWS[name](Variations(variant=variant, frame=frame), found).plain()["data"]


@pytest.mark.parametrize(
    "changes",
    [{"variant": "none"}, {"seed": 10}, {"variant": "norm1", "seed": 3}, {"frame": FRAMES}],
)
def test_bad_choices_are_one_sentence(changes: dict) -> None:
    with pytest.raises(InputError) as caught:
        Variations(**changes)
    assert_one_sentence(caught.value)


def test_without_files_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"variations_.*zoo build") as caught:
        load_trainings(LABELS, tmp_path)
    assert_one_sentence(caught.value)
    assert len(PRESETS) >= 4
