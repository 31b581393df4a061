"""An exported page opens with the network off, and its controls move the picture."""

import io
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from icl_core.export.page import to_html
from icl_core.lessons.catalog import LESSONS
from icl_core.lessons.playground.config import HIGHEST, Y, noise_of
from icl_core.live import Grid, View
from icl_core.live.grid import safe_uid
from icl_core.live.look import PLAIN, Look
from icl_core.plots import METHODS
from tests.browser.harness import Watched, opening

pytestmark = pytest.mark.browser

FRAME = "Number(document.querySelector('.icl-live-player input').value)"
STATE = "document.querySelector('.icl-live').dataset.state"
BADGE = ".icl-live-badge"


@pytest.fixture
def exported(browser, tmp_path):
    """exported("weights", "heatmaps") is the view, and its page open from the disk, offline.

    At the end nothing may have been complained about or asked of any host.
    """
    with opening(browser) as visit:

        def go(
            page: str, name: str, changes: dict | None = None, look: Look = PLAIN, **options
        ) -> tuple:
            lesson = LESSONS[page]
            view = lesson.view(name, lesson.config(**(changes or {})))
            (tmp_path / "page.html").write_bytes(to_html(view, look))
            options.setdefault("offline", True)
            return view, visit(f"file://{tmp_path}", "page.html", **options)

        yield go


def grid_of(view: View) -> Grid:
    assert view.grid is not None
    return view.grid


def values(page: Watched, uid: str, field: str) -> np.ndarray:
    code = f"plot._fullData.find((t) => t.uid === {uid!r}).{field}"
    return np.array(page.plot(f"Array.from({code}, (v) => v?.length ? Array.from(v) : v)"), float)


def test_the_slider_moves_the_picture_and_the_badge_says_what_it_is(exported):
    view, page = exported("noise_and_depth", "layers")
    (sigmas,) = grid_of(view).axes.values()
    losses = {q.trace: np.asarray(q.values, float) for q in grid_of(view).quantities}
    assert page.page.locator(BADGE).inner_text() == "exact"
    assert page.page.inner_text("h1") == "Layer by layer"
    first = page.paths()
    page.grab(1 / 6, 0.62)
    assert page.paths() != first
    page.page.mouse.up()
    page.next_frame()
    sigma = float(page.page.locator(".icl-live-value").inner_text())
    assert sigma > 3
    expected = np.exp([np.interp(sigma, sigmas, np.log(row)) for row in losses["diag"].T])
    np.testing.assert_allclose(values(page, "diag", "y"), expected, rtol=1e-4)
    exact = sigma in np.asarray(sigmas)
    assert page.page.locator(BADGE).inner_text() == ("exact" if exact else "interpolated")

    page.page.locator(".icl-live input[type=range]").focus()
    for _ in range(round((sigma - 1) / 0.125)):
        page.page.keyboard.press("ArrowLeft")
    page.next_frame()
    assert page.paths() == first
    assert page.page.locator(BADGE).inner_text() == "exact"


def test_between_nodes_the_badge_does_not_claim_to_be_exact(exported):
    _, page = exported("gdpp_spectrum", "passage")
    kappa = page.page.locator(".icl-live-readouts b").nth(1)
    before, curve = kappa.inner_text(), values(page, "map", "y")
    page.grab(0.5, 0.333)
    page.page.mouse.up()
    page.wait_until(f"{STATE} === 'preview'")
    assert page.page.locator(BADGE).inner_text() == "interpolated"
    assert kappa.inner_text() != before
    assert not np.allclose(values(page, "map", "y"), curve)
    # A press that changes nothing must not throw away where the slider stands.
    shown, at = kappa.inner_text(), page.page.locator(".icl-live-value").first.inner_text()
    page.page.locator(".icl-live input[type=range]").first.evaluate(
        "(range) => { for (const kind of ['pointerdown', 'pointerup'])"
        " range.dispatchEvent(new PointerEvent(kind, { bubbles: true })); }"
    )
    page.next_frame()
    assert kappa.inner_text() == shown
    assert page.page.locator(".icl-live-value").first.inner_text() == at


