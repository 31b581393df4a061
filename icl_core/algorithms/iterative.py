"""AdaRR found step by step: what a layer of a transformer is compared with."""

from dataclasses import dataclass

from icl_core.algorithms.ridge import Spectrum, spectrum
from icl_core.arrays import Array, Scalar, WeightPath, namespace, numpy_or_xla, scan
from icl_core.models.predictor import Method
from icl_core.tasks.linear import Prompts
from icl_core.validation import Config, checked, integer, number, required


@dataclass(frozen=True, kw_only=True)
class IterativeAdaRR(Config, Method):
    """AdaRR by gradient descent, for the noise estimate and for the ridge solution at once.

    Each iteration takes a step on least squares, v <- v + h (alpha - Sigma v), reads the noise off
    its residuals, s = (lam - 2 <v, alpha> + v^T Sigma v) / (n - d), and takes a step on ridge
    regression of that strength, w <- w + h / (1 + h s) (alpha - (Sigma + s I) w), from v = w = 0.
    With eta, h = eta / n in every prompt; without, the best constant one for the prompt's largest
    and smallest eigenvalue of Sigma, h = 2 / (l_1 + l_d). Undefined (NaN) for n <= d.

    Source: paper 2, section 5, which names the method and gives no step sizes.
    """

    steps: int = required(integer, "The number of iterations", (1, 1000))
    eta: float | None = checked(None, number, "The step size eta", "eta")

    name = "iterative_rr"

    def weight_path(self, prompts: Prompts) -> WeightPath:
        """[steps+1, batch, d], from w = 0."""
        eigen = spectrum(prompts.moments)
        xp = namespace(eigen)
        if self.eta is None:
            ends = eigen.eigenvalues[:, 0] + eigen.eigenvalues[:, -1]
            h = 2 / xp.where(ends > 0, ends, 1)
        else:
            h = self.eta / prompts.num_context * xp.ones_like(eigen.lam)
        return _descend(eigen, h, prompts.num_context, self.steps)


@numpy_or_xla(static=("steps",))
def _descend(eigen: Spectrum, h: Array, num_context: Scalar, steps: int) -> WeightPath:
    """In the eigenbasis of Sigma, where every coordinate descends alone; h [batch]."""
    xp = namespace(eigen, h)
    values, a, h = eigen.eigenvalues, eigen.a, h[:, None]
    dof = num_context - a.shape[-1]

    def step(state: tuple[Array, Array], _: None) -> tuple[tuple[Array, Array], Array]:
        v, w = state
        v = v + h * (a - values * v)
        residuals = eigen.lam - xp.sum(v * (2 * a - values * v), axis=-1)
        noise = xp.maximum(residuals, 0) / xp.maximum(dof, 1)
        s = xp.where(dof > 0, noise, xp.nan)[:, None]
        w = w + h / (1 + h * s) * (a - (values + s) * w)
        return (v, w), w

    start = xp.zeros_like(a)
    _, path = scan(step, (start, start), None, steps)
    return xp.matvec(eigen.U[None], xp.concatenate([start[None], path]))
