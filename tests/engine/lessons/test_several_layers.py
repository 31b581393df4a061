"""The lesson of depth shows what the shipped files hold, against exact values."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from icl_core.errors import InputError
from icl_core.experiments.several_layers.settings import ARCHITECTURES, MIXES, SCALES
from icl_core.experiments.shared import MAIN
from icl_core.lessons import several_layers as lesson
from icl_core.lessons.several_layers.config import FRAMES, LAYERS, SEEDS, SeveralLayers
from icl_core.lessons.several_layers.measure import Runs, read
from icl_core.lessons.several_layers.views import VIEWS
from tests.cases import assert_close, matrices
from tests.hostile import assert_one_sentence

CONFIG = SeveralLayers()


@pytest.fixture(scope="module")
def runs() -> Runs:
    return read()


def _curves(runs: Runs, name: str, config: SeveralLayers) -> dict[str, Any]:
    figure: Any = VIEWS[name](config, runs).figure
    return {trace.uid: trace for trace in figure.data}


def test_two_tied_layers_are_gdpp_layer_by_layer(runs: Runs) -> None:
    """(E3): every reading within 5 % of GD++'s, the last within 2 %; those of the recursion."""
    curves = _curves(runs, "layers", CONFIG)
    np.testing.assert_allclose(curves["full"].y, curves["gdpp_tuned"].y, rtol=0.05)
    assert curves["full"].y[-1] == pytest.approx(0.1103, rel=0.02)
    assert curves["gdpp_tuned"].y[-1] == pytest.approx(0.1103, rel=0.01)
    assert curves["gd"].y[-1] == pytest.approx(0.1565, rel=0.01)
    assert curves["full"].y[1] > curves["full"].y[0] > curves["full"].y[2]
    said = lesson.finding(CONFIG, runs)
    assert f"{runs['tied2'].final()[0].mean():.4f}" in said


def test_the_cosines_cross(runs: Runs) -> None:
    """With GD++ it ends at 0.99 at least; with GD it is higher before than in the end."""
    curves = _curves(runs, "cosines", CONFIG)
    assert curves["gdpp_tuned"].y[-1] > 0.99 > curves["gd"].y[-1]
    assert curves["gd"].y.max() > curves["gd"].y[-1] + 0.03
    assert (curves["gd"].y > curves["gdpp_tuned"].y)[:-1].any()


def test_weights_are_shown_beside_gdpp(runs: Runs) -> None:
    figure = VIEWS["weights"](CONFIG, runs).figure
    trained, ideal, gap = (matrices(figure, end) for end in ("trained", "GD++", "difference"))
    assert_close(trained - ideal, gap, 1e-6)
    compares, writes = ideal
    assert_close(compares, np.diag([1.0] * MAIN + [0.0]))
    assert writes[0, 0] == pytest.approx(-0.176, rel=0.01)
    assert writes[-1, -1] == pytest.approx(-1.35, rel=0.01)
    assert np.diagonal(trained[1])[:-1].mean() == pytest.approx(-0.176, rel=0.05)


def test_tied_layers_mix_and_untied_ones_do_not(runs: Runs) -> None:
    kinds: tuple[tuple[Any, bool], ...] = (("tied2", True), ("untied5", False))
    for kind, alike in kinds:
        config = SeveralLayers(kind=kind, tokens="clipped")
        curves = _curves(runs, "mixes", config)
        worst = [
            curve.y.max() / curve.y[[0, -1]].max() for uid, curve in curves.items() if "seed" in uid
        ]
        assert len(worst) == len(ARCHITECTURES[kind].seeds)
        assert (
            np.mean(np.array(worst) < 1.1) > 0.5 if alike else np.mean(np.array(worst) > 1.1) > 0.5
        )
        caption = VIEWS["mixes"](config, runs).caption
        assert ("every one" in caption) == alike
    assert (MIXES[0], MIXES[-1]) == (0, 1)


def test_clipping_makes_larger_inputs_level_off(runs: Runs) -> None:
    """(E4): at alpha = 2 the clipped curves lie far below, and they agree where nothing clips."""
    curves = _curves(runs, "scales", CONFIG)
    for name in ("gd", "gdpp", "trained"):
        free, clipped = curves[f"scales:{name}"].y, curves[f"clipped_scales:{name}"].y
        np.testing.assert_allclose(clipped[0], free[0], rtol=0.1)
        assert clipped[-1] < 0.5 * free[-1]
    assert curves["scales:gdpp"].x[-1] == SCALES[-1] == 2.0


def test_every_kind_stands_in_the_overview(runs: Runs) -> None:
    curves = _curves(runs, "depths", CONFIG)
    assert len(curves["full"].y) == sum(len(kind.seeds) for kind in ARCHITECTURES.values())
    assert (curves["gdpp_tuned"].y < curves["gd"].y).all()


@pytest.mark.parametrize("name", VIEWS)
@pytest.mark.parametrize("kind", ARCHITECTURES)
def test_views_fit_their_grids(runs: Runs, name: str, kind: Any) -> None:
    last = {"seed": ARCHITECTURES[kind].seeds[-1], "layer": ARCHITECTURES[kind].layers}
    for config in (
        SeveralLayers(kind=kind),
        SeveralLayers(kind=kind, frame=3, tokens="clipped", **last),
    ):
        assert VIEWS[name](config, runs).plain()["data"]


@pytest.mark.parametrize(
    "changes",
    [
        {"kind": "three"},
        {"seed": SEEDS},
        {"frame": FRAMES},
        {"layer": 0},
        {"layer": LAYERS + 1},
        {"tokens": "some"},
    ],
)
def test_bad_choices_are_one_sentence(changes: dict) -> None:
    with pytest.raises(InputError) as caught:
        SeveralLayers(**changes)
    assert_one_sentence(caught.value)


def test_without_files_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="zoo build") as caught:
        read(tmp_path)
    assert_one_sentence(caught.value)
