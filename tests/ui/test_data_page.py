"""The page of a visitor's own data: pasted, mended, linked, and never a dead end."""

import numpy as np
import pytest

from icl_core.data.parse import read
from icl_core.data.table import is_known

RNG = np.random.default_rng(0)
ROWS = np.round(RNG.normal(size=(40, 4)), 3)
TEXT = "a;b;c;price\n" + "\n".join(
    ";".join(str(value).replace(".", ",") for value in row) for row in ROWS.tolist()
)


def paste(app, text: str):
    app.text_area(key="data:pasted").set_value(text)
    app.button(key="data:use").click().run()
    assert not app.exception
    return app


def test_a_pasted_table_is_predicted_and_its_link_finds_it(open_page):
    app = paste(open_page("data"), TEXT)
    config = app.session_state["data:config"]
    assert (config.target, config.features) == (4, (1, 2, 3))
    assert config.data == read(TEXT).table.key == app.query_params["data"]
    (told,) = [text.value for text in app.markdown if "The model has d = 1" in text.value]
    assert "3 features" in told
    link = next(link.proto for link in app.get("page_link") if "Train one" in link.proto.label)
    assert "dim=3" in link.query_string
    linked = open_page("data", **dict(app.query_params))
    assert linked.session_state["data:config"] == config
    assert not linked.info
    assert [text.value for text in linked.markdown if "your data" in text.value]


def test_problems_are_told_and_left_out_only_when_the_visitor_says_so(open_page):
    app = paste(open_page("data"), TEXT + "\n1;;2;3\n1;red;2;3")
    (warning,) = app.warning
    assert "Row 42, column 2 \\('b'\\)" in warning.value
    assert "Row 43" in warning.value
    assert app.session_state["data:config"].data == "diabetes"
    app.button(key="data:without").click().run()
    assert not app.exception
    assert not app.warning
    assert app.session_state["data:config"].data == read(TEXT).table.key


@pytest.mark.parametrize("text", ["", "a,b", "a,b\n1,2,3", "<b>;[x](y)\n" * 3])
def test_what_is_no_table_is_one_sentence_and_the_old_data_stay(open_page, text):
    app = paste(open_page("data"), text)
    assert len(app.error) == 1
    assert app.session_state["data:config"].data == "diabetes"


def test_a_link_to_data_that_are_gone_says_so_and_shows_the_example(open_page):
    gone = "0123456789abcdef"
    assert not is_known(gone)
    app = open_page("data", data=gone, target="4", features="1,2,3", task="uniform3_d1_n10")
    (info,) = app.info
    assert "paste them again" in info.value
    config = app.session_state["data:config"]
    assert (config.data, config.target, config.task) == ("diabetes", 11, "uniform5_d10_n20")


def test_a_feature_that_becomes_the_target_is_a_feature_no_more(open_page):
    app = open_page("data")
    app.selectbox(key="data_target").set_value(3).run()
    assert not app.exception
    config = app.session_state["data:config"]
    assert config.target == 3
    assert config.features == (1, 2, 4, 5, 6, 7, 8, 9, 10)
    assert config.task.endswith("_d1_n10")


def test_fewer_features_than_any_choice_of_a_model_move_to_one_that_fits(open_page):
    app = open_page("data", features="2,3,4", rows="150", layers="8")
    config = app.session_state["data:config"]
    assert config.task.endswith("_d1_n10")
    assert (config.features, config.layers) == ((2, 3, 4), 6)
    assert not app.error
