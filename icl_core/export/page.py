"""A figure as one web page that needs nothing else and keeps its controls alive.

The modules of live/frontend/ are inlined: an import map gives each a name and a data: address,
since modules in files may not import one another from a disk.
"""

import base64
import html
import json
import re
from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

from icl_core.live.look import PLAIN, Look
from icl_core.live.message import FRONTEND, PLOTLY_FOLDER, message
from icl_core.live.view import View
from icl_core.plots.style import FONT, SURFACES

ENTRY = "standalone.mjs"


def to_html(view: View, look: Look = PLAIN) -> bytes:
    """A web page on white that works with the network off (plotly.js inside, some 5 MB).

    Its reader can show hidden lines again and undo the zoom.
    """
    live = offline(view)
    sent = message(live, look=look)
    paper = sent["templates"]["paper"]
    sent |= {"link": None, "templates": dict.fromkeys(sent["templates"], paper)}
    parts = {
        "TITLE": html.escape(view.title or "Figure"),
        "ALT": html.escape(view.alt),
        "SIZE": "" if look.width is None else f"max-width: {look.width:g}mm",
        "CAPTION": _caption(view.caption),
        "STYLE": _text(FRONTEND / "live.css") + _text(Path(__file__).with_name("page.css")),
        "VARIABLES": _variables(),
        "PLOTLY": _text(PLOTLY_FOLDER / "plotly.min.js"),
        "MODULES": _modules(),
        "ENTRY": f"icl/{ENTRY}",
        "MESSAGE": _script_json(sent),
        "SOURCE": base64.b64encode(live.source.packed).decode() if live.source else "",
    }
    template = _text(Path(__file__).with_name("page.html"))
    return re.sub(r"@([A-Z]+)@", lambda found: parts[found[1]], template).encode()


def offline(view: View) -> View:
    """The view without the controls that only a server could answer."""
    known = view.engine.reads if view.engine else view.grid.axes if view.grid else ()
    return replace(view, controls=[control for control in view.controls if control.name in known])


def _variables() -> str:
    """What Streamlit's theme gives to the style of live charts."""
    paper = SURFACES["paper"]
    values = {
        "font": FONT,
        "text-color": paper.text,
        "background-color": paper.background,
        "primary-color": paper.accent,
        "border-color": paper.line,
        "base-radius": "0.25rem",
    }
    return "".join(f"--st-{name}: {value};" for name, value in values.items())


@cache
def _modules() -> str:
    """The import map: names of all modules that the entry needs."""
    addresses = {}
    waiting = [ENTRY]
    while waiting:
        name = waiting.pop()
        code = _text(FRONTEND / name)
        needed = re.findall(r'from "\./([\w.]+)"', code)
        waiting += [other for other in needed if f"icl/{other}" not in addresses]
        code = re.sub(r'from "\./([\w.]+)"', r'from "icl/\1"', code)
        packed = base64.b64encode(code.encode()).decode()
        addresses[f"icl/{name}"] = f"data:text/javascript;base64,{packed}"
    return _script_json({"imports": addresses})


def _script_json(value: Mapping[str, Any]) -> str:
    """JSON that cannot end the script element that it stands in."""
    return json.dumps(value, allow_nan=False, ensure_ascii=False).replace("<", "\\u003c")


def _caption(markdown: str) -> str:
    """Bold and short formulas are all the Markdown that captions use."""
    bold = re.sub(r"\*\*(.+?)\*\*", r"<strong>\1</strong>", html.escape(markdown))
    return re.sub(r"\$(.+?)\$", lambda found: _formula(found[1]), bold)


def _formula(tex: str) -> str:
    """A symbol with its indices in HTML."""
    for command, sign in {r"\omega": "ω", r"\top": "T", r"\,": " ", "-": "−"}.items():
        tex = tex.replace(command, sign)
    tex = re.sub(r"_(?:\{(\w+)\}|(\w))", r"<sub>\1\2</sub>", tex)
    return re.sub(r"\^(?:\{(\w+)\}|(\w))", r"<sup>\1\2</sup>", tex)


def _text(file: Path) -> str:
    return file.read_text(encoding="utf-8")
