"""Choices come back from JSON and from links, and what is not ours is refused."""

import json
from dataclasses import replace
from urllib.parse import parse_qsl

import pytest
from hypothesis import given
from hypothesis import strategies as st

from icl_core.errors import InputError
from icl_core.export.recipe import (
    HOME,
    MAX_CONFIG_BYTES,
    Recipe,
    config_json,
    link_values,
    look_in_link,
    parse_config,
    permalink,
    to_text,
)
from icl_core.lessons.catalog import LESSONS
from icl_core.lessons.noise_and_depth.config import NoiseAndDepth
from icl_core.lessons.weights.config import Weights
from icl_core.live.look import PLAIN, Look
from tests.hostile import ANY_JSON, assert_one_sentence

RECIPES = [
    pytest.param(Recipe(page=page, figure=figure, config=config), id=f"{page}: {figure}, {name}")
    for page, lesson in LESSONS.items()
    for figure in lesson.views
    for name, config in lesson.presets.items()
]


@pytest.mark.parametrize("recipe", RECIPES)
def test_choices_come_back(recipe):
    assert parse_config(config_json(recipe), LESSONS) == recipe


@pytest.mark.parametrize("recipe", RECIPES)
def test_the_permalink_holds_the_choices(recipe):
    link = permalink(recipe, "https://example.org/icl/")
    address, _, query = link.partition("?")
    name = "" if recipe.page == HOME else recipe.page
    assert address == f"https://example.org/icl/{name}"
    values = dict(parse_qsl(query))
    assert values.pop("v") == "1"
    default = type(recipe.config)()
    assert type(default).from_dict(default.to_dict() | values) == recipe.config


def whole() -> dict[str, object]:
    config = LESSONS["weights"].config()
    return json.loads(config_json(Recipe(page="weights", figure="theory", config=config)))


def changed(**entries: object) -> bytes:
    return json.dumps(whole() | entries).encode()


def without(name: str) -> bytes:
    return json.dumps({key: value for key, value in whole().items() if key != name}).encode()


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"", "no valid JSON"),
        (b"\xff\xfe", "no text"),
        (b"[]", "expected an object"),
        (b"null", "expected an object"),
        (b"{" * 50_000, "no valid JSON"),
        (b"NaN", "no valid JSON"),
        (b'{"version": 1, "page": "weights", "page": "theory"}', "'page' stands there twice"),
        (changed(version=2), "version 2: expected 1"),
        (changed(version="1"), "version '1': expected 1"),
        (changed(version=True), "version True: expected 1"),
        (changed(version=[]), "expected 1"),
        (without("version"), "version None"),
        (changed(page="nowhere"), "expected one of home, construction"),
        (changed(page=["weights"]), "expected one of home, construction"),
        (without("page"), "The page of the configuration is None"),
        (changed(figure="depth"), "expected one of heatmaps, theory, omegas"),
        (changed(figure={"a": 1}), "expected one of heatmaps, theory, omegas"),
        (without("figure"), "The figure of the configuration is None"),
        (changed(config=None), "expected an object"),
        (changed(config={"layers": 10**9}), "out of range"),
        (changed(config={"task": "x" * 10_000}), "expected a name"),
        (changed(config={"unknown": 1}), "no entry 'unknown'"),
        (changed(extra=1), "an entry 'extra'"),
        (changed(look=[]), "expected an object"),
        (changed(look={"zoom": [["z", 0, 1]]}), "on the axis 'z'"),
        (b" " * (MAX_CONFIG_BYTES + 1), "expected at most"),
    ],
)
def test_a_hostile_file_of_choices_is_one_sentence(data, says):
    with pytest.raises(InputError) as caught:
        parse_config(data, LESSONS)
    assert_one_sentence(caught.value)
    assert says in str(caught.value)


def test_a_choice_that_a_file_leaves_out_is_told():
    every = set(LESSONS["weights"].config().to_dict())
    recipe = parse_config(changed(config={"layers": 2}), LESSONS)
    assert set(recipe.defaulted) == every - {"layers"}
    assert all(name in recipe.gaps() for name in every - {"layers"})
    assert_one_sentence(ValueError(recipe.gaps()))
    assert parse_config(changed(), LESSONS).gaps() == ""


def test_how_a_figure_is_drawn_goes_with_its_choices():
    look = Look.read("hide:GD,a~2Cb!y:0.1,1!width:84!type:8")
    recipe = Recipe(page="weights", figure="omegas", config=Weights(), look=look)
    assert parse_config(config_json(recipe), LESSONS).look == look
    assert "look" not in json.loads(config_json(replace(recipe, look=PLAIN)))
    values = dict(parse_qsl(permalink(recipe).partition("?")[2]))
    assert look_in_link(values["look"], "omegas") == look
    assert look_in_link(values["look"], "theory") == PLAIN


def test_a_file_that_an_editor_saved_with_a_mark_is_read():
    assert parse_config(b"\xef\xbb\xbf" + changed(), LESSONS) == parse_config(changed(), LESSONS)


@given(st.binary(max_size=300))
def test_no_bytes_raise_anything_else(data):
    with pytest.raises(InputError):
        parse_config(data, LESSONS)


@given(st.sampled_from(["version", "page", "figure", "config", "other"]), ANY_JSON)
def test_no_value_of_an_entry_raises_anything_else(entry, value):
    try:
        recipe = parse_config(json.dumps(whole() | {entry: value}).encode(), LESSONS)
    except InputError as error:
        assert_one_sentence(error)
    else:
        assert recipe.page in LESSONS


@given(ANY_JSON)
def test_no_value_of_a_field_raises_anything_else(value):
    for lesson in LESSONS.values():
        default = lesson.config()
        for field in default.to_dict():
            try:
                lesson.config.from_dict(default.to_dict() | {field: value})
            except InputError as error:
                assert_one_sentence(error)


def test_link_texts_are_short_and_exact():
    assert [to_text(v) for v in (True, 0.125, ("gdpp", "full"), 7)] == [
        "1",
        "0.125",
        "gdpp,full",
        "7",
    ]
    changed = link_values(NoiseAndDepth(layers=2), NoiseAndDepth())
    assert changed == {"v": "1", "layers": "2"}
