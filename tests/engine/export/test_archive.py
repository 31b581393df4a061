"""The ZIP holds every form, each right, and says what it lacks."""

import io
import json
import zipfile

import pytest
from PIL import Image

from icl_core.errors import InputError
from icl_core.export import archive
from icl_core.export.archive import to_zip
from icl_core.export.citation import to_bibtex
from icl_core.export.images import NO_CHROMIUM, WIDTH
from icl_core.export.recipe import Recipe, parse_config
from icl_core.export.table import to_csv
from icl_core.lessons.catalog import LESSONS

RECIPE = Recipe(page="weights", figure="omegas", config=LESSONS["weights"].config())
LINK = "https://example.org/weights?v=1"
FORMS = {"html", "csv", "json", "bib", "txt"}


def opened(data: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(data)) as files:
        assert files.testzip() is None
        return {name: files.read(name) for name in files.namelist()}


@pytest.mark.browser
def test_it_holds_every_form(chromium, titled):
    view = titled("Title")
    files = opened(to_zip(view, RECIPE, LINK, scale=1))
    assert set(files) == {f"figure.{s}" for s in FORMS | {"png", "svg", "pdf"}} | {"README.txt"}
    assert Image.open(io.BytesIO(files["figure.png"])).size == (WIDTH, 400)
    assert files["figure.svg"].startswith(b"<svg")
    assert files["figure.pdf"].startswith(b"%PDF-")
    assert files["figure.html"].startswith(b"<!doctype html>")
    assert files["figure.csv"] == to_csv(view.figure)
    assert parse_config(files["figure.json"], LESSONS) == RECIPE
    assert files["figure.bib"] == to_bibtex()
    assert files["figure.txt"].decode().strip() == LINK
    said = files["README.txt"].decode()
    assert all(name in said for name in files if name != "README.txt")


def test_without_chromium_it_says_what_is_missing(monkeypatch, titled):
    monkeypatch.setattr(archive, "missing", lambda: NO_CHROMIUM)
    files = opened(to_zip(titled("Title"), RECIPE, LINK))
    assert set(files) == {f"figure.{suffix}" for suffix in FORMS} | {"README.txt"}
    assert NO_CHROMIUM in files["README.txt"].decode()
    json.loads(files["figure.json"])


def test_images_that_fail_are_left_out_together(monkeypatch, titled):
    def fail(figure: object, kind: str, scale: float) -> bytes:
        if kind == "pdf":
            raise InputError("The image could not be drawn.")
        return b"x"

    monkeypatch.setattr(archive, "missing", lambda: "")
    monkeypatch.setattr(archive, "to_image", fail)
    files = opened(to_zip(titled("Title")))
    assert set(files) == {f"figure.{suffix}" for suffix in ("html", "csv", "bib")} | {"README.txt"}
    assert "The image could not be drawn." in files["README.txt"].decode()


def test_the_same_figure_makes_the_same_archive(monkeypatch, titled):
    monkeypatch.setattr(archive, "missing", lambda: NO_CHROMIUM)
    data = to_zip(titled("Title"), RECIPE, LINK)
    assert to_zip(titled("Title"), RECIPE, LINK) == data
    assert to_zip(titled("Other"), RECIPE, LINK) != data
