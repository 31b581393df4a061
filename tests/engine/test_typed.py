"""Numbers as people type them: the number that is meant, or a sentence, never another number."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from icl_core.errors import InputError
from icl_core.lessons.construction.prompt import format_prompt, parse_prompt, parse_start
from icl_core.lessons.train.config import Train
from icl_core.tasks.inputs import GaussianInputs, UniformInputs, parse_inputs
from icl_core.tasks.noise import CategoricalNoise, FixedNoise, UniformNoise, parse_noise
from icl_core.validation import integer, number, numbers
from tests.hostile import assert_one_sentence

WIDE = (-1e6, 1e6)
MEANT = {
    ".5": 0.5,
    "1.": 1.0,
    "1,": 1.0,
    ",5": 0.5,
    "0,4": 0.4,
    "0,400": 0.4,
    "12,50": 12.5,
    "1e-3": 1e-3,
    "1,5E2": 150.0,
    "+2": 2.0,
    "\u22122": -2.0,
    "\u20132,5": -2.5,
    " 3\u00a0": 3.0,
    "10\u2009000": 10_000.0,
    "10\u202f000,5": 10_000.5,
    "1\u202f234.5678": 1234.5678,
    "\u0664": 4.0,
}
NONE = ["", "-", ".", ",", "1 0", "1_0", "1/2", "½", "10⁵", "0x1", "1e", "1.000,5", "--1", "5 %"]
NONE += ["1\u00a02345", "1\u00a0234\u00a05678", "0\u00a0123", "1,000e3"]
NONE += ["1\u20090", "1,2,3", "1e-400", "1,000", "12,345,678", "inf", "nan", "e5", "1.2.3", "1'000"]


@pytest.mark.parametrize("text", MEANT)
def test_what_is_meant(text: str) -> None:
    assert number("It", text, WIDE) == MEANT[text]


@pytest.mark.parametrize("text", NONE)
def test_what_is_no_number_or_may_be_two(text: str) -> None:
    for check in (number, integer):
        with pytest.raises(InputError) as caught:
            check("It", text, WIDE)
        assert_one_sentence(caught.value)


def test_whole_numbers_lose_no_digit() -> None:
    assert integer("It", "9007199254740993", (0, 2**60)) == 9007199254740993
    assert integer("It", "\u22123,0", (-9, 9)) == -3
    assert integer("It", "10\u202f000", (0, 10_000)) == 10_000


LINES = {
    "1, 3": (1, 3),
    "1 3": (1, 3),
    "1;3": (1, 3),
    "0,4; 1,5": (0.4, 1.5),
    "0,4 1,5": (0.4, 1.5),
    "0.4,1.5": (0.4, 1.5),
    "1,2,3": (1, 2, 3),
    "1,-3": (1, -3),
    "1 , 3,": (1, 3),
    "\u22121\u00a02": (-1, 2),
    "2": (2,),
}


@pytest.mark.parametrize("text", LINES)
def test_lines_of_numbers(text: str) -> None:
    assert numbers("It", text, (-9, 9)) == LINES[text]


@pytest.mark.parametrize(
    "text",
    [
        "1,3",
        "0,4",
        "1,2, 3",
        "0,4, 1,5",
        "1,000,000",
        ",5",
        ",5 ,7",
        "1,000,2",
        "1.000,5",
        "1,000e3",
    ],
)
def test_lines_that_can_be_read_in_two_ways(text: str) -> None:
    with pytest.raises(InputError, match=r"two ways|may mean") as caught:
        numbers("It", text, WIDE)
    assert_one_sentence(caught.value)


@given(st.text("0123456789.,;+-−eE   ", max_size=12))
def test_any_line_is_numbers_or_one_sentence(text: str) -> None:
    try:
        found = numbers("It", text, WIDE)
    except InputError as error:
        assert_one_sentence(error)
    else:
        assert numbers("It", "; ".join(map(repr, found)), WIDE) == found
        if len(found) == 1:
            assert number("It", text.strip(" ;").rstrip(","), WIDE) == found[0]


@given(st.floats(-1e6, 1e6))
def test_every_number_written_out_is_itself(value: float) -> None:
    assert number("It", repr(value), WIDE) == value
    assert number("It", repr(value).replace("-", "\u2212"), WIDE) == value


def test_prompts_and_starts() -> None:
    prompt = parse_prompt("0,4 −0,3 1,1; -.5 +.2 −0.9; 0,2 -0,2")
    assert prompt.rows() == [[0.4, -0.3, 1.1], [-0.5, 0.2, -0.9], [0.2, -0.2]]
    assert parse_prompt(format_prompt(prompt.rows())).rows() == prompt.rows()
    assert parse_start("−0,5; 1,5").tolist() == [-0.5, 1.5]
    # Cut after 2000 letters, the last number would have been another one.
    for text in ("1 2; " + " " * 1994 + "12", "1 2;" * 600):
        with pytest.raises(InputError, match="letters"):
            parse_prompt(text)


def test_noise_levels_and_laws() -> None:
    assert Train(sigmas="0,4; 1,5").sigmas == "0.4, 1.5"
    assert Train(sigmas=Train(sigmas="0.123456789; 1").sigmas).sigmas == "0.123456789, 1"
    assert Train(sigma="2,5").sigma == 2.5  # type: ignore[arg-type]  # as a link has it
    assert parse_noise("fixed:.4") == FixedNoise(value=0.4)
    assert parse_noise("uniform:+2.5") == UniformNoise(sigma_max=2.5)
    assert parse_noise("categorical:1,3") == CategoricalNoise(values=(1.0, 3.0))
    assert parse_noise("categorical:0,4;1,5") == CategoricalNoise(values=(0.4, 1.5))
    for text in ("fixed:0,4", "categorical:1_0"):
        with pytest.raises(InputError):
            parse_noise(text)
    assert parse_inputs("uniform:.5") == UniformInputs(width=0.5)
    assert parse_inputs("gaussian:2,5;3") == GaussianInputs(condition=2.5, scale=3.0)
