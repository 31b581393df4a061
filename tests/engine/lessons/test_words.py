import pytest

from icl_core.lessons.words import TERMS, meanings, plus_minus
from icl_core.plots.style import METHODS


@pytest.mark.parametrize(
    ("value", "error", "text"),
    [
        (0.75123, 0.0312, "+0.75 ± 0.03"),
        (9.4, 2.2, "+9 ± 2"),
        (56.0, 25.0, "+56 ± 25"),
        (0.206178, 8e-06, "+0.206178 ± 0.000008"),
    ],
)
def test_numbers_are_written_to_the_first_digit_of_their_error(value, error, text):
    assert plus_minus(value, error, sign="+") == text


def test_meanings_stand_in_the_order_of_every_legend():
    named = meanings(("bayes_rr", "gd", "full"), ("σ",))
    assert list(named) == ["GD", "FULL", "Bayes", "σ"]
    assert named["GD"] == METHODS["gd"].about
    assert named["σ"] == TERMS["σ"]
    with pytest.raises(KeyError):
        meanings((), ("sigma",))
