"""Links as they arrive: bent by mail programs, with names of nothing, with misfits."""

import pytest

from icl_core.export.recipe import link_values, to_text
from icl_core.lessons.catalog import LESSONS
from icl_core.lessons.weights.config import Weights


def said(app) -> str:
    return " ".join(info.value for info in app.info).replace("\\", "")


@pytest.mark.parametrize("prefix", ["amp;", "amp;amp;"])
def test_an_ampersand_written_as_html_is_mended(open_page, prefix):
    app = open_page("weights", v="1", **{f"{prefix}layers": "2", f"{prefix}coordinates": "raw"})
    config = app.session_state["weights:config"]
    assert (config.layers, config.coordinates) == (2, "raw")
    assert set(app.query_params) == {"v", "layers", "coordinates"}
    assert said(app) == ""


def test_a_name_of_nothing_is_told(open_page):
    app = open_page("weights", v="1", layer_count="2", Layers="3", utm_source="mail")
    assert app.session_state["weights:config"] == Weights()
    assert "This page has no choice called 'Layers': did you mean layers?" in said(app)
    assert "There are 2 such things" in said(app)
    app = open_page("gdpp_spectrum", zebra="1")
    assert "no choice called 'zebra': nothing is changed by it." in said(app)


def test_names_that_others_hang_on_a_link_are_left_alone(open_page):
    app = open_page("weights", v="1", layers="2", utm_source="mail", fbclid="x")
    assert app.session_state["weights:config"].layers == 2
    assert said(app) == ""


@pytest.mark.parametrize(
    ("page", "link", "words"),
    [
        (
            "weights",
            {"task": "uniform9_d10_n20"},
            ["**uniform9_d10_n20** is out of reach here, so "],
        ),
        (
            "noise_and_depth",
            {"task": "uniform1_d1_n10", "sigma": "5", "layers": "9"},
            [
                "**9** is out of reach here, so **6** stands",
                "**5** is out of reach here, so **2** stands",
            ],
        ),
    ],
)
def test_a_value_that_does_not_fit_the_others_is_told(open_page, page, link, words):
    app = open_page(page, v="1", **link)
    assert all(part in said(app) for part in words)
    app.run()
    assert "out of reach" not in said(app)


@pytest.mark.slow
@pytest.mark.parametrize("page", [page for page in LESSONS if page != "train"])
def test_links_of_our_own_move_nothing(open_page, page):
    default = LESSONS[page].config()
    for config in LESSONS[page].presets.values():
        app = open_page(page, **{"v": "1"} | link_values(config, default))
        assert "out of reach" not in said(app)
        assert app.session_state[f"{page}:config"] == config


@pytest.mark.parametrize("value", [0.1 + 0.2, 1 / 3, 1e-5, 2.0, 5e-324, -1e22])
def test_a_number_in_a_link_is_read_as_the_same_number(value):
    assert float(to_text(value)) == value
