"""Server time of the pages: the first figure of a new session and every change of a control.

    python -m benchmarks.pages [--rounds 3] [--only PAGE] [--own]

Runs the app's own scripts under Streamlit's AppTest in one process, warmed as a server warms itself
when it starts, with no browser: what is timed is the server's part, and the whole page where a
browser asks for a part of it. One JSON object: per page the seconds of a new session's first run
(median, highest) and the milliseconds of a change (median, p95; "processor": the time that this
process computed, which other programs beside it hardly change), the p95 of every control of
`benchmarks.sweeps`, the slowest first, and the megabytes resident at the end. `--own` shows a model
of one's own (FULL, four layers, d = 10) on the pages that show a model, and says how long its first
look took, when its tables are made.
"""

import argparse
import json
import os
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import psutil
from streamlit.testing.v1 import AppTest

import ui.warm
from benchmarks.sweeps import sweeps
from icl_core.export.recipe import LINK_VERSION, to_text
from icl_core.lessons.catalog import LESSONS
from icl_core.lessons.shared.fields import OfModel
from icl_core.lessons.shared.shipped import Kin, families, find_family
from icl_core.runtime import without_xla
from icl_core.zoo.library import load_entry
from icl_core.zoo.shelf import shelf

MAIN = "uniform5_d10_n20"
OF_MODEL = [page for page, lesson in LESSONS.items() if issubclass(lesson.config, OfModel)]
APP = str(Path(__file__).parents[1] / "app.py")


def session(page: str, link: Mapping[str, str] | None = None) -> tuple[AppTest, float]:
    """A new session that opened the page by a link, and the seconds it took."""
    app = AppTest.from_file(APP, default_timeout=120)
    app.switch_page(f"pages/{page}.py")
    for name, value in (link or {}).items():
        app.query_params[name] = value
    begun = time.perf_counter()
    app.run()
    seconds = time.perf_counter() - begun
    if app.exception or app.error:
        raise SystemExit(f"{page} failed: {[*app.exception, *app.error]}")
    return app, seconds


def change(app: AppTest, page: str, values: Mapping[str, object]) -> tuple[float, float]:
    """Milliseconds of the run after controls changed: by the clock, and of the processor.

    Changed by a link, for AppTest knows of a menu only what it offered before the change.
    """
    default = LESSONS[page].default.to_dict()
    chosen = app.session_state[f"{page}:config"].to_dict() | values
    link = {name: to_text(value) for name, value in chosen.items() if value != default[name]}
    app.query_params.clear()
    app.query_params.update({"v": LINK_VERSION} | link)
    begun, computed = time.perf_counter(), time.process_time()
    app.run()
    spent = 1e3 * (time.perf_counter() - begun), 1e3 * (time.process_time() - computed)
    if app.exception or app.error:
        raise SystemExit(f"{page}, {values}: {[*app.exception, *app.error]}")
    return spent


def kept() -> tuple[dict[str, str], float]:
    """The choices that open a model of one's own, and the seconds that its tables took."""
    entry = families()[MAIN].entries["full"][4]
    name = shelf().keep(load_entry(entry), "", label="own", origin="benchmark").name
    begun = time.perf_counter()
    find_family(name)
    return {"task": name}, time.perf_counter() - begun


def swept(
    app: AppTest, page: str, rounds: int, own: Mapping[str, str]
) -> dict[str, list[tuple[float, float]]]:
    """What every change of every control takes, and of opening every preset."""
    presets = [preset.to_dict() for preset in LESSONS[page].presets.values()]
    default = presets[0]
    if own:
        picks: Any = LESSONS[page].config.picks
        fixed = dict(own) | picks(Kin("full"), 4)
        default, presets = default | fixed, [default]
    found: dict[str, list[tuple[float, float]]] = {}
    for seed in range(rounds):
        for sweep in sweeps(page, seed):
            if own and sweep.control in fixed:
                continue
            change(app, page, {**default, **sweep.start})
            found.setdefault(sweep.control, []).extend(
                change(app, page, {sweep.control: value}) for value in sweep.values
            )
        found.setdefault("preset", []).extend(
            change(app, page, values) for values in [*presets[1:], default]
        )
    return found


def summary(spent: Mapping[str, list[tuple[float, float]]]) -> dict[str, object]:
    """Median and p95 over all changes, and the p95 of each control."""
    clock, processor = np.transpose([pair for pairs in spent.values() for pair in pairs])
    each = {name: round(np.percentile(pairs, 95, axis=0)[0]) for name, pairs in spent.items()}

    def quantiles(values: np.ndarray) -> dict[str, float]:
        p50, p95 = np.percentile(values, [50, 95])
        return {"median": round(p50, 1), "p95": round(p95, 1)}

    return {
        "changes": len(clock),
        "change_milliseconds": quantiles(clock) | {"processor": quantiles(processor)},
        "slowest": dict(sorted(each.items(), key=lambda pair: -pair[1])),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--only", choices=list(LESSONS))
    parser.add_argument("--own", action="store_true", help="with a model of one's own")
    parser.add_argument("--cold", action="store_true", help="as on a server that has not warmed")
    given = parser.parse_args()
    rounds = given.rounds
    without_xla()
    ui.warm.start_warming = lambda: None
    begun = time.perf_counter()
    for call in () if given.cold else ui.warm.plan():
        call()
    warming = time.perf_counter() - begun
    os.environ.setdefault("ICL_DATA_DIR", tempfile.mkdtemp())
    own, first_look = kept() if given.own else ({}, 0.0)
    shown = [p for p in LESSONS if not own or p in OF_MODEL]
    pages = {}
    for page in [given.only] if given.only else shown:
        session(page, own)
        first = [session(page, own)[1] for _ in range(rounds)]
        pages[page] = {"first_figure_seconds": {"median": np.median(first), "max": max(first)}}
        if page in LESSONS:
            pages[page] |= summary(swept(session(page, own)[0], page, rounds, own))
    megabytes = round(psutil.Process().memory_info().rss / 1e6)
    told = {"warming_seconds": warming, "megabytes": megabytes, "pages": pages}
    print(json.dumps(({"first_look_seconds": first_look} if own else {}) | told, indent=2))


if __name__ == "__main__":
    main()
