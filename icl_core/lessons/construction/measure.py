"""The tokens through the construction's layers, beside gradient descent."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from icl_core.constructions import matrices
from icl_core.lessons.construction.config import LAYERS, Construction
from icl_core.lessons.construction.prompt import SmallPrompt, parse_prompt, parse_start
from icl_core.validation import Reach

ETA_SPAN = 2.4
"""The slider of eta ends here, in units of n / (largest eigenvalue): beyond 2 descent diverges."""
DIVERGING = np.errstate(over="ignore", invalid="ignore")
"""Too large a step ends in infinities, and they are what is shown."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Run:
    """The construction's layers and gradient descent's steps on one prompt.

    tokens [LAYERS+1, n+1, d+1] after each layer, the query last; W [LAYERS+1, d] after each step.
    """

    prompt: SmallPrompt
    weights: matrices.AttentionWeights
    tokens: np.ndarray
    W: np.ndarray

    @cached_property
    @DIVERGING
    def expected(self) -> np.ndarray:
        """Last entries of all tokens by gradient descent: y_i - (W - W_0) x_i, and -W x."""
        residuals = self.prompt.y - (self.W - self.W[0]) @ self.prompt.X.T
        return np.column_stack([residuals, -self.W @ self.prompt.query])

    @cached_property
    @DIVERGING
    def gaps(self) -> np.ndarray:
        """Largest difference of any token's last entry, by layer, [LAYERS+1]."""
        return np.abs(self.tokens[:, :, -1] - self.expected).max(-1)

    @cached_property
    @DIVERGING
    def losses(self) -> np.ndarray:
        """1/2 mean (y_i - W x_i)^2 after each step, [LAYERS+1]."""
        return _half_mse(self.prompt.y - self.W @ self.prompt.X.T)

    @cached_property
    @DIVERGING
    def layer_losses(self) -> np.ndarray:
        """The same of the targets that the layers leave: y_i - W_0 x_i of the tokens."""
        return _half_mse(self.tokens[:, :-1, -1] - self.prompt.X @ self.W[0])

    @DIVERGING
    def trace(self, layer: int) -> matrices.LayerTrace:
        return matrices.apply_layer(self.weights, self.tokens[layer - 1])


def _half_mse(residuals: np.ndarray) -> np.ndarray:
    return 0.5 * np.mean(residuals**2, axis=-1)


@DIVERGING
def measure(config: Construction) -> Run:
    """Both runs, in float64."""
    prompt = parse_prompt(config.prompt)
    start = parse_start(config.start)
    W_0 = (start if start.any() else np.zeros(prompt.dim))[None]
    steps = {"eta": config.eta, "gamma": config.gamma}
    weights = matrices.descent_weights(W_0, num_context=prompt.num_context, **steps)
    Y = prompt.y[:, None]
    tokens = matrices.apply_layers(
        weights, matrices.starting_tokens(prompt.X, Y, prompt.query, W_0), LAYERS
    )
    W = matrices.gradient_steps(prompt.X, Y, W_0, steps=LAYERS, **steps)[:, 0]
    return Run(prompt=prompt, weights=weights, tokens=tokens, W=W)


def largest_eta(prompt: SmallPrompt) -> float:
    """The end of the slider of eta, with two digits."""
    highest = np.linalg.eigvalsh(prompt.X.T @ prompt.X)[-1]
    return float(f"{ETA_SPAN * prompt.num_context / highest:.2g}")


def reach(config: Construction, run: Run) -> dict[str, Reach]:
    """Step sizes follow from the prompt: its eigenvalues say where descent diverges."""
    return {"eta": Reach("The step size η", 0.0, largest_eta(run.prompt))}
