"""The export menu of the app: every file that it offers, downloaded and opened."""

import io
import json
import re
import zipfile
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import pytest

from benchmarks.serving import ROOT
from icl_core.export.citation import to_bibtex
from icl_core.export.images import missing
from icl_core.export.recipe import look_in_link, parse_config
from icl_core.export.table import to_csv
from icl_core.lessons.catalog import LESSONS
from icl_core.live.dressed import dressed
from icl_core.live.look import Look
from tests.browser.harness import opening, serving

pytestmark = [pytest.mark.browser, pytest.mark.slow]


HIDDEN = (
    "plot.data.filter((trace) => trace.visible === 'legendonly').map((trace) => trace.legendgroup)"
)


@pytest.fixture(scope="module")
def downloads(browser):
    """Bytes of every file of a figure's menu by suffix, the link that it shows as "link", and which
    line was hidden before, and what range zoomed to by hand: "hidden", "range"."""
    found: dict[str, Any] = {}
    with serving(ROOT / "server.py") as address, opening(browser) as visit:
        opened = visit(address, "noise_and_depth?v=1&part=layers&sigma=2.5&layers=2", charts=2)
        page = opened.page
        opened.zoom(1)
        page.locator(".st-key-chart_layers .legendtoggle").first.click()
        plot = "document.querySelectorAll('.icl-live-plot')[1]"
        opened.wait_until(f"{plot}.data.some((trace) => trace.visible === 'legendonly')")
        (hidden,) = set(opened.plot(HIDDEN, 1))
        found["hidden"], found["range"] = hidden.encode(), opened.plot("plot.layout.xaxis.range", 1)
        page.locator(".st-key-head_layers").get_by_text("Export").click()
        menu = page.locator("[data-testid=stPopoverBody]:visible")
        # The link is the last thing in the menu.
        link = menu.locator("code").filter(has_text="look=", has_not_text="<iframe")
        link.wait_for()
        for label in menu.locator("[data-testid=stDownloadButton] p").all_inner_texts():
            with page.expect_download(timeout=60_000) as waiting:
                menu.get_by_text(label, exact=True).click()
            name = waiting.value.suggested_filename
            suffix = re.search(r"\(\.(\w+)\)", label)[1]
            assert name == f"loss_by_layer.{suffix}"
            found[suffix] = Path(waiting.value.path()).read_bytes()
        found["link"] = link.inner_text().encode()
        page.goto(found["link"].decode())
        page.locator(".icl-live[data-alive]").nth(1).wait_for(state="attached")
        assert set(opened.plot(HIDDEN, 1)) == {hidden}
        assert opened.plot("plot.layout.xaxis.range", 1) == pytest.approx(found["range"], rel=1e-5)
        # The other figure of the page is as ever.
        assert opened.plot(HIDDEN, 0) == []
        shown = page.locator(".icl-live-value").all_inner_texts()
        assert "2.5" in shown
        assert found["link"].decode().startswith(f"{address}/noise_and_depth?")
    return found


def view():
    lesson = LESSONS["noise_and_depth"]
    return lesson.view("layers", lesson.config(sigma=2.5, layers=2, part="layers"))


def look_of(downloads) -> Look:
    return parse_config(downloads["json"], LESSONS).look


def test_every_form_is_as_the_reader_has_it(downloads):
    """One line was hidden and the picture zoomed into before the menu was opened."""
    look, hidden = look_of(downloads), downloads["hidden"].decode()
    assert look.hidden == (hidden,)
    assert look.zoom[0][1:] == pytest.approx(downloads["range"], rel=1e-5)
    assert [axis for axis, _, _ in look.zoom] == ["x", "y"]
    assert "legendonly" in downloads["html"].decode().partition('id="message">')[2]
    values = dict(parse_qsl(downloads["link"].decode().partition("?")[2]))
    assert look_in_link(values["look"], "layers") == look
    with zipfile.ZipFile(io.BytesIO(downloads["zip"])) as files:
        assert files.read("loss_by_layer.csv") == downloads["csv"]
        assert files.read("loss_by_layer.json") == downloads["json"]
        if not missing():
            svg = files.read("loss_by_layer.svg").decode()
            names = [trace.name for trace in view().figure.data if trace.legendgroup == hidden]
            assert f">{names[-1]}<" not in svg


def test_every_form_is_offered(downloads):
    forms = {"html", "csv", "zip", "json", "bib", "link", "hidden", "range"}
    assert set(downloads) == forms | (set() if missing() else {"pdf"})


def test_the_page_opens_from_the_disk(downloads, browser, tmp_path):
    (tmp_path / "figure.html").write_bytes(downloads["html"])
    with opening(browser) as visit:
        page = visit(f"file://{tmp_path}", "figure.html", offline=True)
        assert page.page.locator(".icl-live-value").inner_text() == "2.5"


def test_data_choices_and_citation_are_right(downloads):
    assert downloads["csv"] == to_csv(dressed(view(), look_of(downloads)).figure)
    assert set(downloads["csv"].splitlines()) < set(to_csv(view().figure).splitlines())
    recipe = parse_config(downloads["json"], LESSONS)
    assert (recipe.page, recipe.figure) == ("noise_and_depth", "layers")
    assert recipe.config == LESSONS["noise_and_depth"].config(sigma=2.5, layers=2, part="layers")
    assert downloads["bib"] == to_bibtex()


def test_pdf_and_archive_are_whole(downloads):
    with zipfile.ZipFile(io.BytesIO(downloads["zip"])) as files:
        assert files.testzip() is None
        names = {Path(name).suffix for name in files.namelist()}
        link = files.read("loss_by_layer.txt")
        assert json.loads(files.read("loss_by_layer.json"))["figure"] == "layers"
    assert link.strip() == downloads["link"]
    assert {".html", ".csv", ".json", ".bib", ".txt"} <= names
    if not missing():
        assert {".png", ".svg", ".pdf"} <= names
        assert downloads["pdf"].startswith(b"%PDF-")
