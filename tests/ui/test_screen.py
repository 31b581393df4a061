"""A page in a room, and in another's page: what the link says, and what is left out."""

from urllib.parse import parse_qs, urlsplit
from xml.etree import ElementTree

import pytest

from icl_core.lessons.catalog import LESSONS
from tests.ui.charts import told
from ui.links import EMBED, PRESENT
from ui.screen import embedding

PAGE = "several_layers"


def labels(app) -> list[str]:
    return [button.label for button in app.button]


def test_a_presented_page_has_its_first_picture_and_a_way_out(open_page):
    assert "Present" in labels(open_page(PAGE))
    app = open_page(PAGE, present="1")
    assert len(told(app)) == len(LESSONS[PAGE].first)
    assert "Present" not in labels(app)
    assert "Leave" in labels(app)


def test_it_stays_presented_from_step_to_step(open_page):
    for link in ({"step": "1"}, {"step": "5"}):
        steps = [
            parse_qs(found.proto.query_string)
            for found in open_page(PAGE, present="1", **link).get("page_link")
            if "step=" in found.proto.query_string
        ]
        assert len(steps) >= len(LESSONS[PAGE].steps)
        assert all(query[PRESENT] == ["1"] for query in steps)


@pytest.mark.parametrize("view", ["layers", "cosines"])
def test_one_chart_stands_alone(open_page, view):
    assert len(told(open_page(PAGE, **{EMBED: view}))) == 1


def test_a_page_without_its_frame_has_all_its_told(open_page):
    assert len(told(open_page(PAGE, **{EMBED: "page"}))) == len(told(open_page(PAGE)))


@pytest.mark.parametrize("link", [{PRESENT: "2"}, {EMBED: "<script>"}, {EMBED: "heatmaps"}])
def test_what_cannot_be_is_told_in_a_sentence(open_page, link):
    app = open_page(PAGE, **link)
    (told,) = app.info
    (name,) = link
    assert f"The choice {name} in the link" in told.value
    assert not app.query_params.keys() & link.keys()


def test_the_html_to_embed_is_well_formed():
    link = "http://here.test/several_layers?v=1&kind=untied5"
    frame = ElementTree.fromstring(embedding(link, "layers", 'A "loss" & more', 500))
    assert frame.tag == "iframe"
    assert frame.get("title") == 'A "loss" & more'
    query = parse_qs(urlsplit(frame.get("src") or "").query)
    assert query == {"v": ["1"], "kind": ["untied5"], EMBED: ["layers"]}
