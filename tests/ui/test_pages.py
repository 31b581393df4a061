"""Every page renders in every preset, from every link, and without what it needs."""

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from icl_core.experiments.mixed_noise.table import results
from icl_core.export.recipe import link_values
from icl_core.lessons import one_layer, several_layers, variations
from icl_core.lessons.catalog import LESSONS
from icl_core.lessons.gdpp_spectrum.measure import trained_gammas
from icl_core.lessons.shared.shipped import families
from icl_core.plots.style import METHODS
from tests.ui.conftest import APP
from ui.presets import preset_link

STATES = [
    pytest.param(page, config, id=f"{page}: {name}")
    for page, lesson in LESSONS.items()
    for name, config in lesson.presets.items()
]


def charts(app: AppTest) -> list[str]:
    """The figures on a page, as the JSON that its live charts were sent."""
    return [chart.proto.json for chart in app.get("bidi_component") if '"role"' in chart.proto.json]


@pytest.mark.parametrize(("page", "config"), STATES)
def test_page_renders_in_every_preset(open_page, page, config):
    app = open_page(page, **preset_link(config, LESSONS[page].config()))
    assert app.title[0].value
    assert app.session_state[f"{page}:config"] == config
    assert charts(app) or page == "train"
    assert not app.info or page == "noise_and_depth"


def test_home_shows_a_picture_and_every_lesson(open_page):
    app = open_page("home")
    assert len(charts(app)) == 1
    links = app.get("page_link")
    assert {link.proto.page for link in links} >= set(LESSONS)


def test_no_name_of_a_page_is_the_end_of_another():
    """Streamlit finds the address of the app by what that of a page ends in."""
    names = [*LESSONS, "home", "style"]
    assert not [
        (one, other) for one in names for other in names if other != one and other.endswith(one)
    ]


def test_the_style_page_names_every_method(open_page):
    app = open_page("style")
    assert len(charts(app)) == 2
    table = next(text.value for text in app.markdown if text.value.startswith("| method"))
    rows = [[cell.strip() for cell in line.split("|")[1:-1]] for line in table.split("\n")[2:]]
    assert [tuple(row) for row in rows] == [
        (style.label, style.about) for style in METHODS.values()
    ]


@pytest.mark.parametrize("page", LESSONS)
def test_a_link_of_every_preset_reads_back_as_its_config(page):
    default = LESSONS[page].config()
    for config in LESSONS[page].presets.values():
        values = link_values(config, default)
        values.pop("v", None)
        assert LESSONS[page].config.from_dict(default.to_dict() | values) == config


HOSTILE = ["abc", "", "-1", "1e999", "nan", "9" * 400, "<script>alert(1)</script>", "\x00", "[]"]


@pytest.mark.parametrize("page", LESSONS)
@pytest.mark.parametrize("value", HOSTILE)
def test_a_hostile_link_falls_back_with_one_sentence(open_page, page, value):
    fields = LESSONS[page].config().to_dict()
    app = open_page(page, **dict.fromkeys(fields, value))
    link, *moved = (box.value for box in app.info)
    assert "default stands in its place" in link
    # Names of what is not shipped are told where it is looked for.
    assert all("is out of reach here" in told for told in moved)
    assert len(moved) <= 2
    assert app.session_state[f"{page}:config"].to_dict().keys() == fields.keys()


@pytest.mark.parametrize("page", LESSONS)
def test_a_link_of_another_version_says_so(open_page, page):
    app = open_page(page, v="99")
    assert "another version" in app.info[0].value


@pytest.mark.parametrize("page", ["home", *LESSONS])
def test_without_shipped_models_a_page_says_one_sentence(page, tmp_path, monkeypatch):
    st.cache_data.clear()
    st.cache_resource.clear()
    for function in (families, trained_gammas):
        monkeypatch.setattr(function, "__defaults__", (tmp_path,))
    monkeypatch.setattr(results, "__defaults__", (tmp_path, None))
    for runs in (one_layer, several_layers, variations):
        monkeypatch.setattr(runs.read, "__defaults__", (tmp_path,))
    app = AppTest.from_file(APP, default_timeout=120)
    app.switch_page(f"pages/{page}.py")
    app.run()
    st.cache_data.clear()
    st.cache_resource.clear()
    assert not app.exception
    assert len(app.error) == (page not in ("construction", "gdpp_spectrum", "theory"))
    for error in app.error:
        assert "make zoo" in error.value
    assert app.title[0].value
