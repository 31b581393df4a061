"""A construction with numbers that somebody chooses, as a model like any other."""

from dataclasses import dataclass

from icl_core.algorithms.descent import GDPlusPlus
from icl_core.constructions.descent import gdpp_model
from icl_core.models.linear import LinearTransformer
from icl_core.tasks.linear import LinearTask
from icl_core.tasks.noise import UniformNoise
from icl_core.validation import Config, checked, integer, number


@dataclass(frozen=True, kw_only=True)
class Made(Config):
    """L equal layers of GD++, of gradient descent where gamma = 0 (`gdpp_model`), and the task on
    which it is to be looked at: d, n, noise levels up to sigma.

    eta is a step size as everywhere here, divided by n in the weights; gamma_n = n gamma, so that
    gamma_n = 1/4 suits any n.
    """

    dim: int = checked(10, integer, "The dimension d", (1, 32))
    num_context: int = checked(20, integer, "The context length n", "num_context")
    sigma: float = checked(1.0, number, "The largest noise level sigma", "sigma")
    layers: int = checked(4, integer, "The number of layers L", "num_layers")
    eta: float = checked(0.5, number, "The step size eta", (0.0, 10.0))
    gamma_n: float = checked(0.25, number, "The strength n gamma", (0.0, 10.0))

    @property
    def task(self) -> LinearTask:
        """Where it is looked at."""
        noise = UniformNoise(sigma_max=self.sigma)
        return LinearTask(dim=self.dim, num_context=self.num_context, noise=noise)

    @property
    def model(self) -> LinearTransformer:
        """The weights."""
        n, gamma = self.num_context, self.gamma_n / self.num_context
        steps = GDPlusPlus(etas=(self.eta,) * self.layers, gammas=(gamma,) * self.layers)
        return gdpp_model(steps, dim=self.dim, num_context=n)

    @property
    def label(self) -> str:
        """What it is, with its numbers."""
        if not self.gamma_n:
            return f"GD by hand: {self.layers} steps, η = {self.eta:g}"
        return f"GD++ by hand: {self.layers} steps, η = {self.eta:g}, nγ = {self.gamma_n:g}"
