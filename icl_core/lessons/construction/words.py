"""What the layers do, in words."""

import numpy as np

from icl_core.lessons.construction.config import Construction
from icl_core.lessons.construction.measure import Run
from icl_core.lessons.shared.words import fill


def templates(config: Construction) -> dict[str, str]:
    """The sentence without its numbers, after "one" layer and after "many"; and what follows it
    where the losses go "beyond" what they were."""
    name = "GD++" if config.gamma else "gradient descent"
    same = {"one": f"1 step of {name} does", "many": f"{{layer:d}} steps of {name} do"}
    found = {
        count: "Layer {layer:d} takes the loss on the prompt's examples from **{before:.4g}** to "
        f"**{{after:.4g}}**; {does} the same. Over {{last:d}} layers and {{last:d}} steps no token "
        "differs by more than **{relative:.1g}** (relative to its size, float64)."
        for count, does in same.items()
    }
    return found | {"beyond": " The step is too large: both diverge, together."}


def finding(config: Construction, run: Run) -> str:
    """The gap, the loss and the answer, in words."""
    k = config.layer
    before, after = map(float, run.losses[k - 1 : k + 1])
    numbers = {
        "layer": k,
        "before": before,
        "after": after,
        "last": int(np.flatnonzero(np.isfinite(run.gaps))[-1]),
        "relative": relative_gap(run),
    }
    words = templates(config)
    said = fill(words["one" if k == 1 else "many"], numbers)
    return said if run.losses[-1] <= run.losses[0] else said + words["beyond"]


def relative_gap(run: Run) -> float:
    """The largest difference of any token, relative to the largest in its layer, or to 1."""
    scale = np.maximum(np.abs(run.expected).max(-1), 1.0)
    finite = np.isfinite(run.gaps)
    return float((run.gaps[finite] / scale[finite]).max())
