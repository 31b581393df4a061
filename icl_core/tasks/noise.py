"""Noise laws: how the noise level sigma_tau of a prompt is drawn (paper 2, section 2)."""

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, ClassVar

import jax
import numpy as np
from jaxtyping import Float

from icl_core.arrays import Array, Key, namespace
from icl_core.errors import InputError
from icl_core.validation import Config, choice, mapping, number, required

NUM_NODES = 129
"""Nodes of `NoiseLaw.nodes` of a law with a density, and the most levels of one without."""

_gauss = lru_cache(maxsize=16)(np.polynomial.legendre.leggauss)


@dataclass(frozen=True, kw_only=True)
class FixedNoise(Config):
    """sigma_tau = value in every prompt."""

    kind: ClassVar[str] = "fixed"
    value: float = required(number, "The noise level sigma", "sigma")

    @property
    def second_moment(self) -> float:
        return self.value**2

    @property
    def highest(self) -> float:
        return self.value

    def label(self) -> str:
        return f"σ = {self.value:g}"

    def quantile(self, u: Float[Array, "*shape"]) -> Float[Array, "*shape"]:
        return namespace(u).full_like(u, self.value)

    def nodes(self, count: int = NUM_NODES) -> tuple[np.ndarray, np.ndarray]:
        return np.array([self.value]), np.ones(1)


@dataclass(frozen=True, kw_only=True)
class UniformNoise(Config):
    """sigma_tau ~ U(0, sigma_max)."""

    kind: ClassVar[str] = "uniform"
    sigma_max: float = required(number, "The highest noise level sigma_max", "sigma")

    @property
    def second_moment(self) -> float:
        return self.sigma_max**2 / 3

    @property
    def highest(self) -> float:
        return self.sigma_max

    def label(self) -> str:
        return f"σ ~ U(0, {self.sigma_max:g})"

    def quantile(self, u: Float[Array, "*shape"]) -> Float[Array, "*shape"]:
        return u * self.sigma_max

    def nodes(self, count: int = NUM_NODES) -> tuple[np.ndarray, np.ndarray]:
        # sigma = sigma_max t^2 puts the nodes where the posterior over sigma is narrow: near 0.
        t, weight = _gauss(count)
        t, weight = (t + 1) / 2, weight / 2
        return self.sigma_max * t**2, 2 * t * weight


def _levels(name: str, given: Any) -> tuple[float, ...]:
    if not isinstance(given, (list, tuple)) or not 1 <= len(given) <= NUM_NODES:
        raise InputError(
            f"The noise levels are {given!r:.60}: expected a list of 1 to {NUM_NODES} numbers."
        )
    return tuple(number(name, value, "sigma") for value in given)


@dataclass(frozen=True, kw_only=True)
class CategoricalNoise(Config):
    """sigma_tau uniform over a list of values."""

    kind: ClassVar[str] = "categorical"
    values: tuple[float, ...] = required(_levels, "A noise level")

    @property
    def second_moment(self) -> float:
        return math.fsum(value**2 for value in self.values) / len(self.values)

    @property
    def highest(self) -> float:
        return max(self.values)

    def label(self) -> str:
        return f"σ ∈ {{{', '.join(f'{value:g}' for value in self.values)}}}"

    def quantile(self, u: Float[Array, "*shape"]) -> Float[Array, "*shape"]:
        xp = namespace(u)
        index = xp.minimum((u * len(self.values)).astype(int), len(self.values) - 1)
        return xp.asarray(self.values, u.dtype)[index]

    def nodes(self, count: int = NUM_NODES) -> tuple[np.ndarray, np.ndarray]:
        sigma, often = np.unique(self.values, return_counts=True)
        return sigma, often / len(self.values)


NoiseLaw = FixedNoise | UniformNoise | CategoricalNoise
"""Each law offers: kind; second_moment = E[sigma_tau^2]; highest; label(); quantile(u), the
inverse distribution function; nodes(count) = (sigma, weight), a quadrature of it, exact: of so many
nodes where it has a density, else of its levels."""

_KINDS = {law.kind: law for law in (FixedNoise, UniformNoise, CategoricalNoise)}
_EXPECTED = "expected fixed:SIGMA, uniform:SIGMA_MAX or categorical:SIGMA,SIGMA,..."


def sample_sigma(law: NoiseLaw, rng_key: Key, shape: tuple[int, ...]) -> Float[Array, "*shape"]:
    """Independent noise levels sigma_tau of the given shape."""
    return law.quantile(jax.random.uniform(rng_key, shape))


def met_in_training(law: NoiseLaw) -> tuple[tuple[float, float] | None, tuple[float, ...]]:
    """The range of noise levels that prompts of a law have, or None and the single levels."""
    if isinstance(law, UniformNoise):
        return (0.0, law.highest), ()
    return None, tuple(np.unique(law.nodes()[0]).tolist())


def parse_noise(text: Any) -> NoiseLaw:
    """The law written as on the command line and in links, "uniform:5" say."""
    kind, _, rest = str(text).partition(":")
    if kind not in _KINDS or not rest:
        raise InputError(f"The noise law is {str(text)[:60]!r}: {_EXPECTED}.")
    # A comma stands between numbers, unless semicolons do: "0,4;1,5" has decimals.
    parts = tuple(rest.split(";" if ";" in rest else ","))
    if kind == "categorical":
        return CategoricalNoise.from_dict({"values": parts})
    if len(parts) != 1:
        raise InputError(f"The noise law is {str(text)[:60]!r}: {_EXPECTED}.")
    return _KINDS[kind].from_dict({"value" if kind == "fixed" else "sigma_max": parts[0]})


def _exact(value: float) -> str:
    """The shortest text of the same number: 5 and not 5.0."""
    return repr(value).removesuffix(".0")


def format_noise(law: NoiseLaw) -> str:
    """The inverse of `parse_noise`, exactly."""
    (given,) = law.to_dict().values()
    return f"{law.kind}:{','.join(map(_exact, given if isinstance(given, tuple) else (given,)))}"


def noise_to_dict(law: NoiseLaw) -> dict[str, Any]:
    """{"kind": ..., and the law's own entry}, as in the manifest."""
    entries = law.to_dict()
    return {"kind": law.kind} | {
        name: list(value) if isinstance(value, tuple) else value for name, value in entries.items()
    }


def noise_from_dict(values: Any) -> NoiseLaw:
    """The inverse of `noise_to_dict`, validated."""
    given = mapping("The noise law", values)
    kind = choice("The kind of noise law", given.pop("kind", None), _KINDS)
    return _KINDS[str(kind)].from_dict(given)
