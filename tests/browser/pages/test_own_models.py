"""A model of one's own, trained or from a file: through every page, and to another browser."""

from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from icl_core.checkpoints import Checkpoint, save_checkpoint
from icl_core.lessons.catalog import LESSONS
from icl_core.lessons.shared.fields import OfModel
from icl_core.tasks.linear import LinearTask
from icl_core.tasks.noise import UniformNoise
from tests.browser.harness import opening
from tests.browser.pages.conftest import CHARTS, Opened
from tests.cases import full_model

pytestmark = [pytest.mark.browser, pytest.mark.slow]

PATIENCE = 120_000
TITLES = {
    page: lesson.title for page, lesson in LESSONS.items() if issubclass(lesson.config, OfModel)
}
CHOSEN = {"dim": "5", "num_context": "12", "sigma": "2", "layers": "3", "seconds": "30"}
MODELS = {"FULL": (7, 1), "two heads": (4, 2)}


def through(page: Page, app: str, browser: Browser) -> None:
    """Every link of "Open it in", in two browsers that were never here: the same numbers, and the
    same link."""
    links = page.locator("[class*=st-key-open_in] a")
    expect(links).to_have_count(len(TITLES), timeout=PATIENCE)
    paths = [str(link.get_attribute("href")) for link in links.all()]
    assert [path.lstrip("/").partition("?")[0] for path in paths] == list(TITLES)
    for path, name in zip(paths, TITLES, strict=True):
        found = []
        for _ in range(2):
            with opening(browser) as visit:
                opened = Opened(visit(app, path.lstrip("/"), CHARTS[name]), name)
                opened.rest()
                assert opened.link["task"].startswith("mine-")
                expect(opened.page.get_by_text("went wrong")).to_have_count(0)
                found.append((opened.link, opened.numbers()))
        assert found[0] == found[1]


def test_a_model_goes_along_from_page_to_page(visit):
    """By the menu, without a link."""
    opened = visit("train", **CHOSEN)
    opened.page.get_by_role("button", name="Start training").click()
    weights = opened.page.locator("[class*=st-key-open_in] a", has_text=TITLES["weights"])
    weights.click(timeout=PATIENCE)
    opened.page.wait_for_url("**/weights?**")
    opened.rest()
    own = opened.link["task"]
    menu = opened.page.get_by_test_id("stSidebarNav")
    menu.get_by_role("link", name=TITLES["noise_and_depth"], exact=True).click()
    opened.page.wait_for_url("**/noise_and_depth?**task=mine-*", timeout=PATIENCE)
    assert opened.link["task"] == own
    opened.rest()


def test_a_trained_model_goes_through_every_page(visit, app, browser):
    opened = visit("train", **CHOSEN)
    opened.page.get_by_role("button", name="Start training").click()
    through(opened.page, app, browser)


@pytest.mark.parametrize("which", MODELS)
def test_an_uploaded_model_goes_through_every_page(visit, app, browser, tmp_path: Path, which):
    dim, heads = MODELS[which]
    task = LinearTask(dim=dim, num_context=2 * dim, noise=UniformNoise(sigma_max=2.0))
    model = full_model(dim, layers=2, heads=heads)
    save_checkpoint(tmp_path / "own.safetensors", Checkpoint(model=model, task=task, seed=0))
    page = visit("models").page
    page.get_by_text("Open a model from a file").click()
    page.locator("input[type=file]").set_input_files(tmp_path / "own.safetensors")
    through(page, app, browser)
