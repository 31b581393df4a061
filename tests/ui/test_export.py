"""The export menu, and that what it exports makes the same figure again."""

from contextlib import contextmanager

import pytest
import streamlit as st

from icl_core.errors import InputError
from icl_core.export.formats import FORMATS, Format, Source
from icl_core.export.images import NO_CHROMIUM
from icl_core.export.recipe import config_json, parse_config
from icl_core.export.table import to_csv
from icl_core.lessons import train as training
from icl_core.lessons.catalog import LESSONS
from icl_core.lessons.train.config import Train
from icl_core.live.message import message
from ui.export_row import OFFERED, app_address, building
from ui.job import Job
from ui.jobs import trainings

STATES = [
    pytest.param("gdpp_spectrum", {"v": "1", "dim": "5", "layers": "3", "gamma": "0.01"}, id="γ"),
    pytest.param("noise_and_depth", {"v": "1", "layers": "2", "sigma": "2.5"}, id="noise"),
    pytest.param("noise_and_depth", {"v": "1", "num_context": "30"}, id="shifted"),
    pytest.param("weights", {"v": "1", "snapshot": "3", "coordinates": "raw"}, id="weights"),
    pytest.param("algorithm", {"v": "1", "xy": "0", "sigma": "2.5", "after": "2"}, id="algorithm"),
    pytest.param("sine", {"v": "1", "prompt": "-1 0.3; 2 -0.1", "frame": "3"}, id="sine"),
    pytest.param("home", {}, id="home"),
]


@pytest.fixture
def open_menus(monkeypatch):
    """As if every menu were open, which AppTest cannot click."""

    @contextmanager
    def opened(label, *, key):
        with st.container(key=f"{key}_{label}"):
            yield True

    monkeypatch.setattr("ui.chart.menu", opened)


@pytest.fixture
def exported(monkeypatch, open_menus):
    """What the menus of a page were given: (view, recipe) by the chart's key."""
    seen = {}

    def menu(view, *, key, recipe, look):
        seen[key] = view, recipe

    monkeypatch.setattr("ui.chart.export_menu", menu)
    return seen


def assert_comes_again(view, recipe):
    read = parse_config(config_json(recipe), LESSONS)
    again = LESSONS[read.page].view(read.figure, read.config)
    assert message(again)["figure"] == message(view)["figure"]
    assert message(again) == message(view)
    assert to_csv(again.figure) == to_csv(view.figure)
    assert (again.title, again.caption) == (view.title, view.caption)


@pytest.mark.parametrize(("page", "link"), STATES)
def test_exported_choices_make_the_same_figure(open_page, exported, page, link):
    app = open_page(page, **link)
    shown = LESSONS[page].shown(app.session_state[f"{page}:config"]) if page in LESSONS else ("",)
    assert len(exported) == len(shown)
    for view, recipe in exported.values():
        assert_comes_again(view, recipe)


@pytest.mark.slow
def test_an_exported_training_makes_the_same_figures(open_page, exported):
    config = Train(dim=1, num_context=10, sigma=1.0, layers=1)
    outcome = training.measure(config)
    job = Job(config=config, status="done", frames=[*outcome.frames])
    job.measured = dict(outcome.measured)
    trainings()._jobs[job.id] = job
    app = open_page("train", job=job.id)
    assert set(exported) == {"run", "by_layer", "matrices"}
    for view, recipe in exported.values():
        assert_comes_again(view, recipe)

    job.frames.pop()
    app.run()
    assert {recipe for _, recipe in exported.values()} == {None}


def labels(app) -> list[str]:
    return [button.proto.label for button in app.get("download_button")]


def test_the_menu_offers_every_form_and_the_link(open_page, monkeypatch, open_menus):
    monkeypatch.setattr("ui.export_row._no_images", lambda: "")
    app = open_page("weights", v="1", layers="2")
    charts = 3
    offered = [f"{FORMATS[suffix].label} (.{suffix})" for suffix in OFFERED]
    assert labels(app) == offered * charts
    links, frames = ([code.value for code in app.code][at::2] for at in (0, 1))
    assert links == ["weights?v=1&layers=2"] * charts
    assert all(
        frame.startswith('<iframe src="weights?v=1&amp;layers=2&amp;only=') for frame in frames
    )
    assert len(set(frames)) == charts


def test_without_chromium_the_menu_says_so(open_page, monkeypatch, open_menus):
    monkeypatch.setattr("ui.export_row._no_images", lambda: NO_CHROMIUM)
    app = open_page("home")
    assert not any(label.endswith("(.pdf)") for label in labels(app))
    assert any(label.endswith("(.zip)") for label in labels(app))
    assert any(NO_CHROMIUM in caption.value for caption in app.caption)


def test_a_menu_that_is_closed_costs_nothing(open_page):
    app = open_page("weights")
    assert not labels(app)
    assert not app.dataframe


def failing(source: Source) -> bytes:
    raise InputError("The image could not be drawn.")


def test_a_pdf_that_fails_says_why_itself():
    form = Format(label="For print", mime="application/pdf", build=failing)
    source = Source(view=None)  # type: ignore[arg-type]  # not looked at
    data = building(form, source, "pdf")()
    assert data.startswith(b"%PDF-")
    assert b"The image could not be drawn." in data
    with pytest.raises(InputError):
        building(form, source, "csv")()


@pytest.mark.parametrize(
    ("url", "address"),
    [
        ("http://localhost:8501/", "http://localhost:8501/"),
        ("http://localhost:8501", "http://localhost:8501/"),
        ("http://localhost:8501/weights", "http://localhost:8501/"),
        ("https://example.org/course/icl", "https://example.org/course/icl/"),
        ("https://example.org/course/icl/weights/", "https://example.org/course/icl/"),
        (None, ""),
    ],
)
def test_the_address_of_the_app_is_that_of_its_pages_without_the_page(url, address):
    assert app_address(url) == address
