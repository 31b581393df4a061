"""Faster ways than gradient descent to solve (Sigma + s I) w = alpha: what layers compare with.

H = Sigma + s I, with s = 0 for least squares. All start at w = 0 and are run in the eigenbasis of
Sigma, where a step costs O(d). mu and L are the smallest and the largest eigenvalue of H on the
range of Sigma: alpha lies in it, so that the solution is the one of least norm where n < d.
"""

from abc import abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar, TypeVar

import numpy as np
from jaxtyping import Float

from icl_core.algorithms.ridge import Spectrum, spectrum
from icl_core.arrays import Array, WeightPath, namespace, numpy_or_xla, scan
from icl_core.models.predictor import Method
from icl_core.tasks.linear import Prompts
from icl_core.validation import Config, checked, integer, number, required

Vectors = Float[Array, "batch dim"]
S = TypeVar("S", bound=tuple[Array, ...])


@dataclass(frozen=True, kw_only=True)
class Solver(Config, Method):
    """So many steps towards the ridge regression of that strength."""

    steps: int = required(integer, "The number of steps", (1, 1000))
    strength: float = checked(0.0, number, "The ridge strength", (0, 1e6))

    name: ClassVar[str]

    @abstractmethod
    def path(self, eigen: Spectrum, strength: Float[Array, "*batch"]) -> WeightPath:
        """Weights after step 0..K, [K+1, batch, d], from w = 0, for one strength or one a prompt,
        whatever the solver's own."""

    def weight_path(self, prompts: Prompts) -> WeightPath:
        """[K+1, batch, d], from w = 0."""
        return self.path(spectrum(prompts.moments), np.asarray(self.strength))


@dataclass(frozen=True, kw_only=True)
class HeavyBall(Solver):
    """w <- w + (eta / n) (alpha - H w) + beta (w - w_previous) (Polyak 1964).

    Where `momentum` is None, beta = ((sqrt L - sqrt mu) / (sqrt L + sqrt mu))^2 of each prompt,
    and where `eta` is, eta / n = 2 (1 + beta) / (L + mu): the fastest there are. Momentum 0 is
    gradient descent.
    """

    eta: float | None = checked(None, number, "The step size eta", "eta")
    momentum: float | None = checked(None, number, "The momentum beta", (0, 1))

    name = "heavy_ball"

    def path(self, eigen: Spectrum, strength: Float[Array, "*batch"]) -> WeightPath:
        """With the fastest eta."""
        return heavy_ball(eigen, strength, *fastest(eigen, strength, self.momentum), self.steps)

    def weight_path(self, prompts: Prompts) -> WeightPath:
        """[K+1, batch, d], from w = 0."""
        if self.eta is None:
            return super().weight_path(prompts)
        eigen, s = spectrum(prompts.moments), np.asarray(self.strength)
        _, beta = fastest(eigen, s, self.momentum)
        return heavy_ball(eigen, s, self.eta / prompts.num_context, beta, self.steps)


@dataclass(frozen=True, kw_only=True)
class Chebyshev(Solver):
    """The semi-iteration of Chebyshev polynomials on [mu, L] of each prompt.

    No polynomial of the same degree has a smaller largest error on that interval (Golub and Varga
    1961); the recurrence is that of Saad 2003, algorithm 12.1.
    """

    name = "chebyshev"

    @numpy_or_xla(static=("self",))
    def path(self, eigen: Spectrum, strength: Float[Array, "*batch"]) -> WeightPath:
        H = _curvature(eigen, strength)
        low, high = (end[:, None] for end in extremes(eigen, strength))
        centre, radius = (low + high) / 2, (high - low) / 2

        def move(state: tuple[Array, Array, Array]) -> tuple[Array, Array, Array]:
            w, change, rho = state
            inverse = 1 / (2 * centre - radius * rho)
            change = radius * inverse * rho * change + 2 * inverse * (eigen.a - H * w)
            return w + change, change, radius * inverse

        # The first step is that of rho = radius / centre: half of what the recurrence takes.
        first = eigen.a / centre
        start = first, first, radius / centre
        rest = _path(eigen, start, move, self.steps - 1)
        return _from_zero(rest)


@dataclass(frozen=True, kw_only=True)
class ConjugateGradient(Solver):
    """After k steps the minimiser of 1/2 <w, H w> - <alpha, w> over the k-th Krylov space.

    Exact after d steps; from then on the path stands still (Hestenes and Stiefel 1952).
    """

    name = "cg"

    @numpy_or_xla(static=("self",))
    def path(self, eigen: Spectrum, strength: Float[Array, "*batch"]) -> WeightPath:
        H = _curvature(eigen, strength)
        xp = namespace(H)
        rounding = (xp.finfo(H.dtype).eps * 8) ** 2 * xp.sum(eigen.a**2, -1, keepdims=True)

        def move(state: tuple[Array, Array, Array]) -> tuple[Array, Array, Array]:
            w, r, p = state
            energy = xp.sum(r**2, -1, keepdims=True)
            going = energy > rounding
            length = energy / xp.where(going, xp.sum(H * p**2, -1, keepdims=True), 1)
            length = xp.where(going, length, 0)
            left = r - length * H * p
            turn = xp.sum(left**2, -1, keepdims=True) / xp.where(going, energy, 1)
            return w + length * p, left, left + turn * p

        return _path(eigen, (xp.zeros_like(eigen.a), eigen.a, eigen.a), move, self.steps)


