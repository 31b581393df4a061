"""Lab: how every method looks, on all pages and in all exports."""

from itertools import combinations

import streamlit as st

from icl_core.live import View
from icl_core.plots import METHODS
from icl_core.plots.style import SURFACES
from icl_core.plots.swatches import diverging_scale, method_lines
from icl_core.plots.vision import VISIONS, contrast, difference
from ui.chart import chart
from ui.frame import finding, heading

PAGE = "style"
PAGES = (SURFACES["paper"].background, st.get_option("theme.dark.backgroundColor"))
"""Of the lightest page and the darkest."""


def legible() -> str:
    """What makes the methods easy to tell apart, with its numbers."""
    faintest = min(contrast(style.color, page) for style in METHODS.values() for page in PAGES)
    nearest = min(
        difference(one.color, other.color, vision)
        for one, other in combinations(METHODS.values(), 2)
        if one.dash == other.dash
        for vision in VISIONS
    )
    return (
        f"No two methods share a marker. Lines of the same dash differ in colour by at least "
        f"**{nearest:.0f}** in CIE Lab, for the usual eye and for the three kinds of colour "
        f"blindness, and every colour stands out from white and from the dark page by "
        f"**{faintest:.1f} : 1** or more."
    )


def table() -> str:
    """Names and meanings in markdown."""
    rows = [f"| {style.label} | {style.about} |" for style in METHODS.values()]
    return "\n".join(["| method | what it is |", "|-|-|", *rows])


heading(
    "Style",
    "A method has one colour, one dash, one marker and one place in the order, on every page and "
    "in every file that leaves the app: in colour, in a grey print, and for colour-blind readers.",
)
finding(legible())
chart(
    View(
        figure=method_lines(),
        caption="On the right, colours are gone: what is left are the dash, the marker and some "
        "lightness. **Data** has the names of colours, dashes and markers.",
    ),
    key="methods",
    page=PAGE,
)
st.markdown(table())
chart(
    View(
        figure=diverging_scale(),
        caption="Matrices are drawn in these colours: orange below 0, blue above, the page itself "
        "at 0. A grey print keeps how large an entry is and loses its sign.",
    ),
    key="scale",
    page=PAGE,
)
