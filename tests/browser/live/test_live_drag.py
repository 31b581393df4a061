"""While a slider moves, on release, and what survives both."""

import json

import numpy as np
import pytest

pytestmark = pytest.mark.browser


def curve(chart, uid, field="y"):
    """The values plotly holds for a trace."""
    code = f"Array.from(plot._fullData.find((trace) => trace.uid === {uid!r}).{field})"
    return np.array(chart.plot(code), dtype=float)


def test_a_drag_redraws_before_release_and_sends_nothing(chart):
    page = chart("lines")
    page.grab(0.25, 0.3)
    before, sent = page.paths(), len(page.sent)
    page.page.mouse.move(900, 180, steps=8)
    page.next_frame()
    assert page.paths() != before
    assert len(page.sent) == sent
    page.state("preview")
    page.page.mouse.up()
    page.state("exact")
    assert len(page.sent) == sent + 1


def test_release_brings_the_exact_figure_and_the_link(chart):
    page = chart("lines")
    page.grab(0.25, 0.7)
    page.page.mouse.up()
    page.state("exact")
    page.wait_until("location.search.includes('noise=')")
    noise = float(page.page.url.split("noise=")[1])
    assert f"the server has noise {noise:g}" in page.page.inner_text("body")
    assert page.page.locator(".icl-live-value").inner_text() == f"{noise:.2f}"
    layers = np.arange(1, 51)
    np.testing.assert_allclose(curve(page, "GD"), np.exp(-layers / 20) + noise**2, rtol=1e-12)

    page.page.goto(page.page.url)
    page.page.wait_for_selector(".icl-live[data-alive]")
    assert page.page.locator(".icl-live-value").inner_text() == f"{noise:.2f}"


def test_a_held_slider_moves_between_its_steps_and_rests_on_one(chart):
    page = chart("lines")
    page.grab(0.25, 0.611)
    seen = []
    for share in (0.612, 0.613, 0.614, 0.615):
        page.carry_to(share)
        seen.append(page.place())
    assert any(value != round(value) for value in seen)
    page.page.mouse.up()
    page.state("exact")
    value = page.place()
    assert value == round(value)
    assert page.page.locator(".icl-live-value").inner_text() == f"{0.01 * value:.2f}"


def test_the_preview_interpolates_the_grid(chart):
    page = chart("lines")
    page.grab(0.25, 0.61)
    shown = 0.01 * page.place()
    nodes = np.linspace(0, 2, 60)
    expected = np.exp(-np.arange(1, 51) / 20) + np.interp(shown, nodes, nodes**2)
    np.testing.assert_allclose(curve(page, "GD"), expected, rtol=1e-5)


def test_zoom_legend_and_node_survive_new_data(chart):
    page = chart("lines")
    page.plot("(plot.mark = 'same node')")
    page.page.locator(".legendtoggle").first.click()
    page.wait_until("document.querySelector('.icl-live-plot').data[0].visible === 'legendonly'")
    zoomed = page.zoom()

    page.grab(0.25, 0.6)
    assert page.ranges() == zoomed
    page.page.mouse.up()
    page.state("exact")
    assert page.ranges() == zoomed
    assert page.plot("plot.data.map((trace) => trace.visible ?? true)")[:2] == ["legendonly", True]
    assert page.plot("plot.mark") == "same node"

    page.page.get_by_role("button", name="Whole view").click()
    assert page.plot("plot.layout.xaxis.range") == [1, 50]


def test_a_trace_hidden_during_a_drag_is_right_when_shown_again(chart):
    page = chart("lines")
    page.page.locator(".legendtoggle").first.click()
    page.wait_until("document.querySelector('.icl-live-plot').data[0].visible === 'legendonly'")
    page.grab(0.25, 0.6)
    held = page.plot("Array.from(plot.data[0].y)")
    shown = float(page.page.locator(".icl-live-value").inner_text())
    assert held[0] == pytest.approx(np.exp(-1 / 20) + shown**2, rel=1e-2)


def test_two_sliders_band_markers_moving_line_and_readout(chart):
    page = chart("bands")
    before = page.paths()
    page.grab(0.25, 0.5)
    assert len(before) == 5
    assert all(now != then for now, then in zip(page.paths(), before, strict=True))
    noise = float(page.page.locator(".icl-live-value").first.inner_text())
    assert curve(page, "mark", "x") == pytest.approx(5 + 20 * noise)
    preview = page.page.locator(".icl-live-readouts b").inner_text()
    page.page.mouse.up()
    page.state("exact")
    exact = page.page.locator(".icl-live-readouts b").inner_text()
    expected = np.exp(-2.5) + noise**2
    assert float(exact.replace("−", "-")) == pytest.approx(expected, rel=1e-3)
    assert float(preview.replace("−", "-")) == pytest.approx(expected, rel=2e-2)

    page.grab(0.67, 0.3, slider=1)
    page.page.mouse.up()
    page.state("exact")
    assert page.page.locator(".icl-live-value").first.inner_text() == f"{noise:.2f}"


def redrawn_paths(page):
    """Paths and places after the component has drawn everything anew, as another theme makes it."""
    page.page.emulate_media(color_scheme="dark")
    page.page.wait_for_selector(".icl-live[style*='color-scheme: dark']")
    page.next_frame()
    return page.paths()


@pytest.mark.parametrize("released", [False, True])
@pytest.mark.parametrize("scene", ["bands", "stems"])
def test_what_is_drawn_is_what_a_full_redraw_draws(chart, scene, released):
    """Plotly's quick way leaves axes and legend alone; curves, fills and markers must be right."""
    page = chart(scene)
    page.grab(0.25, 0.55)
    if released:
        page.page.mouse.up()
        page.state("exact")
        page.next_frame()
    quick = page.paths()
    assert redrawn_paths(page) == quick != []


