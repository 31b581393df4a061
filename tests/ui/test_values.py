"""The value on screen is the value in effect, in the link and in files; a change is said."""

from typing import Any

import pytest

from benchmarks.sweeps import STARTS
from tests.hostile import assert_one_sentence
from tests.ui.conftest import Run


def config(app: Any, page: str) -> Any:
    return app.session_state[f"{page}:config"]


def told(app: Any) -> list[str]:
    return [box.value for box in app.info if "stands in its place" in box.value]


REACHES = [
    ("construction", {"prompt": "40 30 1; 20 -20", "eta": "6"}, "eta", 0.00096),
    ("construction", {"gamma": "50"}, "gamma", 2.0),
    ("construction", {"gamma": "0.001"}, "gamma", 0.0),
    ("gdpp_spectrum", {"dim": "3"}, "dim", 2),
    ("gdpp_spectrum", {"num_context": "30"}, "num_context", 25),
    ("weights", {"snapshot": "900"}, "snapshot", None),
    ("weights", {"rank": "40", "study": "parts"}, "rank", 11),
    ("weights", {"heads": "3"}, "heads", 1),
    ("weights", {"layers": "11"}, "layers", None),
    ("algorithm", {"sigma": "50"}, "sigma", 6.0),
    ("algorithm", {"after": "9"}, "after", 4),
    ("algorithm", {"seed": "5000", "part": "prompt"}, "seed", 999),
    ("noise_and_depth", {"sigma": "50"}, "sigma", 6.0),
    ("noise_and_depth", {"level": "1.2"}, "level", 1.0),
    ("one_prompt", {"sigma": "50"}, "sigma", 6.0),
    ("one_prompt", {"task": "no_such_task"}, "task", None),
    ("train", {"sigma": "50"}, "sigma", 20.0),
]


@pytest.mark.parametrize(("page", "link", "field", "stands"), REACHES)
def test_a_value_out_of_reach_is_told(
    open_page: Run, page: str, link: dict[str, str], field: str, stands: Any
) -> None:
    app = open_page(page, v="1", **link)
    assert len(told(app)) == 1
    assert_one_sentence(ValueError(told(app)[0].replace("**", "")))
    now = getattr(config(app, page), field)
    assert app.session_state[f"{page}_{field}"] == now
    if stands is not None:
        assert now == pytest.approx(stands)
    # The link says what is shown.
    shown = app.query_params.get(field)
    assert shown != link[field]
    # Said once.
    app.run()
    assert not told(app)


@pytest.mark.parametrize("page", ["weights", "algorithm", "noise_and_depth", "gdpp_spectrum"])
def test_a_page_opened_says_nothing(open_page: Run, page: str) -> None:
    assert not told(open_page(page))


def test_a_gamma_beyond_the_eigenvalues_is_told(open_page: Run) -> None:
    app = open_page("gdpp_spectrum", v="1", gamma="50")
    assert len(told(app)) == 1
    now = config(app, "gdpp_spectrum").gamma
    assert 0 < now < 1
    assert float(app.query_params["gamma"]) == pytest.approx(now)


def test_the_context_of_training_in_a_link_is_no_other_one(open_page: Run) -> None:
    """20, of which there is only "as in training" on the slider, became 15."""
    app = open_page("noise_and_depth", v="1", num_context="20", dim="10")
    assert not app.info
    assert config(app, "noise_and_depth").num_context is None


@pytest.mark.parametrize(
    ("typed", "taken"), [("0,4", 0.4), ("2,5", 2.5), (".5", 0.5), ("1e-3", 1e-3), ("+2", 2.0)]
)
def test_numbers_as_people_type_them(open_page: Run, typed: str, taken: float) -> None:
    """A browser's number box made 4 of 0,4 and 25 of 2,5, and showed 0.001 as 0.00."""
    app = open_page("train")
    app.text_input(key="train_sigma:typed").set_value(typed).run()
    assert not app.error
    assert config(app, "train").sigma == taken
    assert float(app.text_input(key="train_sigma:typed").value) == taken


@pytest.mark.parametrize(
    ("field", "typed"),
    [("sigma", "−2"), ("sigma", "1 0"), ("sigma", "21"), ("dim", "2,5"), ("dim", "1,000")],
)
def test_numbers_that_are_refused_stay_to_be_mended(open_page: Run, field: str, typed: str) -> None:
    app = open_page("train")
    before = config(app, "train")
    app.text_input(key=f"train_{field}:typed").set_value(typed).run()
    assert len(app.error) == 1
    assert_one_sentence(ValueError(app.error[0].value.replace("**", "")))
    assert app.text_input(key=f"train_{field}:typed").value == typed
    assert config(app, "train") == before
    app.text_input(key=f"train_{field}:typed").set_value("3").run()
    assert not app.error
    assert getattr(config(app, "train"), field) == 3


def test_levels_with_decimal_commas(open_page: Run) -> None:
    app = open_page("train", v="1", noise="categorical")
    line = app.text_input(key="train_sigmas:typed")
    line.set_value("0,4; 1,5").run()
    assert config(app, "train").sigmas == "0.4, 1.5"
    app.text_input(key="train_sigmas:typed").set_value("0,4").run()
    assert "two ways" in app.error[0].value
    assert config(app, "train").sigmas == "0.4, 1.5"


def test_a_link_makes_no_picture_of_what_it_holds(open_page: Run) -> None:
    app = open_page("one_prompt", v="1", task="![x](http://example.org/x.png)")
    assert "![x](" not in told(app)[0]


HIDING = [
    (page, control, start)
    for page, controls in STARTS.items()
    for control, start in controls.items()
    # Where nothing is hidden: other data have other columns, and charts of home their own controls.
    if page not in ("data", "home")
    # Of charts, or of several widgets:
    and control
    not in ("layer", "layers", "focus", "rank", "damping", "frame", "sigma", "after", "num_context")
] + [("several_layers", "tokens", {"kind": "tied2"})]


@pytest.mark.parametrize(("page", "control", "start"), HIDING)
def test_a_control_that_comes_back_shows_its_value(
    open_page: Run, page: str, control: str, start: dict[str, Any]
) -> None:
    """The browser begins it anew, with what the server's message says."""

    def drawn() -> list[Any]:
        keys = (f"-{page}_{control}", f"-{page}_{control}:typed")
        kinds = ("button_group", "slider", "selectbox", "select_slider", "text_input", "toggle")
        found = [widget.proto for kind in kinds for widget in app.get(kind)]
        return [proto for proto in found if proto.id.endswith(keys)]

    app = open_page(page)
    hides = {field: app.session_state[f"{page}_{field}"] for field in start}
    if page == "several_layers":
        hides = {"kind": "blocks12"}
    for choices in (start, hides, start):
        for field, value in choices.items():
            app.session_state[f"{page}_{field}"] = value
        app.run()
        assert not app.error
    (proto,) = drawn()
    assert proto.set_value
