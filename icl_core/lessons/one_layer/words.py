"""What the trained layer is, in words."""

from icl_core.lessons.one_layer.config import OneLayer
from icl_core.lessons.one_layer.measure import Runs
from icl_core.lessons.shared.words import plus_minus


def finding(config: OneLayer, runs: Runs) -> str:
    """The lesson's point with its numbers."""
    loss = runs.course.loss[:, -1]
    error = runs.course.excess.stderr[:, -1].max()
    cosine = runs.course.likeness.cosine[:, -1]
    return (
        f"Trained from {len(loss)} random starts, the layer ends at a loss of "
        f"**{plus_minus(loss.mean(), max(error, loss.std()))}** (half MSE); one step of gradient "
        f"descent with the best step size has **{runs.best:.4f}** (exact), and no layer can do "
        "better. Both answers change alike with the query: the cosine of their gradients is "
        f"**{cosine.mean():.4f}**."
    )
