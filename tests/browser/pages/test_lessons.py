"""The lessons: dragging, the exact answer, zoom, links, the back button, the keyboard."""

from collections.abc import Callable

import numpy as np
import pytest

from icl_core.lessons import gdpp_spectrum as spectrum
from icl_core.lessons import noise_and_depth, weights
from icl_core.lessons.gdpp_spectrum.config import GdppSpectrum
from icl_core.lessons.noise_and_depth.config import NoiseAndDepth
from icl_core.lessons.shared import losses
from icl_core.lessons.weights.config import Weights
from icl_core.lessons.weights.measure import read
from icl_core.plots.figure import Figure
from tests.browser.pages.conftest import Opened

pytestmark = pytest.mark.browser

LOOK = """[...plot.querySelectorAll(
  '.cartesianlayer .js-line, .cartesianlayer .point, .cartesianlayer .hm image')].map(
  (mark) => ['d', 'transform', 'href'].map((name) => mark.getAttribute(name)))"""


def gamma_answer(asked: str) -> Figure:
    config = GdppSpectrum(gamma=float(asked))
    return spectrum.VIEWS["passage"](config, spectrum.measure(config)).figure


def sigma_answer(asked: str) -> Figure:
    config = NoiseAndDepth(sigma=float(asked))
    return noise_and_depth.VIEWS["layers"](config, losses.measure(config.task)).figure


def depth_answer(asked: str) -> Figure:
    config = NoiseAndDepth(layers=int(asked))
    return noise_and_depth.VIEWS["profile"](config, losses.measure(config.task)).figure


def snapshot_answer(asked: str) -> Figure:
    config = Weights(snapshot=int(asked))
    return weights.VIEWS["heatmaps"](
        config, read(config.task, config.parametrization, config.layers)
    ).figure


@pytest.mark.parametrize(
    ("name", "link", "chart", "field", "answer"),
    [
        ("gdpp_spectrum", {}, 0, "gamma", gamma_answer),
        ("noise_and_depth", {}, 1, "layers", depth_answer),
        ("noise_and_depth", {"part": "layers"}, 1, "sigma", sigma_answer),
        ("weights", {}, 0, "snapshot", snapshot_answer),
        ("train", {}, 0, None, None),
    ],
)
def test_a_drag_redraws_alone_and_its_release_brings_what_the_engine_says(
    visit, name, link, chart, field, answer
):
    opened = visit(name, **link)
    watched = opened.watched
    before, sent = watched.plot(LOOK, chart), len(watched.sent)
    watched.grab(0.9, 0.5)
    held = watched.plot(LOOK, chart)
    watched.carry_to(0.1)
    assert before != held != watched.plot(LOOK, chart)
    watched.carry_to(0.66)
    assert len(watched.sent) == sent
    with watched.a_message():
        watched.page.mouse.up()
    watched.state("exact", chart)
    if field:
        asked = opened.moved(field)
        assert_shows(opened.numbers()[chart], answer(asked))
    assert len(watched.sent) == sent + 1


def assert_shows(shown: list, expected: Figure) -> None:
    """What a chart has plotted is the figure, to the last digit but one."""
    assert len(shown) == len(expected.data)
    for (_, x, y, z), trace in zip(shown, expected.data, strict=True):
        if trace.type == "heatmap":
            np.testing.assert_allclose(z, trace.z, rtol=1e-12)
        else:
            np.testing.assert_allclose(
                np.array([x, y], float), np.array([trace.x, trace.y], float), rtol=1e-12
            )


@pytest.mark.parametrize(
    ("name", "field", "option"),
    [("noise_and_depth", "statistic", "median"), ("gdpp_spectrum", "dim", "5")],
)
def test_zoom_and_legend_survive_other_data(visit, name, field, option):
    opened = visit(name)
    watched = opened.watched
    opened.page.locator(".icl-live-plot").first.locator(".legendtoggle").first.click()
    watched.wait_until(
        "document.querySelector('.icl-live-plot').data.some((t) => t.visible === 'legendonly')"
    )
    zoomed, numbers = watched.zoom(), opened.numbers()
    hidden = "plot.data.filter((t) => t.visible === 'legendonly').map((t) => t.uid)"
    chosen = watched.plot(hidden)
    opened.choose(field, option)
    opened.linked({field: option})
    watched.state("exact")
    assert opened.numbers()[0] != numbers[0]
    assert watched.ranges() == zoomed
    assert watched.plot(hidden) == chosen

    opened.page.get_by_role("button", name="Whole view").first.click()
    assert watched.ranges() != zoomed
    opened.page.go_back()
    opened.linked({})
    opened.shows(numbers)
    assert watched.ranges() != zoomed


