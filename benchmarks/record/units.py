"""What lessons show of their named states, and what shipped models answer."""

import csv
import io
import json
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context
from typing import Any

import numpy as np

from benchmarks.record.facts import Facts
from icl_core.analysis.loss import ORACLE, evaluate
from icl_core.export.formats import FORMATS, Source
from icl_core.export.recipe import Recipe, permalink
from icl_core.lessons.catalog import LESSONS
from icl_core.live import Grid, View
from icl_core.live.message import message
from icl_core.runtime import prepare_process
from icl_core.tasks.kinds import task_to_dict
from icl_core.validation import Config
from icl_core.zoo.library import Entry, load_model, read_manifest

Unit = tuple[str, Callable[[], Facts]]
"""Its name, and what makes it."""
GRID_VALUES = 128
"""Numbers kept of each quantity of a grid."""
PROMPTS, SEED = 256, 7
"""On which shipped models are measured."""
TRAINED = "train"
"""The lesson whose `measure` trains: XLA's work, done apart from the others'."""


def lesson_units() -> Iterator[Unit]:
    """Every view of every preset; results are measured once for all views of a preset."""
    for page, lesson in LESSONS.items():
        if page == TRAINED:
            continue
        for preset, config in lesson.presets.items():
            known: dict[str, Any] = {}
            yield f"lessons/{page}/{preset}/link", partial(link_facts, page, config)
            for name in lesson.views:
                yield f"lessons/{page}/{preset}/{name}", partial(_shown, page, config, name, known)


def _shown(page: str, config: Config, name: str, known: dict[str, Any]) -> Facts:
    lesson = LESSONS[page]
    if "result" not in known:
        known["result"] = lesson.measure(config)
    return view_facts(lesson.views[name](config, known["result"]))


def link_facts(page: str, config: Config) -> Facts:
    """The link to a state, and the choices that it stands for."""
    figure = next(iter(LESSONS[page].views))
    link = permalink(Recipe(page=page, figure=figure, config=config))
    return Facts(words={"link": link, "choices": json.dumps(config.to_dict(), ensure_ascii=False)})


def view_facts(view: View) -> Facts:
    """The table of a view as its export has it, all that a browser is sent, the grid."""
    facts = Facts()
    add_table(facts, FORMATS["csv"].build(Source(view=view)))
    add_chart(facts, "chart", message(view))
    facts.words["caption"] = view.caption
    if view.grid is not None:
        add_grid(facts, view.grid)
    if view.engine is not None:
        facts.words["engine"] = f"{view.engine.name}, reads {', '.join(view.engine.reads)}"
    return facts


def add_table(facts: Facts, data: bytes, name: str = "data") -> None:
    """A CSV file by columns: numbers where all that stands there are numbers."""
    header, *rows = csv.reader(io.StringIO(data.decode("utf-8-sig")))
    facts.words[f"{name} columns"] = json.dumps(header, ensure_ascii=False)
    for column, cells in zip(header, zip(*rows, strict=True), strict=False):
        try:
            facts.numbers[f"{name} [{column}]"] = np.array(cells, np.float64)
        except ValueError:
            facts.add(f"{name} [{column}]", list(cells))


def add_chart(facts: Facts, name: str, sent: Mapping[str, Any]) -> None:
    """What a browser is sent of a chart. Left out: a grid's digest, which no rounding may change;
    the style that all charts share; the sketch that stands there until the chart lives."""
    kept = {key: sent[key] for key in sent if key not in ("source", "templates", "placeholder")}
    facts.add(name, kept | {"figure": json.loads(sent["figure"])})


def add_grid(facts: Facts, grid: Grid) -> None:
    """Nodes, and of each quantity its shape, some values and the sum of all."""
    for axis, nodes in grid.axes.items():
        facts.add(f"grid nodes of {axis}", np.asarray(nodes, np.float64))
    for quantity in grid.quantities:
        values = np.asarray(quantity.values, np.float64)
        flat, name = values.ravel(), f"grid {quantity.trace}.{quantity.field}"
        finite = flat[np.isfinite(flat)]
        facts.words[f"{name} shape"] = f"{values.shape}, {quantity.scale}, {finite.size} finite"
        facts.add(f"{name} values", flat[:: max(1, flat.size // GRID_VALUES)])
        facts.add(f"{name} sum of sizes", float(np.abs(finite).sum()))


def model_units() -> Iterator[Unit]:
    """The losses of every shipped model by layer."""
    for entry in read_manifest():
        yield f"models/{entry.name}", partial(model_facts, entry)


def model_facts(entry: Entry) -> Facts:
    """Adjusted losses (half MSE) on fixed prompts, after every layer; the plain ones of what is not
    linear attention under noise."""
    facts = Facts()
    checkpoint = load_model(entry)
    model, against = {"model": checkpoint.model}, ORACLE if entry.kind == "linear" else None
    losses = evaluate(model, checkpoint.task, prompts=PROMPTS, seed=SEED, against=against)
    for name in ("mean", "stderr", "median", "low", "high"):
        facts.add(name, np.asarray(getattr(losses["model"], name)))
    facts.add("task", task_to_dict(checkpoint.task))
    facts.add("kind", [checkpoint.parametrization, str(entry.num_layers), str(entry.num_heads)])
    return facts


def training_units() -> Iterator[Unit]:
    """Every view of every preset of the lesson that trains, in a process of its own, where XLA may
    run; a preset is trained when the first of its views is asked for."""
    lesson = LESSONS[TRAINED]
    for preset, config in lesson.presets.items():
        known: dict[str, Mapping[str, Facts]] = {}
        yield f"training/{preset}/link", partial(link_facts, TRAINED, config)
        for name in lesson.views:
            yield f"training/{preset}/{name}", partial(_trained, config, name, known)


def _trained(config: Config, name: str, known: dict[str, Mapping[str, Facts]]) -> Facts:
    if "views" not in known:
        context = get_context("spawn")
        with ProcessPoolExecutor(1, mp_context=context, initializer=prepare_process) as pool:
            known["views"] = pool.submit(_train, config).result()
    return known["views"][name]


def _train(config: Config) -> dict[str, Facts]:
    lesson = LESSONS[TRAINED]
    result = lesson.measure(config)
    return {name: view_facts(view(config, result)) for name, view in lesson.views.items()}
