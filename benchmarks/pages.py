"""Server time of the pages: the first figure of a new session and every change of a control.

    python -m benchmarks.pages [--rounds 5]

Runs the app's own scripts under Streamlit's AppTest in one process, warmed as a server warms itself
when it starts, with no browser: what is timed is the server's part. One JSON object: per page the
seconds of a new session's first run (median, highest) and the milliseconds of a control change
(median, p95), and how many programs were compiled meanwhile (expected: 0).
"""

import argparse
import json
import statistics
import time
from collections.abc import Sequence
from pathlib import Path

import jax
import numpy as np
from streamlit.testing.v1 import AppTest

import ui.warm
from icl_core.lessons import noise_and_depth, spectrum
from icl_core.lessons.catalog import LESSONS
from icl_core.runtime import prepare_process

APP = str(Path(__file__).parents[1] / "app.py")
SWEEPS: dict[str, dict[str, Sequence[object]]] = {
    "noise_and_depth": {
        "layers": [1, 2, 3, 4],
        "sigma": [0.0, 0.125, 3.25, 6.0],
        "statistic": ["median", "mean"],
        "models": [["diag"], ["gdpp", "full"], ["gdpp", "diag", "full"]],
        "num_context": [*(n for n in noise_and_depth.CONTEXTS if n != 20), None],
    },
    "weights": {
        "parametrization": ["gdpp", "diag", "full"],
        "layers": [1, 2, 3, 4],
        "coordinates": ["raw", "normalised"],
        "snapshot": [0, 7, 20, None],
    },
    "algorithm": {
        "yy": [0.0, 0.5, 1.3, 1.0],
        "omega": ["xx", "xy", "yy"],
        "layer": [1, 4, 0],
        "sigma": [0.5, 3.0],
        "after": [1, 2, None],
        "system": ["ridge", "ols", "oracle"],
        "layers": [2, 3, 4],
    },
    "gdpp_spectrum": {
        "dim": list(spectrum.DIMENSIONS),
        "num_context": list(spectrum.CONTEXTS),
        "inputs": ["uniform", "stretched", "gaussian"],
        "prompt": [0, 2, 1],
        "gamma": [0.0, 0.004, 0.01, 0.02],
        "layers": [1, 2, 3, 4],
    },
}


def session(page: str) -> tuple[AppTest, float]:
    """A new session that opened the page, and the seconds it took."""
    app = AppTest.from_file(APP, default_timeout=120)
    app.switch_page(f"pages/{page}.py")
    begun = time.perf_counter()
    app.run()
    seconds = time.perf_counter() - begun
    if app.exception or app.error:
        raise SystemExit(f"{page} failed: {[*app.exception, *app.error]}")
    return app, seconds


def change(app: AppTest, page: str, field: str, value: object) -> float:
    """Milliseconds of the run after one control changed."""
    app.session_state[f"{page}_{field}"] = value
    begun = time.perf_counter()
    app.run()
    return 1e3 * (time.perf_counter() - begun)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    rounds = parser.parse_args().rounds
    prepare_process()
    ui.warm.start_warming = lambda: None
    begun = time.perf_counter()
    for call in ui.warm.plan():
        call()
    warming = time.perf_counter() - begun
    compiled: list[float] = []
    jax.monitoring.register_event_duration_secs_listener(
        lambda event, duration_secs, **_: (
            compiled.append(duration_secs) if event.endswith("backend_compile_duration") else None
        )
    )
    pages = {}
    for page in ["home", *LESSONS]:
        session(page)
        first = [session(page)[1] for _ in range(rounds)]
        app, _ = session(page)
        changes = [
            change(app, page, field, value)
            for _ in range(rounds)
            for field, values in SWEEPS.get(page, {}).items()
            for value in values
        ]
        pages[page] = {
            "first_figure_seconds": {"median": statistics.median(first), "max": max(first)},
            "changes": len(changes),
        }
        if changes:
            p50, p95 = np.percentile(changes, [50, 95])
            pages[page]["change_milliseconds"] = {"median": p50, "p95": p95}
    print(
        json.dumps(
            {"warming_seconds": warming, "compilations": len(compiled), "pages": pages}, indent=2
        )
    )


if __name__ == "__main__":
    main()
