"""Tables of models of one's own: made when they are first looked at, kept beside the model."""

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from icl_core.algorithms import Method
from icl_core.algorithms.ridge import baselines
from icl_core.analysis.tuning import tune_descent, tune_ridge
from icl_core.experiments.mixed_noise.measure import DESCENT_STEPS, Prompts, measure
from icl_core.zoo.library import Entry, load_entry
from icl_core.zoo.tables import baseline_table_name, save_table, table_path

FEW = Prompts(law=20_000, level=256)
"""What two cores evaluate in a few seconds."""
Make = Callable[[], Method]


def is_measured(entry: Entry, folder: Path) -> bool:
    """Whether everything that pages read is there."""
    return all(_has(name, folder) for name in _makers(entry, folder))


def measure_own(entry: Entry, folder: Path) -> Iterator[tuple[int, int]]:
    """Make what is not there yet: after every table how many are made, and how many there are.

    The same tables as ship with models, on fewer prompts, but for tuned GD++, whose numbers take
    as long as a training.
    """
    makers = _makers(entry, folder)
    for done, (name, make) in enumerate(makers.items(), 1):
        if not _has(name, folder):
            table, _ = measure(make(), entry.linear_task, FEW)
            save_table(name, table, folder)
        yield done, len(makers)


def _makers(entry: Entry, folder: Path) -> Mapping[str, Make]:
    task = entry.linear_task
    beside: dict[str, Make] = {name: lambda m=m: m for name, m in baselines(task).items()}
    if task.num_context > task.dim:
        beside["tuned_rr"] = lambda: tune_ridge(task)
    beside["gd"] = lambda: tune_descent(task, DESCENT_STEPS)
    named = {baseline_table_name(task, name): make for name, make in beside.items()}
    return {entry.name: lambda: load_entry(entry, folder).model} | named


def _has(name: str, folder: Path) -> bool:
    """Tables are written whole or not at all."""
    return table_path(name, folder).is_file()
