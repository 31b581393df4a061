"""Input laws: how the coordinates of x are drawn, context and query alike."""

from dataclasses import dataclass
from typing import Any, ClassVar

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from icl_core.arrays import Key
from icl_core.errors import InputError
from icl_core.validation import Config, checked, choice, mapping, number


@dataclass(frozen=True, kw_only=True)
class GaussianInputs(Config):
    """x ~ N(0, scale^2 C), C diagonal with mean entry 1.

    The entries of C fall geometrically from the first to the last by the factor `condition`.
    """

    kind: ClassVar[str] = "gaussian"
    kurtosis: ClassVar[float] = 3.0
    condition: float = checked(1.0, number, "The condition number of the inputs", "condition")
    scale: float = checked(1.0, number, "The scale of the inputs", "input_scale")

    @property
    def variance(self) -> float:
        return self.scale**2

    def variances(self, dim: int) -> Float[np.ndarray, "dim"]:
        spread = self.condition ** -(np.arange(dim) / max(dim - 1, 1))
        return self.variance * spread / spread.mean()

    def scaled(self, factor: float) -> "GaussianInputs":
        return self.replace(scale=self.scale * factor)

    def label(self) -> str:
        scale = "" if self.scale == 1 else f"{self.variance:g} "
        if self.condition == 1:
            return f"x ~ N(0, {scale}I)"
        return f"x ~ N(0, {scale}C), cond C = {self.condition:g}"

    def draw(
        self, rng: np.random.Generator, shape: tuple[int, ...], dtype: Any = np.float64
    ) -> np.ndarray:
        deviations = np.sqrt(self.variances(shape[-1])).astype(dtype)
        return rng.standard_normal(shape, dtype) * deviations

    def sample(self, rng_key: Key, shape: tuple[int, ...], dtype: Any) -> Array:
        deviations = jnp.asarray(np.sqrt(self.variances(shape[-1])), dtype)
        normal = jax.random.normal(rng_key, shape, dtype)
        return normal * jnp.broadcast_to(deviations, shape)


@dataclass(frozen=True, kw_only=True)
class UniformInputs(Config):
    """Independent coordinates x_j ~ U(-width/2, width/2) (paper 1, section 3).

    The paper says U(-1, 1); its published losses and its code's `input_range` = 1 are those of
    width 1, which is meant by "alpha" in its sweeps too.
    """

    kind: ClassVar[str] = "uniform"
    kurtosis: ClassVar[float] = 1.8
    width: float = checked(1.0, number, "The width of the inputs", "input_scale")

    @property
    def variance(self) -> float:
        return self.width**2 / 12

    def variances(self, dim: int) -> Float[np.ndarray, "dim"]:
        return np.full(dim, self.variance)

    def scaled(self, factor: float) -> "UniformInputs":
        return self.replace(width=self.width * factor)

    def label(self) -> str:
        return f"x ~ U(−{self.width / 2:g}, {self.width / 2:g})"

    def draw(
        self, rng: np.random.Generator, shape: tuple[int, ...], dtype: Any = np.float64
    ) -> np.ndarray:
        x = rng.random(shape, dtype)
        x -= 0.5
        x *= self.width
        return x

    def sample(self, rng_key: Key, shape: tuple[int, ...], dtype: Any) -> Array:
        half = self.width / 2
        return jax.random.uniform(rng_key, shape, dtype, -half, half)


InputLaw = GaussianInputs | UniformInputs
"""Each law offers: kind; variance, the mean over coordinates of E x_j^2; variances(dim), each of
them (coordinates are independent, symmetric about 0); kurtosis = E x_j^4 / (E x_j^2)^2;
scaled(factor), the law of factor * x; label(); draw(rng, [..., dim], dtype) in numpy and
sample(rng_key, [..., dim], dtype) in JAX."""

STANDARD = GaussianInputs()
"""x ~ N(0, I_d), the inputs of paper 2."""

_KINDS = {law.kind: law for law in (GaussianInputs, UniformInputs)}
_FIELDS = {"gaussian": ("condition", "scale"), "uniform": ("width",)}
_EXPECTED = "expected gaussian, gaussian:CONDITION, gaussian:CONDITION,SCALE or uniform:WIDTH"


def parse_inputs(text: Any) -> InputLaw:
    """The law written as on the command line and in links, "uniform:1" say."""
    kind, _, rest = str(text).partition(":")
    problem = InputError(f"The input law is {str(text)[:60]!r}: {_EXPECTED}.")
    if kind not in _KINDS:
        raise problem
    values = rest.split(";" if ";" in rest else ",") if rest else []
    names = _FIELDS[kind]
    if len(values) > len(names):
        raise problem
    return _KINDS[kind].from_dict(dict(zip(names, values, strict=False)))


def format_inputs(law: InputLaw) -> str:
    """The inverse of `parse_inputs`, exactly."""
    values = [getattr(law, name) for name in _FIELDS[law.kind]]
    return f"{law.kind}:" + ",".join(repr(value).removesuffix(".0") for value in values)


def inputs_to_dict(law: InputLaw) -> dict[str, Any]:
    """{"kind": ..., and the law's own entries}, as in the manifest."""
    return {"kind": law.kind} | law.to_dict()


def inputs_from_dict(values: Any) -> InputLaw:
    """The inverse of `inputs_to_dict`, validated."""
    given = mapping("The input law", values)
    kind = choice("The kind of input law", given.pop("kind", None), _KINDS)
    return _KINDS[str(kind)].from_dict(given)
