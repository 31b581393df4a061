"""What the layers do, in words."""

import numpy as np

from icl_core.lessons.construction.config import Construction
from icl_core.lessons.construction.measure import Run
from icl_core.lessons.shared.words import counted, short


def finding(config: Construction, run: Run) -> str:
    """The gap, the loss and the answer, in words."""
    k = config.layer
    name = "GD++" if config.gamma else "gradient descent"
    last = int(np.flatnonzero(np.isfinite(run.gaps))[-1])
    before, after = (_loss_said(loss) for loss in run.losses[k - 1 : k + 1])
    said = (
        f"Layer {k} takes the loss on the prompt's examples from {before} to "
        f"{after}; {counted(k, 'step')} of {name} do{'es' * (k == 1)} the same. "
        f"Over {last} layers and {last} steps no token differs by more than "
        f"**{short(relative_gap(run), 1)}** (relative to its size, float64)."
    )
    if not run.losses[-1] <= run.losses[0]:
        said += " The step is too large: both diverge, together."
    return said


def relative_gap(run: Run) -> float:
    """The largest difference of any token, relative to the largest in its layer, or to 1."""
    scale = np.maximum(np.abs(run.expected).max(-1), 1.0)
    finite = np.isfinite(run.gaps)
    return float((run.gaps[finite] / scale[finite]).max())


def _loss_said(loss: float) -> str:
    return f"**{loss:.4g}**" if np.isfinite(loss) else "beyond all numbers"
