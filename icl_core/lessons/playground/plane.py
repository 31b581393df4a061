"""Two inputs, d = 2: gradient descent and GD++ on one prompt without noise.

The loss of weights w is 1/(2n) sum_i (<w, x_i> - y_i)^2 with y_i = <TARGET, x_i>: its contours are
ellipses around TARGET, long where Sigma = sum_i x_i x_i^T is badly conditioned. A step of GD++
(paper 1, appendix A.10) also turns the inputs into (I - gamma Sigma) x, whose ellipse is rounder.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from icl_core.algorithms.descent import gdpp, gradient_descent
from icl_core.lessons.playground.config import STEPS, Playground
from icl_core.tasks.base import Context
from icl_core.tasks.linear import prompts_of

TARGET = np.array([-0.5, 1.8])
"""The weights that explain all examples."""
LEVELS = (1.0, 0.5, 0.2, 0.05)
"""Of the contours: the share of the loss that w = 0 has."""
ANGLES = np.linspace(0, 2 * np.pi, 49)
FLAT = 1e-6
"""An eigenvalue counts as at least this share of the largest one: an ellipse is no line."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Plane:
    """What two descents make of a prompt, after the step that is shown.

    paths: w after step 0..K, [K+1, 2], of "gd" and "gdpp_tuned". left: per cent of the loss at
    w = 0 that is left. seen [n, 2]: the inputs as GD++ sees them; first and spread, [angles, 2]:
    ellipses of one standard deviation around 0, of the inputs and of what GD++ sees. contours
    [levels, angles, 2]. before, now: the condition number of Sigma at first and as GD++ sees it.
    """

    paths: dict[str, Float[np.ndarray, "steps 2"]]
    left: dict[str, float]
    seen: Float[np.ndarray, "n 2"]
    first: Float[np.ndarray, "angles 2"]
    spread: Float[np.ndarray, "angles 2"]
    contours: Float[np.ndarray, "levels angles 2"]
    before: float
    now: float


def plane_of(config: Playground) -> Plane:
    """Both descents on the inputs of the choices."""
    X = np.array(config.plane)
    n, Sigma = len(X), X.T @ X
    values, U = np.linalg.eigh(Sigma)
    values = np.maximum(values, 0)
    top = values[1] or 1.0

    def matrix(eigenvalues: np.ndarray) -> np.ndarray:
        return (U * eigenvalues) @ U.T

    course, turn, etas, gammas = [values], [np.ones(2)], [], []
    for k in range(STEPS):
        now, largest = course[k], course[k].max() or 1.0
        etas.append(config.eta * n / largest)
        gammas.append(config.gamma / largest)
        kept = 1 - gammas[-1] * now
        course.append(now * kept**2)
        turn.append(turn[k] * kept)
    prompts = prompts_of(Context(X=X[None], y=(X @ TARGET)[None]))
    found = {
        "gd": gradient_descent(prompts, np.full(STEPS, config.eta * n / top)),
        "gdpp_tuned": gdpp(prompts, np.array(etas), np.array(gammas)),
    }
    paths = {name: np.asarray(path)[: config.step + 1, 0] for name, path in found.items()}
    start = TARGET @ Sigma @ TARGET
    gaps = {name: path[-1] - TARGET for name, path in paths.items()}
    circle = np.stack([np.cos(ANGLES), np.sin(ANGLES)], axis=-1)
    wide = circle @ matrix(1 / np.sqrt(np.maximum(values, FLAT * top)))
    return Plane(
        paths=paths,
        left={name: 100 * (gap @ Sigma @ gap) / (start or 1.0) for name, gap in gaps.items()},
        seen=X @ matrix(turn[config.step]),
        first=circle @ matrix(np.sqrt(values / n)),
        spread=circle @ matrix(np.sqrt(course[config.step] / n)),
        contours=TARGET + np.sqrt(np.array(LEVELS) * start)[:, None, None] * wide,
        before=_condition(values),
        now=_condition(np.sort(course[config.step])),
    )


def _condition(values: np.ndarray) -> float:
    with np.errstate(all="ignore"):
        return float(values[1] / max(values[0], FLAT * values[1]))
