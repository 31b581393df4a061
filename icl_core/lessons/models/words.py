"""How the shipped models compare with the published table, in words."""

from icl_core.experiments.mixed_noise.claims import percent
from icl_core.experiments.mixed_noise.table import Cell
from icl_core.lessons.models.config import Models
from icl_core.lessons.models.measure import Shown
from icl_core.tasks.noise import UniformNoise


def finding(config: Models, shown: Shown) -> str:
    """How the shipped models compare with the paper's, with the numbers."""
    cells = shown.results.filled
    if not cells:
        return "None of the models of the paper's Table 1 is shipped yet: run `make zoo`."
    better, worse = (sum(c.verdict == v for c in cells) for v in ("better", "worse"))
    said = (
        f"Of the {len(cells)} models of Table 1 that are shipped, **{better} are better** than "
        f"published and {worse or 'none'} worse, beyond the error of both"
    )
    deepest = max((c.layers for c in cells if c.parametrization == "full"), default=0)
    ends = [
        c
        for c in cells
        if c.parametrization == "full" and c.layers == deepest and c.column.task.noise.highest >= 2
    ]
    return f"{said}.{_towards_bayes(ends)}"


def _towards_bayes(cells: list[Cell]) -> str:
    """How far FULL models of one depth are from the floor; uniform laws compare, others do not."""
    cells = [c for c in cells if isinstance(c.column.task.noise, UniformNoise)]
    if not cells:
        return ""
    ours, papers = [c.excess for c in cells], [c.paper_excess for c in cells]
    return (
        f" FULL with {cells[0].layers} layers ends **{_span(ours)}** above the Bayes floor, the "
        f"published {_span(papers)}."
    )


def _span(shares: list[float]) -> str:
    low, high = percent(min(shares)), percent(max(shares))
    return low if low == high else f"{low.removesuffix(' %')} to {high}"
