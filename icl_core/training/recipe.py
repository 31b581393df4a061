"""What paper 1's models begin with, in its code: weights from truncated normals.

Their variance is 0.002 / (L fan-in); Adam has b2 = 0.98 and gradients clipped to a global norm.
"""

from collections.abc import Mapping

import jax
import jax.numpy as jnp
from jaxtyping import Array

INITIAL_VARIANCE = 0.002
TRUNCATION = 0.87962566
"""Standard deviation of a standard normal variate cut off at -2 and 2."""
BLOCK = 25
"""Updates whose prompts are drawn at a time."""


def start(
    shapes: Mapping[str, tuple[tuple[int, ...], int]],
    layers: int,
    seed: int,
    variance: float = INITIAL_VARIANCE,
) -> dict[str, Array]:
    """Truncated normals of that variance / (L fan-in) in float32; biases 0, LayerNorms 1 and 0.

    shapes: the shape and the fan-in of every parameter, as `BlockModel.shapes` has them.
    """
    found, keys = {}, jax.random.split(jax.random.key(seed), len(shapes))
    for (name, (shape, fan_in)), key in zip(shapes.items(), keys, strict=True):
        if fan_in:
            deviation = (variance / layers / fan_in) ** 0.5 / TRUNCATION
            found[name] = deviation * jax.random.truncated_normal(key, -2, 2, shape, jnp.float32)
        else:
            found[name] = jnp.full(shape, float(name == "scale"), jnp.float32)
    return found