@pytest.mark.parametrize(("scene", "what"), [("heatmap", ".hm image"), ("stems", ".js-line")])
def test_heatmaps_and_stems_follow_the_slider(chart, scene, what):
    page = chart(scene)
    name = "href" if scene == "heatmap" else "d"
    look = f"[...plot.querySelectorAll('{what}')].map((e) => e.getAttribute('{name}')).join()"
    before, sent = page.plot(look), len(page.sent)
    page.grab(0.2, 0.6)
    assert page.plot(look) != before
    assert len(page.sent) == sent
    assert page.page.locator(".icl-live-gaps").inner_text() == ""


PIXELS = """Promise.all([...plot.querySelectorAll('.hm image')].map(async (image) => {
  const picture = new Image();
  picture.src = image.getAttribute('href') ?? image.getAttribute('xlink:href');
  await picture.decode();
  const canvas = Object.assign(document.createElement('canvas'), { width: 80, height: 80 });
  const pen = canvas.getContext('2d');
  // Plotly may give a cell a single pixel.
  pen.imageSmoothingEnabled = false;
  pen.drawImage(picture, 0, 0, 80, 80);
  return [...pen.getImageData(0, 0, 80, 80).data];
}))"""


def test_a_painted_heatmap_is_the_one_that_plotly_draws(chart):
    page = chart("heatmap")
    page.grab(0.2, 0.6)
    painted = np.array(page.plot(PIXELS))
    # Another theme makes plotly draw everything.
    page.page.emulate_media(color_scheme="dark")
    page.page.wait_for_selector(".icl-live[style*='color-scheme: dark']")
    page.next_frame()
    drawn = np.array(page.plot(PIXELS))
    assert np.ptp(drawn[..., ::4]) > 100
    np.testing.assert_allclose(painted, drawn, atol=1)


def test_a_drag_back_to_where_it_began_shows_the_exact_figure(chart):
    page = chart("lines")
    page.grab(0.25, 0.6)
    page.page.mouse.up()
    page.state("exact")
    sent, shown = len(page.sent), page.page.locator(".icl-live-value").inner_text()
    page.grab(0.6, 0.8)
    page.state("preview")
    page.carry_to(0.6)
    assert page.page.locator(".icl-live-value").inner_text() == shown
    page.page.mouse.up()
    page.state("exact")
    assert len(page.sent) == sent
    assert curve(page, "GD")[0] == pytest.approx(np.exp(-1 / 20) + float(shown) ** 2, rel=1e-12)


def test_a_preview_under_way_does_not_outlast_the_exact_figure(chart):
    page = chart("lines")
    page.page.mouse.move(*page.on_slider(0.25))
    page.page.mouse.down()
    shown = float(page.page.locator(".icl-live-value").inner_text())
    # There and back within a frame, and let go at once.
    page.page.evaluate(
        """place => {
          const range = document.querySelector('.icl-live-slider input');
          const say = (kind, name) => range.dispatchEvent(new kind(name, { bubbles: true }));
          for (const value of [place + 60, place + 30, place]) {
            range.value = value;
            say(Event, 'input');
          }
          say(PointerEvent, 'pointerup');
          return new Promise((done) => setTimeout(done, 200));
        }""",
        round(100 * shown),
    )
    page.state("exact")
    assert curve(page, "GD")[0] == pytest.approx(np.exp(-1 / 20) + shown**2, rel=1e-12)
    page.page.mouse.up()


def test_arrow_keys_on_a_slider_ask_once_at_rest(chart):
    page = chart("lines")
    sent = len(page.sent)
    page.page.locator(".icl-live-slider input").focus()
    for _ in range(5):
        page.page.keyboard.press("ArrowRight")
    page.wait_until("location.search.includes('noise=0.55')")
    page.state("exact")
    assert len(page.sent) == sent + 1


def test_without_a_grid_the_chart_waits_for_the_answer(chart):
    page = chart("slow")
    before = page.paths()
    page.grab(0.25, 0.6)
    assert page.paths() == before
    page.page.mouse.up()
    page.state("waiting")
    page.state("exact")
    assert page.paths() != before


def test_an_answer_to_an_earlier_question_is_passed_over(chart):
    page = chart("slow")
    page.grab(0.25, 0.6)
    page.page.mouse.up()
    page.state("waiting")
    page.grab(0.6, 0.8)
    chosen = page.page.locator(".icl-live-value").inner_text()
    page.page.mouse.up()
    page.wait_until("document.querySelector('.icl-live').dataset.state === 'waiting'")
    page.state("exact")
    assert page.page.locator(".icl-live-value").inner_text() == chosen
    noise = float(chosen)
    assert curve(page, "GD")[0] == pytest.approx(np.exp(-1 / 20) + noise**2)


def test_a_line_of_the_layout_moves_along(chart):
    page = chart("gaps")
    page.grab(0.25, 0.6)
    noise = 0.01 * page.place()
    assert page.plot("plot.layout.shapes[0].x0") == pytest.approx(10 * noise, rel=1e-5)
    assert page.plot("plot.querySelectorAll('.shapelayer path').length") == 1


def test_gaps_are_drawn_and_said(chart):
    page = chart("gaps")
    said = page.page.locator(".icl-live-gaps")
    assert said.inner_text() == "Left as gaps, being infinite or no number: GD (20)."
    page.grab(0.25, 0.02)
    assert said.inner_text() == ""
    page.page.mouse.up()
    page.state("exact")
    assert said.inner_text() == ""
    assert json.dumps(page.paths()).count("NaN") == 0
