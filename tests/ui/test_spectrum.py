"""The page on the spectrum: its controls, old links, wrong ones."""

import json

import numpy as np
import pytest

from icl_core.lessons.gdpp_spectrum.config import MANY, PARTS, GdppSpectrum
from icl_core.lessons.gdpp_spectrum.measure import hessians_of
from icl_core.live.figure import readable
from tests.ui.charts import told
from tests.ui.conftest import Run

PAGE = "gdpp_spectrum"


def figures(app) -> dict[str, dict]:
    """Figures by name."""
    found = [json.loads(data["figure"]) for data in told(app)]
    return {figure["layout"]["meta"]["name"]: figure for figure in found}


def test_every_figure_is_there_and_every_gamma_on_one_slider(open_page: Run) -> None:
    found: dict[str, list[str]] = {}
    for part in PARTS:
        app = open_page(PAGE, part=part)
        for name, data in zip(figures(app), told(app), strict=True):
            found[name] = [control["name"] for control in data["controls"]]
    assert found == {
        "gdpp_spectrum": ["gamma", "layers"],
        "layers_spectrum": ["frame"],
        "layer_map": ["layer"],
        "condition_and_loss": [],
        "gdpp_conditions": ["gamma", "layers"],
        "condition_by_gamma": [],
        "condition_histogram": [],
    }


def test_an_old_link_still_opens_with_the_numbers_it_had(open_page: Run) -> None:
    app = open_page(PAGE, v="1", dim="5", num_context="100", layers="2", gamma="0.004")
    assert not app.info
    config = GdppSpectrum(dim=5, num_context=100, layers=2, gamma=0.004)
    assert app.session_state[f"{PAGE}:config"] == config
    shown = next(t for t in figures(app)["gdpp_spectrum"]["data"] if t["uid"] == "on_20_map")
    before = hessians_of(5, 100).eigenvalues[0]
    np.testing.assert_allclose(readable(shown)["x"], before)


def test_the_condition_of_the_inputs_is_asked_for_only_where_it_counts(open_page: Run) -> None:
    app = open_page(PAGE)
    key = f"{PAGE}_condition"
    assert key not in [slider.key for slider in app.select_slider]
    app = open_page(PAGE, part="gamma", inputs="stretched", condition="30")
    slider = next(slider for slider in app.select_slider if slider.key == key)
    slider.set_value(300.0).run()
    assert app.session_state[f"{PAGE}:config"].condition == 300
    assert "C = 300" in figures(app)["condition_by_gamma"]["layout"]["title"]["text"]


def test_one_prompt_or_all_and_the_best_gamma_again(open_page: Run) -> None:
    app = open_page(PAGE, part="conditions", prompt="0", gamma="0.004")
    assert app.session_state[f"{PAGE}:config"].prompt == MANY
    uids = [trace["uid"] for trace in figures(app)["gdpp_conditions"]["data"]]
    assert any(uid.startswith("after_3a_low") for uid in uids)
    app.button(key="best_gamma").click().run()
    assert not app.exception
    assert app.session_state[f"{PAGE}:config"].gamma is None


def test_a_trained_model_is_chosen_among_those_of_its_task(open_page: Run) -> None:
    app = open_page(PAGE, task="categorical1-3_d10_n20", model="diag_H2", depth="2", draw="0")
    assert not app.info
    assert any("DIAG, 2 heads, L = 2" in said.value for said in app.markdown)
    app.selectbox(key=f"{PAGE}_model").set_value("full").run()
    assert not app.exception
    config = app.session_state[f"{PAGE}:config"]
    assert (config.model, config.depth, config.draw) == ("full", 2, 0)
    assert "FULL, L = 2" in figures(app)["layers_spectrum"]["layout"]["title"]["text"]


def test_what_a_shallower_model_lacks_moves_and_is_told(open_page: Run) -> None:
    app = open_page(PAGE, part="steps", depth="2", layer="4", frame="900")
    config = app.session_state[f"{PAGE}:config"]
    assert config.layer == 2
    assert config.frame is not None
    assert config.frame < 100
    (said,) = app.info
    assert "The layer" in said.value
    assert "The snapshot" in said.value


def test_an_unknown_model_falls_back_to_one_there_is(open_page: Run) -> None:
    app = open_page(PAGE, model="diag_H9", depth="8")
    config = app.session_state[f"{PAGE}:config"]
    assert (config.model, config.depth) == ("diag", 8)
    assert "No model is called" in app.info[0].value


@pytest.mark.parametrize(
    "link",
    [
        {"inputs": "<script>"},
        {"inputs": "uniform:1"},
        {"condition": "0.5"},
        {"condition": "inf"},
        {"prompt": "1001"},
        {"prompt": "1.5"},
        {"gamma": "-1e9"},
        {"layers": "5", "inputs": "uniform"},
        {"depth": "99"},
        {"draw": "33"},
        {"layer": "0"},
        {"frame": "-1"},
    ],
)
def test_a_wrong_value_falls_back_alone(open_page: Run, link: dict[str, str]) -> None:
    app = open_page(PAGE, v="1", num_context="50", **link)
    assert len(app.info) == 1
    config = app.session_state[f"{PAGE}:config"]
    assert config.num_context == 50
    bad = next(iter(link))
    assert getattr(config, bad) == getattr(GdppSpectrum(), bad)
