"""Choices of the playground, and its named states."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from icl_core.experiments.mixed_noise.settings import playground
from icl_core.lessons.shared.fields import switch
from icl_core.lessons.shared.points import format_points, parse_points
from icl_core.live.points import MAX_POINTS, Point, rounded
from icl_core.models.linear import PARAMETRIZATIONS
from icl_core.tasks.linear import LinearTask
from icl_core.validation import Config, checked, choice, integer, number
from icl_core.zoo.library import task_name

TASKS: Mapping[str, LinearTask] = {task_name(task): task for task in playground()}
DEEPEST = 6
"""Layers of the deepest shipped model of these tasks."""
X, Y = (-3.0, 3.0), (-6.0, 6.0)
"""Where points can lie."""
HIGHEST = 3.0
"""Of the noise level."""
STEPS = 8
"""Of descent in the plane."""
ELONGATED: tuple[Point, ...] = (
    (-2.4, -1.0),
    (-1.7, -1.3),
    (-0.9, 0.0),
    (-0.4, -0.8),
    (0.3, 0.7),
    (0.9, 0.1),
    (1.6, 1.4),
    (2.3, 0.8),
)
"""Inputs that lie along a line, more or less: an ellipse long enough to slow descent down."""


@dataclass(frozen=True, kw_only=True)
class Playground(Config):
    """Choices of the playground.

    task, model, layers: the trained transformer; layer: after which its line is shown, and as many
    steps of descent; seed and sigma: the prompt that is drawn, and the noise that ridge is told;
    prompt: the examples as text "x y; x y", "" for the drawn ones; query and guess: where an answer
    is asked, and the reader's own; revealed: whether the answers are shown.

    With dim 2: inputs: the examples' as text, "" for ELONGATED; eta and gamma: of GD++, in units of
    1 / the largest eigenvalue of Sigma at each step; step: after which paths are shown.
    """

    task: str = checked("uniform3_d1_n10", choice, "The task", TASKS)
    model: str = checked("full", choice, "The parametrization", PARAMETRIZATIONS)
    layers: int = checked(4, integer, "The number of layers", (1, DEEPEST))
    layer: int = checked(4, integer, "The layer", (0, DEEPEST))
    seed: int = checked(2017, integer, "The number of the prompt", "seed")
    sigma: float = checked(1.0, number, "The noise level sigma", (0.0, HIGHEST))
    prompt: str = ""
    query: float = checked(2.0, number, "The query x", X)
    guess: float = checked(0.0, number, "The guess", Y)
    revealed: bool = checked(False, switch, "Whether answers are shown")
    dim: int = checked(1, integer, "The number of inputs", (1, 2))
    inputs: str = ""
    eta: float = checked(1.0, number, "The step size eta", (0.1, 2.2))
    gamma: float = checked(0.3, number, "The preconditioning strength gamma", (0.0, 0.6))
    step: int = checked(5, integer, "The step", (0, STEPS))

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.prompt:
            parse_points(self.prompt, X, Y)
        if self.inputs:
            parse_points(self.inputs, X, X)

    @property
    def points(self) -> tuple[Point, ...]:
        """The examples (x, y)."""
        if self.prompt:
            return parse_points(self.prompt, X, Y)
        return drawn_points(self.seed, self.sigma)

    @property
    def plane(self) -> tuple[Point, ...]:
        """The inputs (x_1, x_2) of the examples with two."""
        return parse_points(self.inputs, X, X) if self.inputs else ELONGATED

    @property
    def shown(self) -> int:
        """The layer after which the line is shown: the last one, if the model has fewer."""
        return min(self.layer, self.layers)


def noise_of(seed: int) -> tuple[float, ...]:
    """What a noise level of 1 adds to y of each point, of as many as there can be."""
    return tuple(np.random.default_rng((seed, 1)).standard_normal(MAX_POINTS).tolist())


def drawn_points(seed: int, sigma: float) -> tuple[Point, ...]:
    """The examples of a prompt: x ~ N(0, 1), y = w x + sigma noise, within the picture."""
    n = next(iter(TASKS.values())).num_context
    rng = np.random.default_rng((seed, 0))
    w, x = rng.standard_normal(), rng.standard_normal(n).clip(*X)
    y = (w * x + sigma * np.array(noise_of(seed)[:n])).clip(*Y)
    return rounded(zip(x, y, strict=True))


def with_outlier(points: tuple[Point, ...]) -> tuple[Point, ...]:
    """The points, but the one that lies furthest out in x is taken to the other end of y, against
    the slope of the others."""
    far = max(range(len(points)), key=lambda i: abs(points[i][0]))
    x = points[far][0]
    others = sum(x * y for i, (x, y) in enumerate(points) if i != far)
    y = Y[1] if x * others < 0 else Y[0]
    return tuple((x, 0.9 * y) if i == far else point for i, point in enumerate(points))


PRESETS: dict[str, Playground] = {
    "Guess first": Playground(),
    "The answers": Playground(revealed=True),
    "An outlier": Playground(
        prompt=format_points(with_outlier(Playground().points)), revealed=True
    ),
    "No noise": Playground(sigma=0.0, revealed=True),
    "Much noise": Playground(sigma=3.0, revealed=True),
    "One layer": Playground(layers=1, layer=1, revealed=True),
    "Two inputs: ellipse to circle": Playground(dim=2),
    "GD++, six layers": Playground(model="gdpp", layers=6, layer=6, revealed=True),
}
"""Named states of the playground; the first is its default."""
