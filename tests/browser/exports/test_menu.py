"""The export menu of the app: every file that it offers, downloaded and opened."""

import io
import json
import re
import zipfile
from pathlib import Path

import pytest

from benchmarks.serving import ROOT
from icl_core.export.citation import to_bibtex
from icl_core.export.images import missing
from icl_core.export.recipe import parse_config
from icl_core.export.table import to_csv
from icl_core.lessons.catalog import LESSONS
from tests.browser.harness import opening, serving

pytestmark = [pytest.mark.browser, pytest.mark.slow]


@pytest.fixture(scope="module")
def downloads(browser):
    """Bytes of every file of a figure's menu by suffix, and the link that it shows as "link"."""
    found: dict[str, bytes] = {}
    with serving(ROOT / "server.py") as address, opening(browser) as visit:
        opened = visit(address, "noise_and_depth?v=1&part=layers&sigma=2.5&layers=2", charts=2)
        page = opened.page
        page.locator(".st-key-head_layers").get_by_text("Export").click()
        menu = page.locator("[data-testid=stPopoverBody]:visible")
        # The link is the last thing in the menu.
        menu.locator("code").wait_for()
        for label in menu.locator("[data-testid=stDownloadButton] p").all_inner_texts():
            with page.expect_download(timeout=60_000) as waiting:
                menu.get_by_text(label, exact=True).click()
            name = waiting.value.suggested_filename
            suffix = re.search(r"\(\.(\w+)\)", label)[1]
            assert name == f"loss_by_layer.{suffix}"
            found[suffix] = Path(waiting.value.path()).read_bytes()
        found["link"] = menu.locator("code").inner_text().encode()
        page.goto(found["link"].decode())
        page.locator(".icl-live[data-alive]").nth(1).wait_for(state="attached")
        shown = page.locator(".icl-live-value").all_inner_texts()
        assert "2.5" in shown
        assert found["link"].decode().startswith(f"{address}/noise_and_depth?")
    return found


def view():
    lesson = LESSONS["noise_and_depth"]
    return lesson.view("layers", lesson.config(sigma=2.5, layers=2, part="layers"))


def test_every_form_is_offered(downloads):
    forms = {"html", "csv", "zip", "json", "bib", "link"}
    assert set(downloads) == forms | (set() if missing() else {"pdf"})


def test_the_page_opens_from_the_disk(downloads, browser, tmp_path):
    (tmp_path / "figure.html").write_bytes(downloads["html"])
    with opening(browser) as visit:
        page = visit(f"file://{tmp_path}", "figure.html", offline=True)
        assert page.page.locator(".icl-live-value").inner_text() == "2.5"


def test_data_choices_and_citation_are_right(downloads):
    assert downloads["csv"] == to_csv(view().figure)
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
