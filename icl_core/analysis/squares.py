"""What a linear transformer cannot do: the square of a coordinate (paper 2, Theorem 4.2).

Labels are y_i = x_i(1)^2, x_i ~ N(0, I_d). Whatever its weights and depth, the model answers a
query with <w, x_t>: a linear function (Lemma 4.3). How well that can do is measured, as in the
theorem, by the cosine over the n examples between the answers <w, x_i> and the squares x_i(1)^2,
each of the examples asked as a query. No w has a larger cosine than the least-squares fit of the
squares, whose expected square is (d + 4) / n for n much larger than d, whether means are taken out
of both or not. Over fresh queries the cosine is 0 for every w, exactly: odd moments of N(0, I)
vanish.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from icl_core.algorithms import Method
from icl_core.tasks.linear import Moments, Prompts

CONTEXTS = (20, 30, 50, 70, 100, 150, 200, 300, 500, 700, 1000, 1500, 2000, 3000, 5000)
PROMPTS = 192
BEST = "best"
"""The name of the best linear function among the methods."""
BLOCK = 8
"""Prompts drawn at a time, to keep memory flat."""
SEEN = 20
"""Sums over examples are scaled to this many, the number that shipped models were trained on."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Squares:
    """Cosine between linear answers and squares, by method: (value, standard error), each [N].

    The value is the root of the mean square over prompts, whose limit is known exactly. `plain` as
    it is, `centred` with both means taken out.
    """

    dim: int
    contexts: np.ndarray
    plain: dict[str, tuple[np.ndarray, np.ndarray]]
    centred: dict[str, tuple[np.ndarray, np.ndarray]]
    prompts: int

    @property
    def expected(self) -> np.ndarray:
        """sqrt((d + 4) / n), what the best cosine tends to; 1 where that is more."""
        return np.minimum(np.sqrt((self.dim + 4) / self.contexts), 1)


def square_grams(dim: int, prompts: int = PROMPTS, seed: int = 0) -> np.ndarray:
    """sum e e^T over the first n examples with e = (1, x, x(1)^2), [N, prompts, d+2, d+2].

    A longer prompt begins with the shorter ones.
    """
    rng = np.random.default_rng(seed)
    blocks = []
    for _ in range(-(-prompts // BLOCK)):
        sums, total = [], np.zeros((BLOCK, dim + 2, dim + 2))
        for more in np.diff((0, *CONTEXTS)):
            e = np.ones((BLOCK, more, dim + 2))
            e[..., 1:-1] = rng.standard_normal((BLOCK, more, dim))
            e[..., -1] = e[..., 1] ** 2
            total = total + e.swapaxes(1, 2) @ e
            sums.append(total)
        blocks.append(np.stack(sums))
    return np.concatenate(blocks, axis=1)[:, :prompts]


def cosine(gram: np.ndarray, w: np.ndarray, *, centred: bool) -> np.ndarray:
    """Between <w, x_i> and x_i(1)^2 over the examples that a gram [..., d+2, d+2] sums up."""
    gram = _about_means(gram) if centred else gram
    both = np.einsum("...i,...i->...", w, gram[..., 1:-1, -1])
    own = np.einsum("...i,...ij,...j->...", w, gram[..., 1:-1, 1:-1], w)
    with np.errstate(invalid="ignore", divide="ignore"):
        return both / np.sqrt(own * gram[..., -1, -1])


def best_cosine(gram: np.ndarray, *, centred: bool) -> np.ndarray:
    """The largest that any w reaches: sqrt(b^T S^-1 b / z) of the blocks S, b, z of the gram."""
    gram = _about_means(gram) if centred else gram
    b = gram[..., 1:-1, -1]
    fitted = np.linalg.solve(gram[..., 1:-1, 1:-1], b[..., None])[..., 0]
    return np.sqrt(np.einsum("...i,...i->...", b, fitted) / gram[..., -1, -1])


def _about_means(gram: np.ndarray) -> np.ndarray:
    """The sums with the means of x and of x(1)^2 taken out."""
    ones = gram[..., 0]
    return gram - ones[..., :, None] * ones[..., None, :] / gram[..., :1, :1]


def square_cosines(methods: Mapping[str, Method], dim: int = 10, seed: int = 0) -> Squares:
    """The best cosine there is, under BEST, and those of methods' last weights, by n.

    Sums over the examples are scaled to SEEN examples: a trained model that takes sums for steps
    would blow up on longer prompts. The cosine does not see the scale.
    """
    grams = square_grams(dim, seed=seed)
    contexts = np.array(CONTEXTS)
    seen = (grams * (SEEN / contexts)[:, None, None, None]).reshape(-1, dim + 2, dim + 2)
    prompts = Prompts(
        moments=Moments(Sigma=seen[:, 1:-1, 1:-1], alpha=seen[:, 1:-1, -1], lam=seen[:, -1, -1]),
        sigma=np.zeros(len(seen)),
        w=np.zeros((len(seen), dim)),
        num_context=np.array(float(SEEN)),
    )
    plain, centred = (
        {BEST: _root_mean_square(best_cosine(grams, centred=centred))} for centred in (False, True)
    )
    for name, method in methods.items():
        w = np.asarray(method.weight_path(prompts)[-1]).reshape(*grams.shape[:2], dim)
        plain[name] = _root_mean_square(cosine(grams, w, centred=False))
        centred[name] = _root_mean_square(cosine(grams, w, centred=True))
    return Squares(dim=dim, contexts=contexts, plain=plain, centred=centred, prompts=grams.shape[1])


def _root_mean_square(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Over prompts, [N, prompts], with its standard error to first order."""
    squares = values**2
    root = np.sqrt(squares.mean(-1))
    return root, squares.std(-1, ddof=1) / np.sqrt(squares.shape[-1]) / (2 * root)
