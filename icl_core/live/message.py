"""What the JavaScript in frontend/ is told of a view."""

import json
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from typing import Any

import plotly

from icl_core.live.controls import Control
from icl_core.live.dressed import dressed, ranges
from icl_core.live.figure import breaks, for_browser, gaps, sized
from icl_core.live.look import PLAIN, Look
from icl_core.live.view import Readout, View
from icl_core.plots.style import HEIGHT, TEMPLATES

FRONTEND = Path(__file__).parent / "frontend"
"""The JavaScript and the style of live charts."""
PLOTLY_FOLDER = Path(plotly.__file__).parent / "package_data"
"""Where the installed plotly package keeps plotly.min.js."""


def message(
    view: View, *, question: int = 0, exact: bool = True, look: Look = PLAIN
) -> dict[str, Any]:
    """A view as `LiveChart.update` in frontend/chart.mjs reads it; its source travels apart.

    `question` is the number of the browser's release that this answers; `exact` says whether the
    figure is the engine's own result; `look` is what the chart begins with.

    Raises:
        InputError: The parts of the view do not fit together, or the figure is too large.
    """
    return _lasting(view, look) | {"question": question, "exact": exact}


def _lasting(view: View, look: Look = PLAIN) -> dict[str, Any]:
    """What of a message follows from the view and its look alone."""
    zoom, view = ranges(look, view.figure), dressed(view, look, alive=True)
    plain = view.plain()
    sent = for_browser(plain)
    return {
        "role": "chart",
        "zoom": zoom,
        "figure": sized(sent),
        "names": {trace["uid"]: trace.get("name") or trace["uid"] for trace in sent["data"]},
        "gaps": gaps(sent),
        "breaks": breaks(sent),
        "height": plain["layout"].get("height") or HEIGHT,
        "controls": [control.sent() for control in view.controls],
        "values": {control.name: control.value for control in view.controls},
        "source": None if view.source is None else view.source.digest,
        "readouts": [_sent(readout) for readout in view.readouts],
        "link": None if view.link is None else asdict(view.link),
        "templates": _templates(),
        "said": view.said,
        "title": view.title,
        "alt": view.alt,
        "fileName": view.name,
    }


@dataclass(frozen=True, kw_only=True)
class Finished:
    """All that a page shows of a view, ready to be sent: no figure is behind it any more."""

    title: str
    caption: str
    names: tuple[str, ...]
    """Of the lines that are drawn."""
    controls: tuple[Control, ...]
    body: bytes
    """The message as JSON in UTF-8, but for what changes from one sending to the next."""
    source: bytes | None

    def packed(self, **more: Any) -> bytes:
        """The message with the entries that belong to one sending: `question`, `exact` and what
        else a page has to say."""
        return json.dumps(more, ensure_ascii=False).encode()[:-1] + b", " + self.body[1:]


def finished(view: View, look: Look = PLAIN) -> Finished:
    """What a page shows of `view`, which begins with this look.

    Raises:
        InputError: The parts of the view do not fit together, or the figure is too large.
    """
    told = _lasting(view, look)
    text = json.dumps(told, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return Finished(
        title=view.title,
        caption=view.caption,
        names=tuple(told["names"].values()),
        controls=tuple(view.controls),
        body=text.encode(),
        source=None if view.source is None else view.source.packed,
    )


@cache
def _templates() -> Mapping[str, Any]:
    return {mode: template.to_plotly_json() for mode, template in TEMPLATES.items()}


def _sent(readout: Readout) -> dict[str, Any]:
    value = readout.value if math.isfinite(readout.value) else None
    return {**asdict(readout), "value": value}
