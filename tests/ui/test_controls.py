"""Controls change what is shown, follow links, and never recompile."""

import json

import pytest

from icl_core.lessons.gdpp_spectrum import config as spectrum
from icl_core.lessons.noise_and_depth.config import CONTEXTS, NoiseAndDepth
from icl_core.lessons.train.config import Train
from ui.live.chart import told_of


def figure(app, key: str) -> dict:
    """The figure that a chart was sent."""
    for chart in app.get("bidi_component"):
        sent = told_of(chart.proto.bytes)
        if sent is not None and chart.proto.id.endswith(key):
            return json.loads(sent["figure"])
    raise AssertionError(f"no chart {key}")


def widget(app, kind: str, key: str):
    return next(found for found in app.get(kind) if found.key == key)


def move(app, page: str, field: str, value) -> None:
    """What a live chart's release does: the callback has written the session state."""
    app.session_state[f"{page}_{field}"] = value
    app.run()
    assert not app.exception
    assert [error.value for error in app.error] == []


def test_the_finding_follows_the_depth(open_page):
    app = open_page("noise_and_depth")
    deep = app.markdown
    said = [text.value for text in deep if "the Bayes floor (" in text.value]
    move(app, "noise_and_depth", "layers", 1)
    now = [text.value for text in app.markdown if "the Bayes floor (" in text.value]
    assert len(said) == len(now) == 1
    assert said != now
    assert "With 1 layer," in now[0]


def test_a_moved_control_stands_in_the_link_and_the_default_does_not(open_page):
    app = open_page("noise_and_depth")
    assert dict(app.query_params) == {}
    move(app, "noise_and_depth", "sigma", 2.5)
    assert app.query_params["sigma"] == "2.5"
    assert app.query_params["v"] == "1"
    move(app, "noise_and_depth", "sigma", NoiseAndDepth().sigma)
    assert dict(app.query_params) == {}


def test_a_link_opened_later_replaces_what_the_widgets_hold(open_page):
    app = open_page("weights", layers="2", v="1")
    assert app.session_state["weights_layers"] == 2
    app.query_params["layers"] = "3"
    app.run()
    assert app.session_state["weights_layers"] == 3


def test_a_control_that_disappears_takes_no_other_choice_with_it(open_page):
    app = open_page("train", v="1", noise="categorical", sigmas="1, 2")
    move(app, "train", "noise", "uniform")
    widget(app, "button_group", "train_heads").set_value(3)
    app.run()
    assert app.session_state["train:config"].heads == 3
    assert app.session_state["train:config"].sigmas == "1, 2"
    app.query_params.clear()
    app.run()
    assert app.session_state["train:config"] == Train()


def test_a_page_left_and_opened_again_holds_what_it_held(open_page):
    app = open_page("weights")
    move(app, "weights", "layers", 2)
    app.switch_page("pages/home.py").run()
    app.query_params.clear()
    app.switch_page("pages/weights.py").run()
    assert app.session_state["weights:config"].layers == 2


def test_values_of_another_task_move_to_the_nearest(open_page):
    app = open_page("noise_and_depth", v="1", task="uniform1_d1_n10", sigma="5", layers="9")
    config = app.session_state["noise_and_depth:config"]
    assert config.sigma == 2.0
    assert config.layers == 6


def test_a_shifted_context_is_called_a_shift(open_page):
    app = open_page("noise_and_depth", v="1", num_context="40")
    assert len(app.info) == 1
    assert "shift" in app.info[0].value.lower()


def test_wrong_levels_of_noise_are_one_sentence(open_page):
    app = open_page("train", v="1", noise="categorical")
    app.session_state["train_sigmas"] = "1, many"
    app.run()
    assert not app.exception
    assert len(app.error) == 1
    assert "many" in app.error[0].value


SWEEPS = [
    ("noise_and_depth", "layers", [1, 2, 3, 4]),
    ("noise_and_depth", "sigma", [0.0, 0.125, 3.3, 6.0]),
    ("noise_and_depth", "statistic", ["median", "mean"]),
    ("noise_and_depth", "models", [["diag"], ["gdpp", "full"]]),
    ("noise_and_depth", "num_context", [n for n in CONTEXTS if n not in (20, 60)]),
    ("weights", "layers", [1, 2, 3, 4]),
    ("weights", "parametrization", ["gdpp", "diag", "full"]),
    ("weights", "coordinates", ["raw", "normalised"]),
    ("weights", "snapshot", [0, 7, None]),
    ("gdpp_spectrum", "dim", list(spectrum.DIMENSIONS)),
    ("gdpp_spectrum", "num_context", list(spectrum.CONTEXTS)),
    ("gdpp_spectrum", "inputs", list(spectrum.INPUTS)),
    ("gdpp_spectrum", "prompt", list(spectrum.EIGENVALUES)),
    ("gdpp_spectrum", "gamma", [0.0, 0.004, 0.02]),
    ("gdpp_spectrum", "layers", [1, 2, 3, 4]),
]


@pytest.mark.slow
@pytest.mark.parametrize(("page", "field", "values"), SWEEPS)
def test_no_control_compiles_anything(open_page, compilations, page, field, values):
    app = open_page(page)
    for value in values:
        move(app, page, field, value)
    assert compilations == []