@dataclass(frozen=True, kw_only=True)
class Newton(Solver):
    """Newton's iteration for the inverse, X <- X (2 I - H X), read as w = X alpha (Schulz 1933).

    From X = 2 / (L + mu) I, so that the first step is the best one of gradient descent; the error
    after step k is (I - 2 H / (L + mu))^(2^(k-1)) applied to the solution.
    """

    name = "newton"

    @numpy_or_xla(static=("self",))
    def path(self, eigen: Spectrum, strength: Float[Array, "*batch"]) -> WeightPath:
        H = _curvature(eigen, strength)
        low, high = extremes(eigen, strength)

        def move(state: tuple[Array, Array]) -> tuple[Array, Array]:
            _, X = state
            X = X * (2 - H * X)
            return X * eigen.a, X

        X = namespace(H).broadcast_to((2 / (low + high))[:, None], H.shape)
        rest = _path(eigen, (X * eigen.a, X), move, self.steps - 1)
        return _from_zero(rest)


SOLVERS: tuple[type[Solver], ...] = (HeavyBall, Chebyshev, ConjugateGradient, Newton)


def solvers(steps: int) -> dict[str, Solver]:
    """What layers and constructions are compared with, by name: gradient descent and all SOLVERS,
    each as fast as it can be on the spectrum of each prompt."""
    return {"gd": HeavyBall(steps=steps, momentum=0.0)} | {
        solver.name: solver(steps=steps) for solver in SOLVERS
    }


def extremes(
    eigen: Spectrum, strength: Float[Array, "*batch"]
) -> tuple[Float[Array, "batch"], Float[Array, "batch"]]:
    """mu and L of each prompt; 1 and 1 where Sigma is 0."""
    xp = namespace(eigen, strength)
    found = eigen.eigenvalues > 0
    some = found.any(-1)
    low = xp.min(xp.where(found, eigen.eigenvalues, xp.inf), axis=-1)
    low, high = (xp.where(some, end, 1) for end in (low, eigen.eigenvalues[:, -1]))
    return low + strength, high + strength


def fastest(
    eigen: Spectrum, strength: Float[Array, "*batch"], momentum: float | None = None
) -> tuple[Float[Array, "batch"], Float[Array, "batch"]]:
    """Step size (eta / n) and momentum of `HeavyBall`, the latter as given or the fastest."""
    low, high = extremes(eigen, strength)
    xp = namespace(low)
    ratio = xp.sqrt(low / high)
    beta = ((1 - ratio) / (1 + ratio)) ** 2 if momentum is None else xp.full_like(low, momentum)
    return 2 * (1 + beta) / (low + high), beta


@numpy_or_xla(static=("steps",))
def heavy_ball(
    eigen: Spectrum,
    strength: Float[Array, "*batch"],
    step: Float[Array, "*batch"],
    momentum: Float[Array, "*batch"],
    steps: int,
) -> WeightPath:
    """Weights after 0..K steps of size `step` (that is eta / n), [K+1, batch, d]."""
    H = _curvature(eigen, strength)
    eta, beta = (_column(value, eigen) for value in (step, momentum))

    def move(state: tuple[Array, Array]) -> tuple[Array, Array]:
        w, before = state
        return w + eta * (eigen.a - H * w) + beta * (w - before), w

    start = namespace(H).zeros_like(H)
    return _path(eigen, (start, start), move, steps)


def _column(value: Array | float, eigen: Spectrum) -> Float[Array, "batch 1"]:
    return namespace(eigen, value).broadcast_to(value, eigen.lam.shape)[:, None]


def _curvature(eigen: Spectrum, strength: Float[Array, "*batch"]) -> Vectors:
    """Eigenvalues of H."""
    return eigen.eigenvalues + _column(strength, eigen)


def _path(eigen: Spectrum, state: S, move: Callable[[S], S], steps: int) -> WeightPath:
    """The first part of the state before and after each move, back in the basis of the inputs."""

    def step(state: S, _: None) -> tuple[S, Array]:
        state = move(state)
        return state, state[0]

    xp, path = namespace(state), state[0][None]
    if steps:
        _, rest = scan(step, state, None, steps)
        path = xp.concatenate([path, rest])
    return xp.matvec(eigen.U[None], path)


def _from_zero(rest: WeightPath) -> WeightPath:
    """The path with w = 0 before it."""
    xp = namespace(rest)
    return xp.concatenate([xp.zeros_like(rest[:1]), rest])
