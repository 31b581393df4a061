"""What the JavaScript in frontend/ is told of a view."""

import math
from collections.abc import Mapping
from dataclasses import asdict
from functools import cache
from pathlib import Path
from typing import Any
from weakref import WeakKeyDictionary

import plotly

from icl_core.live.figure import breaks, for_browser, gaps, sized
from icl_core.live.view import Readout, View
from icl_core.plots.style import HEIGHT, TEMPLATES

FRONTEND = Path(__file__).parent / "frontend"
"""The JavaScript and the style of live charts."""
PLOTLY_FOLDER = Path(plotly.__file__).parent / "package_data"
"""Where the installed plotly package keeps plotly.min.js."""


def message(view: View, *, question: int = 0, exact: bool = True) -> dict[str, Any]:
    """A view as `LiveChart.update` in frontend/chart.mjs reads it; its source travels apart.

    `question` is the number of the browser's release that this answers; `exact` says whether the
    figure is the engine's own result.

    Raises:
        InputError: The parts of the view do not fit together, or the figure is too large.
    """
    return _drawn(view) | {
        "role": "chart",
        "controls": [control.sent() for control in view.controls],
        "values": dict(view.follows) | {control.name: control.value for control in view.controls},
        "question": question,
        "source": None if view.source is None else view.source.digest,
        "readouts": [_sent(readout) for readout in view.readouts],
        "exact": exact,
        "link": None if view.link is None else asdict(view.link),
        "templates": _templates(),
        "said": view.said,
        "title": view.title,
        "alt": view.alt,
        "fileName": view.name,
    }


_DRAWN: WeakKeyDictionary[View, dict[str, Any]] = WeakKeyDictionary()
"""What has been made of the figures of views that somebody keeps."""


def _drawn(view: View) -> dict[str, Any]:
    known = _DRAWN.get(view)
    if known is None:
        plain = view.plain()
        sent = for_browser(plain)
        known = _DRAWN[view] = {
            "figure": sized(sent),
            "names": {trace["uid"]: trace.get("name") or trace["uid"] for trace in sent["data"]},
            "gaps": gaps(sent),
            "breaks": breaks(sent),
            "height": plain["layout"].get("height") or HEIGHT,
        }
    return known


@cache
def _templates() -> Mapping[str, Any]:
    return {mode: template.to_plotly_json() for mode, template in TEMPLATES.items()}


def _sent(readout: Readout) -> dict[str, Any]:
    value = readout.value if math.isfinite(readout.value) else None
    return {**asdict(readout), "value": value}