def drag(opened: Opened, slider: int, field: str) -> str:
    opened.watched.grab(0.9, 0.35, slider)
    opened.page.mouse.up()
    return opened.moved(field)


def choose(opened: Opened, field: str, option: str, value: str = "") -> str:
    opened.choose(field, option)
    assert opened.moved(field) == (value or option)
    return value or option


Change = Callable[[Opened], str]
CHANGES: dict[str, dict[str, Change]] = {
    "noise_and_depth": {
        "statistic": lambda opened: choose(opened, "statistic", "median"),
        "layers": lambda opened: drag(opened, 0, "layers"),
    },
    "gdpp_spectrum": {
        "dim": lambda opened: choose(opened, "dim", "5"),
        "gamma": lambda opened: drag(opened, 0, "gamma"),
    },
    "weights": {
        "snapshot": lambda opened: drag(opened, 0, "snapshot"),
        "coordinates": lambda opened: choose(opened, "coordinates", "raw"),
    },
    "algorithm": {
        "layers": lambda opened: choose(opened, "layers", "2"),
        "yy": lambda opened: drag(opened, 0, "yy"),
    },
    "train": {
        "heads": lambda opened: choose(opened, "heads", "2"),
        "parametrization": lambda opened: choose(opened, "parametrization", "FULL", "full"),
    },
    "models": {
        "quantity": lambda opened: choose(opened, "quantity", "loss"),
        "statistic": lambda opened: choose(opened, "statistic", "median"),
    },
}
"""Two changes a page, by the field of the link they change."""


def sliders(opened: Opened) -> list[str]:
    """Where the controls on the charts stand."""
    return opened.page.locator(".icl-live output").all_inner_texts()


@pytest.mark.parametrize("name", CHANGES)
def test_a_copied_link_and_the_back_button_restore_everything(visit, name):
    opened = visit(name)
    states = [({}, opened.numbers(), sliders(opened), opened.pressed())]
    for field, change in CHANGES[name].items():
        link = states[-1][0] | {field: change(opened)}
        states.append((link, opened.numbers(), sliders(opened), opened.pressed()))
    assert len({repr(state) for state in states}) == 3

    other = visit(name, {"color_scheme": "dark"}, **states[-1][0])
    other.shows(states[-1][1])
    assert (sliders(other), other.pressed()) == states[-1][2:]
    assert other.link == opened.link

    def step(there: Callable[[], object], number: int) -> None:
        link, numbers, values, pressed = states[number]
        there()
        opened.linked(link)
        opened.shows(numbers)
        assert sliders(opened) == values
        assert opened.pressed() == pressed

    step(opened.page.go_back, 1)
    step(opened.page.go_back, 0)
    step(opened.page.go_forward, 1)
    step(opened.page.go_forward, 2)


def test_what_is_first_unfolded_after_a_change_holds_what_was_chosen(visit):
    """The browser makes a folded widget when its button is pressed, perhaps many runs later."""
    opened = visit("train", dim="5", layers="3", seed="7", seconds="30", noise="fixed", sigma="2")
    opened.choose("parametrization", "FULL")
    opened.moved("parametrization")
    kept = opened.link
    opened.more()
    opened.rest()
    opened.page.wait_for_timeout(500)
    assert opened.link == kept
    box = opened.page.get_by_label("Seed", exact=True)
    assert box.input_value() == "7"


def test_the_player_by_keyboard(visit):
    opened = visit("weights")
    opened.page.locator(".icl-live").first.focus()
    shown = sliders(opened)[0]
    for _ in range(3):
        opened.page.keyboard.press("ArrowLeft")
    default = Weights()
    last = read(default.task, default.parametrization, default.layers).last
    opened.linked({"snapshot": str(last - 3)})
    assert sliders(opened)[0] != shown
    opened.page.keyboard.press("Home")
    opened.linked({"snapshot": "0"})
    assert sliders(opened)[0] == "0 updates"
    opened.page.keyboard.press("Space")
    opened.watched.wait_until(
        "document.querySelector('.icl-live output').textContent !== '0 updates'"
    )
    opened.page.keyboard.press("Space")
    assert int(opened.moved("snapshot")) >= 0


def test_a_click_on_a_row_of_the_list_opens_the_model(visit):
    opened = visit("models")
    opened.page.get_by_role("tab", name="All models").click()
    opened.choose("layers", "2")
    opened.moved("layers")
    # The list is drawn on a canvas: below its heads, the first column picks a row.
    shown = opened.page.locator("[data-testid=stDataFrame]:visible")
    shown.click(position={"x": 18, "y": 52})
    assert opened.moved("model").startswith("gdpp_L2_")
    assert opened.page.get_by_role("heading", name="GD++, L = 2").count() == 1