def test_points_stay_alive_and_exact(exported):
    _, page = exported("sine", "prompt")
    handle = page.page.locator(".icl-live-point").nth(1).bounding_box()
    x, y = handle["x"] + handle["width"] / 2, handle["y"] + handle["height"] / 2
    before = values(page, "transformer-1", "y")
    page.page.mouse.move(x, y)
    page.page.mouse.down()
    page.page.mouse.move(x + 20, y - 40, steps=4)
    page.page.mouse.up()
    page.next_frame()
    points = np.transpose([values(page, "points", field) for field in "xy"])
    prompt = "; ".join(f"{x!r} {y!r}" for x, y in points.tolist())
    view = LESSONS["sine"].view("prompt", LESSONS["sine"].config(prompt=prompt))
    traces: Any = view.figure.data
    for trace in traces:
        np.testing.assert_allclose(
            values(page, trace.uid, "y"), np.array(trace.y, float), rtol=1e-10, atol=1e-10
        )
    assert not np.allclose(values(page, "transformer-1", "y"), before)
    assert page.page.locator(BADGE).inner_text() == "exact"
    answers = page.page.locator(".icl-live-readouts b").all_inner_texts()
    said = [f"{readout.value:.3g}".replace("-", "−") for readout in view.readouts]
    assert answers == said


@pytest.mark.parametrize(
    ("lesson", "view", "control"),
    [
        ("one_prompt", "noise", "sigma"),
        ("construction", "descent", "eta"),
        ("algorithm", "implicit", "sigma"),
    ],
)
def test_one_prompt_stays_exact(exported, lesson, view, control):
    _, page = exported(lesson, view)
    page.grab(0.4, 0.63)
    page.page.mouse.up()
    page.next_frame()
    assert page.page.locator(BADGE).inner_text() == "exact"
    at = page.page.evaluate("[...globalThis.iclLiveCharts][0].values")[control]
    row = LESSONS[lesson]
    assert at != getattr(row.default, control)
    traces: Any = row.view(view, row.default.replace(**{control: at})).figure.data
    for trace in traces:
        if trace.type == "scatter":
            shown = values(page, safe_uid(trace.uid), "y")
            np.testing.assert_allclose(shown, np.array(trace.y, float), rtol=1e-10, atol=1e-10)


def test_answers_are_revealed_and_points_go_with_the_noise(exported):
    hidden, page = exported("home", "line")
    said = page.page.locator(".icl-live-said")
    assert said.inner_text() == hidden.said.replace("**", "")
    page.page.get_by_role("button", name="Reveal").click()
    page.next_frame()
    config = LESSONS["home"].config(revealed=True)
    view = LESSONS["home"].view("line", config)
    assert said.inner_text() == view.said.replace("**", "")
    traces: Any = view.figure.data
    for trace in traces:
        shown = values(page, safe_uid(trace.uid), "y")
        np.testing.assert_allclose(shown, np.array(trace.y, float), rtol=1e-10, atol=1e-10)
    before = values(page, "points", "y")
    slider = page.page.locator(".icl-live input[type=range]").first
    slider.focus()
    page.page.keyboard.press("End")
    page.next_frame()
    moved = values(page, "points", "y")
    expected = before + (HIGHEST - config.sigma) * np.array(noise_of(config.seed)[: len(before)])
    np.testing.assert_allclose(moved, expected.clip(*Y), atol=1e-9)
    page.page.keyboard.press("Home")
    page.next_frame()
    assert page.page.locator(BADGE).inner_text() == "exact"


def test_the_player_plays_to_the_end(exported):
    view, page = exported("weights", "heatmaps", {"layers": 3, "snapshot": 0})
    (player,) = view.controls
    last = len(player.labels) - 1
    assert page.page.evaluate(FRAME) == 0
    page.page.evaluate(
        "window.seen = [];"
        f"new MutationObserver(() => window.seen.push({FRAME}))"
        ".observe(document.querySelector('.icl-live-player output'), { childList: true })"
    )
    page.page.get_by_role("button", name="Play").click()
    page.page.wait_for_function(f"{FRAME} === {last}", timeout=60_000)
    page.wait_until("document.querySelector('.icl-live-player button[aria-label^=Play]')")
    assert page.page.evaluate("window.seen") == list(range(1, last + 1))
    page.next_frame()
    for quantity in grid_of(view).quantities:
        if quantity.field == "z":
            np.testing.assert_allclose(
                values(page, quantity.trace, "z"), np.asarray(quantity.values)[-1], atol=1e-5
            )
    assert page.page.locator(BADGE).inner_text() == "exact"
    page.page.locator(".icl-live").focus()
    page.page.keyboard.press("ArrowLeft")
    page.wait_until(f"{FRAME} === {last - 1}")
    page.page.keyboard.press("Home")
    page.wait_until(f"{FRAME} === 0")


