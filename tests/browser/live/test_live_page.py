"""A live chart among others: theme, tabs, keyboard, hover, downloads, narrow screens."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from icl_core.plots.style import SURFACES
from tests.browser.harness import serving
from tests.browser.live import DEMO

pytestmark = pytest.mark.browser

FRAME = "document.querySelector('.icl-live-player output').textContent"
A, C, B, D = range(4)
"""The linked charts, column by column."""


def test_a_picture_stands_in_until_the_chart_lives(chart, browser, demo):
    page = browser.new_page()
    held = []
    page.route("**/plotly.min.js", lambda route: held.append(route))
    page.goto(demo)
    picture = page.locator(".icl-live-wait img")
    picture.wait_for()
    assert picture.get_attribute("alt") == "Loss by layer for four methods."
    held[0].continue_()
    page.wait_for_selector(".icl-live[data-alive]")
    picture.wait_for(state="detached")
    page.close()


def test_each_chart_lives_before_the_next_one_is_drawn(browser, demo):
    page = browser.new_page()
    # Looks between any two tasks of the page.
    page.add_init_script("""
      window.seen = new Set();
      const { port1, port2 } = new MessageChannel();
      port1.onmessage = () => {
        seen.add(document.querySelectorAll('.icl-live[data-alive]').length);
        port2.postMessage(null);
      };
      port2.postMessage(null);
    """)
    page.goto(f"{demo}/?scene=linked")
    page.wait_for_function("seen.has(4)")
    assert page.evaluate("[...seen]") == [0, 1, 2, 3, 4]
    page.close()


def test_a_failed_load_is_said(browser, demo):
    page = browser.new_page()
    page.route("**/plotly.min.js", lambda route: route.abort())
    page.goto(demo)
    page.get_by_text("The chart could not be loaded: reload the page.").wait_for()
    assert page.locator(".icl-live-wait img").is_visible()
    page.close()


def test_the_theme_switches_live_without_losing_the_zoom(chart):
    page = chart("lines", color_scheme="light")
    zoomed = page.zoom()
    sent = len(page.sent)
    colour = "plot._fullLayout.font.color"
    light = page.plot(colour)
    page.page.emulate_media(color_scheme="dark")
    page.wait_until("document.querySelector('.icl-live').style.colorScheme === 'dark'")
    dark = page.plot(colour)
    assert light == SURFACES["light"].text
    assert dark == SURFACES["dark"].text
    assert page.ranges() == zoomed
    assert len(page.sent) == sent


def test_a_chart_in_a_hidden_tab_fills_its_width_when_shown(chart):
    page = chart("tabs")
    page.page.get_by_role("tab", name="second").click()
    page.page.wait_for_function(
        "() => { const plot = document.querySelector('.icl-live-plot');"
        "return plot.clientWidth > 900 &&"
        "Math.abs(plot.querySelector('.main-svg').clientWidth - plot.clientWidth) < 2; }"
    )


def test_the_player_by_keyboard(chart):
    page = chart("movie")
    page.page.locator(".icl-live").focus()
    press = page.page.keyboard.press
    sent = len(page.sent)
    press("ArrowRight")
    press("ArrowRight")
    page.wait_until(f"{FRAME} === 'layer 2'")
    shown = np.array(page.plot("plot.data[0].z.map((row) => Array.from(row))"))
    i, j = np.indices((8, 8))
    np.testing.assert_allclose(shown, np.cos(i / 5) * np.sin(j / 5 + 1), atol=1e-6)
    page.state("exact")
    # Once at rest the server hears of it, for the link.
    page.page.get_by_text("the server has layer 2").wait_for()
    assert len(page.sent) == sent + 1

    press("ArrowLeft")
    page.wait_until(f"{FRAME} === 'layer 1'")
    press("Home")
    page.wait_until(f"{FRAME} === 'layer 0'")
    press("Space")
    page.wait_until(f"{FRAME} === 'layer 3'")
    press("Space")
    at = page.page.locator(".icl-live-player output").inner_text()
    page.page.get_by_text(f"the server has {at}").wait_for()
    hint = page.page.locator(".icl-live-hint").inner_text()
    assert all(key in hint for key in ("space", "←", "→", "Home"))


def test_a_resting_pointer_is_told_the_new_value(chart):
    page = chart("movie")
    box = page.page.locator(".icl-live-plot .nsewdrag").bounding_box()
    page.page.mouse.move(box["x"] + 0.9 * box["width"], box["y"] + 0.9 * box["height"], steps=3)
    page.wait_until("document.querySelector('.hovertext')")
    before = page.page.locator(".hovertext").text_content()
    page.page.locator(".icl-live").focus()
    page.page.keyboard.press("ArrowRight")
    page.page.wait_for_function(
        "before => document.querySelector('.hovertext')?.textContent !== before &&"
        "document.querySelector('.hovertext')",
        arg=before,
    )
    # Still there when the server has answered.
    page.page.get_by_text("the server has layer 1").wait_for()
    page.next_frame()
    assert page.page.locator(".hovertext").count() == 1


def test_the_player_by_buttons_plays_to_the_end(chart):
    page = chart("movie")
    page.page.get_by_role("button", name="Play").click()
    page.page.get_by_text("the server has layer 5").wait_for()
    page.page.get_by_role("button", name="Back one").click()
    page.wait_until(f"{FRAME} === 'layer 4'")
    page.page.get_by_role("button", name="First").click()
    page.page.get_by_text("the server has layer 0").wait_for()


def test_without_a_grid_the_player_waits_for_each_frame(chart):
    page = chart("steps")
    page.plot(
        "(window.shown = [], new MutationObserver(() => {"
        "  const root = document.querySelector('.icl-live');"
        "  if (root.dataset.state === 'exact') window.shown.push(plot._fullData[2].y[0]);"
        "}).observe(document.querySelector('.icl-live'), { attributes: true }))"
    )
    page.page.get_by_role("button", name="Play").click()
    page.wait_until("window.shown.at(-1) > 0.6")
    assert page.page.evaluate("[...new Set(window.shown)]") == pytest.approx(
        [0.3 * (frame / 2) ** 2 for frame in (1, 2, 3)]
    )


def test_reduced_motion_slows_the_player(chart):
    page = chart("movie", reduced_motion="reduce")
    page.page.get_by_role("button", name="Play").click()
    page.page.wait_for_timeout(700)
    assert page.page.evaluate(FRAME) == "layer 0"
    page.wait_until(f"{FRAME} === 'layer 1'")


def test_hover_is_answered_by_the_linked_chart(chart):
    page = chart("linked", charts=4)
    labels = "document.querySelectorAll('.icl-live-plot')[{}].querySelectorAll('.hovertext')"
    page.point_at(A, layer=20, loss=np.exp(-20 / 20) + 0.25)
    page.wait_until(f"{labels.format(A)}.length === 1")
    # By abscissa every method answers.
    page.wait_until(f"{labels.format(B)}.length === 4")
    assert page.plot("plot._hoverdata[0].x", A) == 20
    said = page.page.locator(".icl-live-plot").nth(B).locator(".hovertext").first.text_content()
    assert "20" in said
    assert page.page.evaluate(f"{labels.format(D)}.length") == 0
    page.page.mouse.move(5, 5)
    page.wait_until(f"{labels.format(B)}.length === 0")


def test_hovering_a_method_fades_the_others_in_the_linked_chart(chart):
    page = chart("linked", charts=4)
    page.point_at(C, layer=25, loss=np.exp(-25 / 20) + 0.25)
    other = f"document.querySelectorAll('.icl-live-plot')[{D}].data[1].opacity"
    page.wait_until(f"{other} === 0.2")
    assert page.plot("plot.data.map((trace) => trace.opacity)", D) == [1, 0.2, 0.2, 0.2]
    page.page.mouse.move(5, 5)
    page.wait_until(f"{other} === 1")


@pytest.mark.parametrize(("label", "scale"), [("PNG", 2), ("PNG 3×", 3)])
def test_png_downloads_are_white_and_sharp(chart, label, scale):
    page = chart("lines", color_scheme="dark")
    width = page.plot("plot.clientWidth")
    with page.page.expect_download() as waiting:
        page.page.get_by_role("button", name=label, exact=True).click()
    assert waiting.value.suggested_filename == "loss-by-layer.png"
    picture = Image.open(waiting.value.path()).convert("RGB")
    assert picture.size == (scale * width, scale * 420)
    pixels = np.asarray(picture).reshape(-1, 3)
    assert (pixels == 255).all(axis=1).mean() > 0.8
    # Text as on paper, though the page is dark.
    assert (pixels == (0x1D, 0x27, 0x33)).all(axis=1).sum() > 50


def test_svg_downloads_what_is_on_screen(chart):
    page = chart("lines", color_scheme="dark")
    page.page.locator(".legendtoggle").nth(1).click()
    page.wait_until("document.querySelector('.icl-live-plot').data[1].visible === 'legendonly'")
    page.grab(0.25, 0.6)
    page.page.mouse.up()
    page.state("exact")
    shown = page.plot("plot.querySelectorAll('.js-line').length")
    with page.page.expect_download() as waiting:
        page.page.get_by_role("button", name="SVG", exact=True).click()
    assert waiting.value.suggested_filename == "loss-by-layer.svg"
    text = Path(waiting.value.path()).read_text()
    assert text.startswith("<svg")
    first = text.partition("<rect")[2].partition(">")[0]
    assert "fill: rgb(255, 255, 255)" in first
    assert 'width="1040" height="420"' in first
    # A hidden line has an entry in the legend on the page alone.
    assert text.count("js-line") == shown - 1
    assert "http" not in text.replace("http://www.w3.org", "")


def test_a_phone(chart):
    page = chart("lines,movie", charts=2, viewport={"width": 390, "height": 844})
    assert page.page.evaluate("document.documentElement.scrollWidth") <= 390
    for box in page.page.evaluate(
        "[...document.querySelectorAll('.icl-live *')].map((e) => e.getBoundingClientRect())"
        ".filter((b) => b.width).map((b) => [b.left, b.right])"
    ):
        assert box[0] >= -1
        assert box[1] <= 391
    page.grab(0.25, 0.6)
    page.page.mouse.up()
    page.state("exact")


def test_named_and_focusable(chart):
    page = chart("lines")
    group = page.page.get_by_role("group", name="Loss by layer for four methods.")
    group.focus()
    assert page.page.evaluate("document.activeElement.className") == "icl-live"
    assert page.page.get_by_role("slider", name="Noise σ").get_attribute("aria-valuetext") == "0.50"
    assert page.page.get_by_role("img", name="Loss by layer for four methods.").count() == 1


def test_leaving_and_coming_back(chart):
    page = chart("leaving")
    members = "globalThis.iclLiveGroups.get('g').size"
    assert page.page.evaluate(members) == 1
    for _ in range(2):
        page.page.get_by_text("show").click()
        page.page.locator(".icl-live").wait_for(state="detached")
        page.wait_until(f"{members} === 0")
        page.page.get_by_text("show").click()
        page.page.locator(".icl-live[data-alive]").wait_for()
        assert page.page.evaluate(members) == 1
        assert len(page.paths()) == 4


def test_under_a_base_path(browser, chart):
    with serving(DEMO, base_path="course/explorer") as address:
        page = chart("lines", address=address)
        page.grab(0.25, 0.6)
        page.page.mouse.up()
        page.state("exact")
        page.page.context.close()
