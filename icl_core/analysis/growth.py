"""How the tokens of a prompt grow from layer to layer: where a model diverges."""

import numpy as np
from jaxtyping import Float

from icl_core.models.coordinates import token_scale
from icl_core.models.linear import LinearTransformer, gram_path
from icl_core.tasks.linear import LinearTask, draw_prompts

PROMPTS, SEED = 256, 987_656
GREW = 10.0
"""From here on tokens have grown."""


def token_sizes(model: LinearTransformer, task: LinearTask) -> Float[np.ndarray, "steps"]:
    """The mean square of a number of the context's tokens after layer 0..L, each in its typical
    size (`models.coordinates`): about 1 at the input. The median over prompts; infinite beyond
    float64."""
    D = token_scale(task)
    moments = draw_prompts(task, SEED, PROMPTS).moments
    squares = np.diagonal(gram_path(model, moments), axis1=-2, axis2=-1) * D**2
    with np.errstate(all="ignore"):
        return np.median(np.nan_to_num(squares.mean(-1), nan=np.inf), axis=-1)


def first_grown(sizes: Float[np.ndarray, "steps"]) -> int:
    """The first layer after which tokens are GREW times as large as at the input, in the mean
    square; of none the one after which they are largest."""
    times = sizes / sizes[0]
    return int(np.argmax(times > GREW) or np.argmax(times))