def test_a_download_is_titled_by_where_the_controls_stand(exported):
    _, page = exported("noise_and_depth", "layers")
    texts = []
    for share in (None, 0.5):
        if share is not None:
            page.grab(1 / 6, share)
            page.page.mouse.up()
        with page.page.expect_download() as waiting:
            page.page.get_by_role("button", name="SVG", exact=True).click()
        texts.append(Path(waiting.value.path()).read_text())
    assert "Layer by layer at σ = 1<" in texts[0]
    at = page.page.locator(".icl-live-value").inner_text()
    assert f"Layer by layer: Noise level σ = {at}<" in texts[1]


def test_hidden_lines_and_zoom_are_kept_and_can_be_changed(exported):
    look = Look.read("hide:gdpp!y:0.1,1!type:12")
    view, page = exported("noise_and_depth", "layers", look=look)
    hidden = "plot.data.filter((t) => t.visible === 'legendonly').map((t) => t.legendgroup)"
    assert set(page.plot(hidden)) == {"gdpp"}
    assert page.plot("plot.layout.yaxis.range") == [-1, 0]
    assert page.plot("plot._fullLayout.xaxis.tickfont.size") == 16
    # What is zoomed past leaves the picture, and says so, while a slider is dragged too.
    labels = page.page.locator(".icl-live-off")
    assert set(labels.all_inner_texts()) <= {"off scale ↑", "off scale ↓"}
    before = [label.get_attribute("style") for label in labels.all()]
    assert before
    page.grab(1 / 6, 0.62)
    assert [label.get_attribute("style") for label in labels.all()] != before
    page.page.mouse.up()
    page.page.get_by_role("button", name="Whole view").click()
    page.wait_until(
        "document.querySelector('.icl-live-plot').layout.yaxis.range.join() === "
        f"{','.join(map(repr, view.figure.layout.yaxis.range))!r}"
    )
    label = re.compile(re.escape(METHODS["gdpp"].label) + "$")
    entry = page.page.locator(".legend .traces").filter(has_text=label)
    entry.locator(".legendtoggle").click()
    page.wait_until(
        "document.querySelector('.icl-live-plot').data.every((t) => t.visible !== 'legendonly')"
    )


def test_a_figure_without_controls_is_there_too(exported):
    _, page = exported("noise_and_depth", "overview")
    assert page.page.locator("input[type=range]").count() == 0
    assert page.page.locator(BADGE).inner_text() == ""
    assert page.plot("plot.querySelectorAll('.js-line').length") > 5
    assert "Bayes floor" in page.page.inner_text("body > p")


def test_it_is_white_also_where_dark_is_preferred(exported):
    _, page = exported("noise_and_depth", "depth", color_scheme="dark")
    look = "getComputedStyle(document.body).backgroundColor"
    assert page.page.evaluate(look) == "rgb(255, 255, 255)"
    assert page.plot("plot._fullLayout.paper_bgcolor") == "#ffffff"
    assert page.plot("plot._fullLayout.font.color") == "#1d2733"


def test_on_a_phone_nothing_is_cut_off(exported):
    _, page = exported("gdpp_spectrum", "passage", viewport={"width": 390, "height": 844})
    assert page.page.evaluate("document.documentElement.scrollWidth") <= 390


def test_it_prints_whole_on_white_without_buttons(exported):
    _, page = exported("weights", "heatmaps", color_scheme="dark")
    before = page.plot("plot.querySelector('.main-svg').getAttribute('width')")
    page.page.set_viewport_size({"width": 688, "height": 1017})
    page.page.emulate_media(media="print")
    page.wait_until("document.querySelector('.main-svg').hasAttribute('viewBox')")
    box = page.page.locator(".icl-live-plot .main-svg").first.bounding_box()
    assert 600 < box["width"] <= 688
    assert box["height"] < 1017
    caption = page.page.locator("body > p").bounding_box()
    assert box["y"] + box["height"] <= caption["y"]
    assert page.page.locator(".icl-live :is(button, input):visible").count() == 0
    page.page.emulate_media(media="screen")
    page.page.set_viewport_size({"width": 1200, "height": 900})
    page.wait_until(f"document.querySelector('.main-svg').getAttribute('width') === '{before}'")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_its_slider_is_seen_in_forced_colours(exported, scheme):
    _, page = exported("noise_and_depth", "layers", forced_colors="active", color_scheme=scheme)
    slider = page.page.locator(".icl-live input[type=range]")
    picture = Image.open(io.BytesIO(slider.screenshot())).convert("L")
    grey = np.asarray(picture, float) / 255
    assert np.mean(np.abs(grey - grey[0, 0]) > 0.3) > 0.03
