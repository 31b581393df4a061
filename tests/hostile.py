"""Values as the outside world may send them, and what the engine must answer."""

import math
from typing import Any

from hypothesis import strategies as st

from icl_core.live import View

ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=8,
)


def assert_one_sentence(error: Exception) -> None:
    """One line, short enough to show, ending as sentences do, without a trace of Python's own."""
    text = str(error)
    assert text.endswith("."), text
    assert text.isprintable(), text
    assert len(text) < 400, text
    assert "Traceback" not in text, text


def assert_drawable(view: View) -> None:
    """Every range, tick and colour limit of the figure is a finite number, and ranges have room."""
    layout: dict[str, Any] = view.figure.to_plotly_json()["layout"]
    for name, part in layout.items():
        if name.startswith(("xaxis", "yaxis")) and part.get("range") is not None:
            low, high = map(float, part["range"])
            assert math.isfinite(low + high), (name, low, high)
            assert low != high, name
        if name.startswith("coloraxis"):
            assert -math.inf < part["cmin"] < part["cmax"] < math.inf, (name, part)
        ticks = part.get("tickvals") if isinstance(part, dict) else None
        for tick in ticks if ticks is not None else ():
            assert isinstance(tick, str) or math.isfinite(tick), (name, ticks)
