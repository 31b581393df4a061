"""All constructions by name."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from icl_core.algorithms.descent import GDPlusPlus, GradientDescent
from icl_core.constructions.descent import gdpp_model, gradient_descent_model
from icl_core.constructions.second_order import schedule, second_order_model
from icl_core.constructions.two_noise import TwoNoise, two_noise_model
from icl_core.models.linear import LinearTransformer
from icl_core.tasks.noise import CategoricalNoise, NoiseLaw, UniformNoise


@dataclass(frozen=True, kw_only=True)
class Construction:
    """Weights that theory gives.

    `uses` names the omegas that are not 0; `example(dim, num_context)` builds one such model, for
    inputs x ~ N(0, I), and `noise(num_context)` is a law to look at it on.
    """

    label: str
    about: str
    source: str
    uses: tuple[str, ...]
    example: Callable[[int, int], LinearTransformer]
    noise: Callable[[int], NoiseLaw] = lambda n: UniformNoise(sigma_max=1.0)


def _two_noise(dim: int, num_context: int) -> LinearTransformer:
    """The theorem's model for inputs that are sqrt(n) as large as its own."""
    model = two_noise_model(TwoNoise(low=LOW, high=HIGH, num_context=num_context), dim=dim)
    return LinearTransformer(P=model.P / num_context, Q=model.Q)


LOW, HIGH = 0.25, 0.75
"""Noise levels of the example, in the theorem's units."""

CONSTRUCTIONS: Mapping[str, Construction] = {
    "gd": Construction(
        label="Gradient descent",
        about="every layer takes one step; the inputs stay as they are",
        source="paper 1, Proposition 1",
        uses=("yx",),
        example=lambda dim, n: gradient_descent_model(
            GradientDescent(etas=(0.5, 0.5)), dim=dim, num_context=n
        ),
    ),
    "gdpp": Construction(
        label="GD++",
        about="every layer takes one step and improves the condition of the inputs",
        source="paper 1, appendix A.10",
        uses=("xx", "yx"),
        example=lambda dim, n: gdpp_model(
            GDPlusPlus(etas=(0.5, 0.5), gammas=(0.3 / n, 0.3 / n)), dim=dim, num_context=n
        ),
    ),
    "second_order": Construction(
        label="GD++ as a second-order method",
        about="all layers but the last improve the condition of the inputs; the last takes a step",
        source="paper 2, Theorem 5.1",
        uses=("xx", "yx"),
        example=lambda dim, n: second_order_model(schedule(n / 4, 3.0 * n, 4), dim=dim),
    ),
    "two_noise": Construction(
        label="Optimal ridge at two noise levels",
        about="layer 1 takes a step; layer 2 shrinks all targets by how noisy the rest looks",
        source="paper 2, Theorem 5.2",
        uses=("yx", "yy"),
        example=_two_noise,
        noise=lambda n: CategoricalNoise(values=(LOW * n**0.5, HIGH * n**0.5)),
    ),
}
"""What a page or the command line can list."""
