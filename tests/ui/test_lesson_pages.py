"""What pages of single lessons do with choices and links."""

from typing import Any

from icl_core.experiments.mixed_noise.claims import claims
from icl_core.experiments.mixed_noise.table import results
from icl_core.lessons.theory.config import PRESETS
from icl_core.zoo.library import MIXED_NOISE, entries_of
from tests.ui.charts import told
from tests.ui.test_controls import move


def list_of(app: Any) -> Any:
    return next(frame.value for frame in app.dataframe if "weights" in frame.value)


def test_switches_turn_omegas_off(open_page):
    app = open_page("algorithm", yy="0.5")
    toggle = next(t for t in app.toggle if t.key == "algorithm_switch_xy")
    assert toggle.value
    toggle.set_value(False).run()
    assert not app.exception
    config = app.session_state["algorithm:config"]
    assert (config.xy, config.yy) == (0.0, 0.5)
    assert app.query_params["xy"] == "0"


def test_another_prompt_is_drawn_with_a_noise_level_of_its_task(open_page):
    app = open_page("one_prompt", task="categorical1-3_d10_n20")
    before = app.session_state["one_prompt_seed"]
    button = next(b for b in app.button if b.label == "Another")
    button.click().run()
    assert not app.exception
    assert app.session_state["one_prompt:config"].sigma in (1.0, 3.0)
    assert app.session_state["one_prompt_seed"] != before


def test_the_theory_page_shows_its_parts_and_computes_nothing_heavy(open_page, compilations):
    app = open_page("theory")
    for part, count in (("two_noise", 3), ("squares", 2)):
        move(app, "theory", "part", part)
        assert len(told(app)) == count
    compilations.clear()
    for field, value in (
        ("kappa", 300.0),
        ("num_context", 20),
        ("levels", "far"),
        ("dim", 100),
        ("part", "squares"),
        ("centred", True),
    ):
        move(app, "theory", field, value)
    assert compilations == []
    assert len(PRESETS) >= 4


def test_the_weights_page_moves_within_what_is_shipped(open_page):
    app = open_page(
        "weights",
        task="categorical1-3_d10_n20",
        layers="9",
        heads="2",
        parametrization="full",
        study="compare",
        other="nobody",
        seed="3",
        focus="12",
    )
    config = app.session_state["weights:config"]
    assert (config.layers, config.heads, config.seed, config.focus) == (7, 1, 0, 7)
    assert config.other == "diag"
    app.segmented_control(key="weights_study").set_value("parts").run()
    assert not app.exception
    assert not app.error


def test_the_models_page_offers_everything(open_page) -> None:
    app = open_page("models", model="full_L2_uniform5_d10_n20")
    table = list_of(app)
    assert len(table) == len(entries_of(MIXED_NOISE))
    said = "\n".join(text.value for text in app.markdown)
    for claim in claims(results()):
        assert claim.said in said
    downloads = {button.proto.label for button in app.get("download_button")}
    assert {"Model", "Its losses", "The run in the movie"} <= downloads
    assert "Its training" not in downloads
    links = [link.proto for link in app.get("page_link")]
    assert {"weights", "noise_and_depth"} <= {link.page for link in links}
    assert any("layers=2" in link.query_string for link in links if link.page == "weights")


def test_the_filter_narrows_the_list_and_the_link(open_page) -> None:
    app = open_page("models", parametrization="gdpp", layers="3")
    assert set(list_of(app)["weights"]) == {"GD++"}
    assert set(list_of(app)["L"]) == {3}


def test_a_model_of_a_link_that_is_not_shipped_gives_way(open_page) -> None:
    app = open_page("models", model="full_L99_uniform5_d10_n20")
    assert app.session_state["models:config"].model in {e.name for e in entries_of(MIXED_NOISE)}
