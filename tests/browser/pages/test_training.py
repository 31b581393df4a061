"""A training in the browser: it outlives the page that started it, and not the server."""

import time

import psutil
import pytest
from playwright.sync_api import Page, expect

from benchmarks.serving import ROOT
from tests.browser.harness import opening, serving

pytestmark = [pytest.mark.browser, pytest.mark.slow]

PATIENCE = 90_000
"""Milliseconds: a worker starts and compiles, on a machine that may have other things to do."""
LONG = {"layers": "6", "parametrization": "full", "seconds": "300"}
SHORT = {"dim": "1", "num_context": "10", "sigma": "1", "layers": "1"}


def start(page: Page) -> None:
    page.get_by_role("button", name="Start training").click()
    page.wait_for_url("**job=*")


def shows(page: Page, words: str) -> None:
    expect(page.get_by_text(words).first).to_be_visible(timeout=PATIENCE)


def runs(page: Page) -> None:
    expect(page.get_by_role("button", name="Cancel")).to_be_visible(timeout=PATIENCE)
    page.locator("[data-testid=stProgress]", has_text="update").wait_for(timeout=PATIENCE)
    expect(page.get_by_role("button", name="Start training")).to_be_disabled()


def workers() -> set[psutil.Process]:
    """The processes that train for servers of these tests."""
    below = psutil.Process().children(recursive=True)
    return {child for child in below if "spawn_main" in " ".join(child.cmdline())}


def test_a_reload_a_second_tab_and_the_back_button_keep_a_training(visit):
    opened = visit("train", **LONG)
    page = opened.page
    start(page)
    runs(page)
    link = opened.link
    assert {name: link[name] for name in LONG} == LONG
    page.reload()
    runs(page)
    assert opened.link == link

    page.go_back()
    page.get_by_role("link", name="To your training: FULL, 6 layers").click(timeout=PATIENCE)
    runs(page)
    assert opened.link == link
    page.get_by_role("link", name="Two noise levels").click()
    page.wait_for_url("**noise=categorical*")
    runs(page)
    assert opened.link["job"] == link["job"]

    second = visit("train", **link).page
    runs(second)
    second.get_by_role("button", name="Cancel").click()
    for tab in (page, second):
        shows(tab, "The training was cancelled")
    page.reload()
    shows(page, "The training was cancelled")
    expect(page.get_by_role("button", name="Start training")).to_be_enabled()


def test_a_paused_training_goes_on_after_another_server_has_started(browser, tmp_path, monkeypatch):
    monkeypatch.setenv("ICL_DATA_DIR", str(tmp_path))
    with serving(ROOT / "server.py") as address, opening(browser) as visit:
        page = visit(address, "train?v=1&layers=4&seconds=300").page
        start(page)
        runs(page)
        page.get_by_role("button", name="Pause").click()
        shows(page, "Paused after")
        expect(page.get_by_role("button", name="Start training")).to_be_enabled()
        link = page.url.removeprefix(address)
        page.goto("about:blank")
    with serving(ROOT / "server.py") as address, opening(browser) as visit:
        page = visit(address, link.removeprefix("/"), 2).page
        shows(page, "Paused after")
        page.get_by_role("button", name="Resume").click()
        runs(page)
        page.get_by_role("button", name="Cancel").click()
        shows(page, "The training was cancelled")
        page.goto("about:blank")


def test_a_reload_keeps_a_training_that_has_ended(visit):
    opened = visit("train", **SHORT)
    page = opened.page
    start(page)
    for _ in range(2):
        expect(page.get_by_role("button", name="Download the model")).to_be_visible(
            timeout=PATIENCE
        )
        shows(page, "times the Bayes floor")
        page.locator(".icl-live[data-alive]").nth(2).wait_for(state="attached", timeout=PATIENCE)
        opened.rest()
        numbers = opened.numbers()
        page.reload()
    page.locator(".icl-live[data-alive]").nth(2).wait_for(state="attached", timeout=PATIENCE)
    opened.rest()
    opened.shows(numbers)


def test_a_run_that_diverges_starts_again_and_stands_beside_the_next(visit):
    chosen = SHORT | {"layers": "2", "recipe": "adam", "steps": "200", "rate": "9"}
    opened = visit("train", **chosen)
    page = opened.page
    expect(page.get_by_text("an update").first).to_be_visible(timeout=PATIENCE)
    start(page)
    shows(page, "has diverged and was stopped")
    page.get_by_role("button", name="Start again with rate").click()
    expect(page.get_by_role("button", name="Download the model")).to_be_visible(timeout=PATIENCE)
    first = opened.link
    assert 0 < float(first["rate"]) < 9
    page.get_by_role("button", name="Keep beside the next").click()
    page.wait_for_url("**beside=*")
    opened.more()
    page.get_by_label("Seed").fill("4")
    page.get_by_label("Seed").press("Enter")
    page.wait_for_url("**seed=4*", timeout=PATIENCE)
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Start training").click()
    shows(page, "Beside: seed 0")
    assert opened.link["beside"] == first["job"] != opened.link["job"]


def test_a_server_that_ends_leaves_no_worker(browser):
    with serving(ROOT / "server.py") as address, opening(browser) as visit:
        before = workers()
        page = visit(address, "train?v=1&layers=6&parametrization=full").page
        start(page)
        runs(page)
        (worker,) = workers() - before
        page.goto("about:blank")
    end = time.monotonic() + 20
    while worker.is_running() and worker.status() != psutil.STATUS_ZOMBIE:
        assert time.monotonic() < end
        time.sleep(0.1)
