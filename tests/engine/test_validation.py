"""Values from outside: each is accepted in its proper type or refused in one sentence."""

import dataclasses
import json
import math

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from icl_core.algorithms.descent import GDPlusPlus, GradientDescent
from icl_core.algorithms.ridge import AdaRR, BayesRR, ConstRR, OracleRR, TunedRR
from icl_core.errors import InputError
from icl_core.tasks.linear import LinearTask
from icl_core.tasks.noise import CategoricalNoise, FixedNoise, UniformNoise
from icl_core.training import PlainConfig, TrainingConfig
from icl_core.validation import LIMITS, Config, choice, integer, mapping, number
from tests.hostile import ANY_JSON, assert_one_sentence

CONFIGS: tuple[type[Config], ...] = (
    FixedNoise,
    UniformNoise,
    CategoricalNoise,
    LinearTask,
    GradientDescent,
    GDPlusPlus,
    ConstRR,
    TunedRR,
    AdaRR,
    OracleRR,
    BayesRR,
    TrainingConfig,
    PlainConfig,
)


@pytest.mark.parametrize("name", LIMITS)
def test_limits_are_inclusive(name: str) -> None:
    low, high = LIMITS[name]
    assert number("It", low, name) == low
    assert number("It", high, name) == high
    for outside in (math.nextafter(low, -math.inf), math.nextafter(high, math.inf), -1e300):
        with pytest.raises(InputError, match="It is") as caught:
            number("It", outside, name)
        assert_one_sentence(caught.value)


@pytest.mark.parametrize(
    "name", [name for name, pair in LIMITS.items() if isinstance(pair[0], int)]
)
def test_whole_limits_are_inclusive(name: str) -> None:
    low, high = map(int, LIMITS[name])
    assert integer("It", low, name) == low
    assert integer("It", high, name) == high
    for outside in (low - 1, high + 1):
        with pytest.raises(InputError, match="out of range") as caught:
            integer("It", outside, name)
        assert_one_sentence(caught.value)


def test_good_values_get_their_type() -> None:
    for value in (3, 3.0, "3", " 3 ", "3e0"):
        assert type(integer("It", value, (0, 9))) is int
        assert type(number("It", value, (0, 9))) is float
        assert integer("It", value, (0, 9)) == number("It", value, (0, 9)) == 3
    assert integer("It", 2**53 + 1, (0, 2**60)) == 2**53 + 1


@pytest.mark.parametrize(
    "value", [3.5, True, False, "3.5", None, "three", [], {}, math.nan, math.inf]
)
def test_no_whole_number(value: object) -> None:
    with pytest.raises(InputError, match="no whole number") as caught:
        integer("It", value, (0, 9))
    assert_one_sentence(caught.value)


@pytest.mark.parametrize(
    "value",
    [True, "", "nan", "-inf", math.nan, math.inf, None, [1], "1,5,2", "1 0", "1_0", "10⁵", 1j],
)
def test_no_number(value: object) -> None:
    with pytest.raises(InputError, match=r"no (finite )?number") as caught:
        number("It", value, (0, 9))
    assert_one_sentence(caught.value)


@given(ANY_JSON)
@example("9" * 5000)
@example(10**400)
@example("\x00\n\u202e")
@example([[[[[]]]]] * 100)
def test_any_value_is_accepted_or_refused_in_one_sentence(value: object) -> None:
    for check in (
        lambda: number("It", value, (-1, 1)),
        lambda: integer("It", value, (-1, 1)),
        lambda: choice("It", value, ["a", "b"]),
        lambda: mapping("It", value),
    ):
        try:
            check()
        except InputError as error:
            assert_one_sentence(error)


def test_choice_names_what_is_allowed() -> None:
    assert choice("The kind", "full", ("diag", "full")) == "full"
    with pytest.raises(InputError, match="The kind is 'Full': expected one of diag, full"):
        choice("The kind", "Full", ("diag", "full"))


def test_mapping_copies() -> None:
    given = {"a": 1}
    assert mapping("It", given) == given
    assert mapping("It", given) is not given


@pytest.mark.parametrize("config", CONFIGS, ids=lambda config: config.__name__)
@given(value=ANY_JSON, data=st.data())
def test_any_json_is_a_config_or_one_sentence(
    config: type[Config], value: object, data: st.DataObject
) -> None:
    """Hostile as a whole, and hostile in any one of its entries."""
    names = [field.name for field in dataclasses.fields(config)]  # type: ignore[arg-type]
    name = data.draw(st.sampled_from([*names, "extra"]))
    entries = dict.fromkeys(names, 1) | {name: value}
    for candidate in (value, entries, {name: value}):
        try:
            made = config.from_dict(candidate)
        except InputError as error:
            assert_one_sentence(error)
        else:
            again = config.from_dict(json.loads(json.dumps(made.to_dict())))
            assert again == made
            assert hash(again) == hash(made)


def test_replace_validates_again() -> None:
    with pytest.raises(InputError, match="strength"):
        ConstRR(strength=1).replace(strength=-1)
    assert ConstRR(strength=1).replace(strength=2).strength == 2


def test_configs_are_frozen_and_keyword_only() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        ConstRR(strength=1).strength = 2  # type: ignore[misc]
    with pytest.raises(TypeError):
        ConstRR(1)  # type: ignore[misc]


def test_unknown_and_missing_entries_are_named() -> None:
    with pytest.raises(InputError, match="no entry 'speed'"):
        GradientDescent.from_dict({"etas": [0.1], "speed": 3})
    with pytest.raises(InputError, match="lacks the entry 'etas'"):
        GradientDescent.from_dict({})
