import pytest

from icl_core.lessons.shared.words import TERMS, meanings, plus_minus, short
from icl_core.plots.methods import METHODS


@pytest.mark.parametrize(
    ("value", "error", "text"),
    [
        (0.75123, 0.0312, "+0.75 ± 0.03"),
        (9.4, 2.2, "+9 ± 2"),
        (56.0, 25.0, "+56 ± 25"),
        (0.206178, 8e-06, "+0.206178 ± 0.000008"),
        (1.234e-15, 4e-17, "(+1.23 ± 0.04)·10⁻¹⁵"),
        (-2e-7, 3e-6, "(+0 ± 3)·10⁻⁶"),
    ],
)
def test_numbers_are_written_to_the_first_digit_of_their_error(value, error, text):
    assert plus_minus(value, error, sign="+") == text


@pytest.mark.parametrize(
    ("value", "digits", "text"),
    [
        (0.0, 3, "0"),
        (6493.0, 3, "6,490"),
        (35.06, 3, "35.1"),
        (100.0, 3, "100"),
        (0.00083, 1, "0.0008"),
        (0.99999, 3, "1"),
        (8.3e-5, 1, "0.00008"),
        (8.3e-6, 2, "8.3·10⁻⁶"),
        (2.22e-16, 1, "2·10⁻¹⁶"),
        (9.996e-17, 3, "1·10⁻¹⁶"),
        (1.5e12, 2, "1.5·10¹²"),
        (float("inf"), 3, "inf"),
    ],
)
def test_short_numbers_are_written_as_people_write_them(value, digits, text):
    assert short(value, digits) == text


def test_meanings_stand_in_the_order_of_every_legend():
    named = meanings(("bayes_rr", "gd", "full"), ("σ",))
    assert list(named) == ["GD", "FULL", "Bayes", "σ"]
    assert named["GD"] == METHODS["gd"].about
    assert named["σ"] == TERMS["σ"]
    with pytest.raises(KeyError):
        meanings((), ("sigma",))
