"""The playground's chart with twenty points and eight layers, for benchmarks/playground.py.

No model of one input ships with eight layers. This one has the six of the deepest and two of them
again: what its numbers are does not change what they take to compute and to draw.
"""

from dataclasses import replace

import numpy as np
import streamlit as st

from icl_core.lessons import playground as lesson
from icl_core.lessons.playground.config import Playground
from icl_core.lessons.playground.measure import Known
from icl_core.lessons.playground.views import line_view
from icl_core.models.linear import LinearTransformer
from ui.live import live_chart

LAYERS = 8
POINTS = "; ".join(["0 0", *(f"{0.3 * i:.1f} {0.4 * i + (-1) ** i:.1f}" for i in range(-9, 10))])
"""The first in the middle of the chart, where it is taken."""
CONFIG = Playground(prompt=POINTS, layers=6, layer=6, revealed=True)


def deeper(known: Known) -> Known:
    """With LAYERS layers, and as many steps of descent."""
    order = np.arange(LAYERS) % known.model.num_layers
    P, Q = (np.asarray(part)[order] for part in (known.model.P, known.model.Q))
    etas = tuple(known.descent.etas[k] for k in order)
    model, descent = LinearTransformer(P=P, Q=Q), replace(known.descent, etas=etas)
    return replace(known, model=model, descent=descent)


st.set_page_config(layout="wide")
live_chart(line_view(CONFIG, deeper(lesson.measure(CONFIG))), key="playground")
