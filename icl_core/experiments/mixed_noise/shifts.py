"""How every shipped model does on shorter and on longer prompts than it was trained on.

The sums over examples grow with their number and the weights do not know it, so a deep model may
diverge where a longer prompt should make things easier.
"""

from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from icl_core.algorithms import Method
from icl_core.analysis.loss import prompt_losses, summarize
from icl_core.checkpoints import MAX_BYTES
from icl_core.errors import InputError
from icl_core.files import dump_json, parse_json, read_bytes, write_atomic
from icl_core.tasks.linear import LinearTask
from icl_core.validation import mapping, number
from icl_core.zoo.library import MIXED_NOISE, PRETRAINED, entries_of, load_entry

SHARES = (0.75, 2.0)
"""Of the context length in training: 15 and 40 for 20."""
PROMPTS, SEED = 8192, 3
FILE = "shifts.json"


@dataclass(frozen=True, kw_only=True)
class Shift:
    """Adjusted loss (half MSE) over `prompts` prompts of `num_context` examples; `nothing`: the
    mean loss of predicting nothing there."""

    num_context: int
    mean: float
    stderr: float
    median: float
    q999: float
    nothing: float
    prompts: int

    @property
    def diverges(self) -> bool:
        """Whether the model is, in the mean, worse than predicting nothing."""
        return not self.mean < self.nothing


def shifted(task: LinearTask) -> tuple[LinearTask, ...]:
    """The task at other context lengths."""
    lengths = [max(1, round(share * task.num_context)) for share in SHARES]
    return tuple(replace(task, num_context=length) for length in lengths)


def measure_shifts(method: Method, task: LinearTask) -> tuple[Shift, ...]:
    """One for each of SHARES."""
    return tuple(_measure(method, other) for other in shifted(task))


def _measure(method: Method, task: LinearTask) -> Shift:
    path = prompt_losses({"method": method}, task, prompts=PROMPTS, seed=SEED)["method"]
    # A model that overflows is worse than any number: JSON knows no infinity.
    last = np.minimum(np.nan_to_num(path[-1], nan=np.inf), np.finfo(np.float32).max)
    found = summarize(last)
    return Shift(
        num_context=task.num_context,
        mean=float(found.mean),
        stderr=float(found.stderr),
        median=float(found.median),
        q999=float(np.quantile(last, 0.999)),
        nothing=float(path[0].mean()),
        prompts=found.count,
    )


def build_shifts(
    folder: Path = PRETRAINED, report: Callable[[str], None] = lambda line: None
) -> None:
    """Measure every model that has changed since, and keep the figures beside the manifest."""
    known = _read(folder)
    fresh: dict[str, Any] = {}
    for entry in entries_of(MIXED_NOISE, folder):
        row = known.get(entry.name)
        if not isinstance(row, dict) or row.get("sha256") != entry.sha256:
            found = measure_shifts(load_entry(entry, folder).model, entry.linear_task)
            row = {"sha256": entry.sha256, "shifts": [asdict(shift) for shift in found]}
            report(f"{entry.name}: measured on {' and '.join(str(s.num_context) for s in found)}.")
        fresh[entry.name] = row
    if fresh != known:
        write_atomic(folder / FILE, dump_json(fresh).encode())


def load_shifts(name: str, folder: Path = PRETRAINED) -> tuple[Shift, ...]:
    """What is known of a model; nothing where it has not been measured."""
    row = _read(folder).get(name)
    if row is None:
        return ()
    listed = mapping(f"{FILE}: {name}", row).get("shifts")
    if not isinstance(listed, list):
        raise InputError(f"{FILE} has no list of shifts for {name}: run `make zoo`.")
    return tuple(_shift(name, values) for values in listed)


def _shift(name: str, values: Any) -> Shift:
    given = mapping(f"{FILE}: {name}", values)
    numbers = {
        field: number(f"{FILE}: {name}: {field}", given.get(field), (0, np.inf))
        for field in Shift.__dataclass_fields__
    }
    whole = {field: int(numbers.pop(field)) for field in ("num_context", "prompts")}
    return Shift(**numbers, **whole)


def _read(folder: Path) -> dict[str, Any]:
    path = folder / FILE
    if not path.is_file():
        return {}
    return dict(mapping(FILE, parse_json(FILE, read_bytes(path, limit=MAX_BYTES))))
