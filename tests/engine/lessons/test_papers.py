"""Where the papers have what a view shows."""

import pytest

from icl_core.lessons.catalog import LESSONS
from icl_core.lessons.papers import NOWHERE, PLACES, place_of


@pytest.mark.parametrize("page", PLACES)
def test_every_place_belongs_to_a_view(page: str):
    assert set(PLACES[page]) <= set(LESSONS[page].views)


def test_a_place_is_told_in_a_sentence():
    told = place_of("several_layers", "layers")
    assert told == "In the papers: von Oswald et al. 2023, figure 3."
    assert place_of("data", "errors") == NOWHERE
