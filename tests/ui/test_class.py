"""What the sessions of a class share."""

from functools import wraps
from typing import Any

import pytest

from icl_core.lessons.catalog import LESSONS
from icl_core.live.chart import FINISHED
from tests.ui.charts import told
from tests.ui.conftest import Run
from ui.presets import preset_link
from ui.steps import step_link

PAGE = "construction"


@pytest.fixture
def built(monkeypatch) -> list[str]:
    """The views of the page that were built; no chart is kept from before."""
    names: list[str] = []

    def counted(name: str, view: Any) -> Any:
        @wraps(view)
        def build(*given: Any) -> Any:
            names.append(name)
            return view(*given)

        return build

    for name, view in LESSONS[PAGE].views.items():
        monkeypatch.setitem(LESSONS[PAGE].views, name, counted(name, view))
    monkeypatch.setattr(FINISHED, "_places", type(FINISHED._places)())
    monkeypatch.setattr(FINISHED, "held", 0.0)
    return names


@pytest.mark.parametrize("link", [{}, step_link(PAGE, 1)], ids=["as it opens", "in a step"])
def test_the_second_session_builds_nothing_and_is_sent_the_same(
    open_page: Run, built: list[str], link: dict[str, str]
) -> None:
    first = told(open_page(PAGE, **link))
    assert sorted(built) == sorted(set(built)) != [], "each view once"
    built.clear()
    assert told(open_page(PAGE, **link)) == first
    assert built == []


def test_a_step_keeps_its_answer_from_what_the_page_shows(open_page: Run, built: list[str]) -> None:
    """Whoever comes first: what is kept for one is not shown to the other."""
    whole = told(open_page(PAGE, **preset_link(LESSONS[PAGE].steps[0].config)))
    asked = told(open_page(PAGE, **step_link(PAGE, 1)))
    assert [chart["figure"] for chart in whole] != [chart["figure"] for chart in asked]
