"""The pages of paper 1: nothing compiles while they are used, wrong text is one sentence."""

from tests.hostile import assert_one_sentence
from tests.ui.conftest import Run


def test_wrong_text_is_one_sentence_and_the_page_lives_on(open_page: Run) -> None:
    app = open_page("construction")
    for field, value in (("start", "abc"), ("prompt", "1 2 3")):
        key, before = f"construction_{field}:typed", app.session_state["construction:config"]
        good = app.text_input(key=key).value
        app.text_input(key=key).set_value(value).run()
        assert not app.exception
        assert len(app.error) == 1
        assert_one_sentence(ValueError(app.error[0].value.replace("**", "")))
        # What was typed can be mended, and the page shows the last good choice meanwhile.
        assert app.text_input(key=key).value == value
        assert app.session_state["construction:config"] == before
        assert len(app.get("bidi_component")) > 3
        app.text_input(key=key).set_value(good).run()
        assert not app.error


def test_a_start_leaves_gdpp(open_page: Run) -> None:
    """GD++ starts at 0 only: another W_0 sets gamma to 0."""
    app = open_page("construction", gamma="0.5")
    assert app.session_state["construction:config"].gamma == 0.5
    app.text_input(key="construction_start:typed").set_value("1, 1").run()
    assert not app.error
    assert app.session_state["construction:config"].gamma == 0


def test_nothing_compiles_while_the_pages_are_used(open_page: Run, compilations: list[str]) -> None:
    app = open_page("one_layer", damping="0.5", part="tests")
    app.segmented_control(key="one_layer_seed").set_value(3).run()
    app.segmented_control(key="one_layer_shift").set_value("law_shift").run()
    open_page("construction", eta="3", layer="5")
    app = open_page("several_layers", frame="12")
    app.segmented_control(key="several_layers_kind").set_value("untied5").run()
    app.segmented_control(key="several_layers_layer").set_value(4).run()
    app.segmented_control(key="several_layers_tokens").set_value("clipped").run()
    app.segmented_control(key="several_layers_kind").set_value("blocks12").run()
    assert not app.exception
    assert not compilations


def test_nothing_compiles_and_seeds_stay_within_a_variant(
    open_page: Run, compilations: list[str]
) -> None:
    app = open_page("variations", variant="heads2", seed="7", frame="3")
    for variant, last in (("grok", 2), ("fixed128", 2), ("norm2", 2)):
        app.selectbox(key="variations_variant").set_value(variant).run()
        assert app.session_state["variations:config"].seed == last
    app.segmented_control(key="variations_seed").set_value(0).run()
    assert not app.exception
    assert not app.error
    assert not compilations


def test_tokens_are_swapped_without_compiling(open_page: Run, compilations: list[str]) -> None:
    app = open_page("copying", seed="4", frame="3")
    app.segmented_control(key="copying_optimiser").set_value("adam").run()
    assert app.session_state["copying:config"].seed == 1
    for model in ("partner", "next"):
        app.selectbox(key="copying_model").set_value(model).run()
    app.segmented_control(key="copying_part").set_value("swap").run()
    app.selectbox(key="copying_second").set_value(1).run()
    app.segmented_control(key="copying_edit").set_value("both").run()
    assert not app.exception
    assert not app.error
    assert not compilations
