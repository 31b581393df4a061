"""One prompt at every noise level: what each method makes of it."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from icl_core.algorithms import Method
from icl_core.algorithms.ridge import OracleRR, Spectrum, noise_posterior, ols_variance, spectrum
from icl_core.analysis.implied import Implied, nearest_ridge
from icl_core.analysis.loss import distance_loss
from icl_core.arrays import Scalar
from icl_core.tasks.linear import LinearTask, at_levels
from icl_core.tasks.noise import NoiseLaw, UniformNoise


@dataclass(frozen=True, kw_only=True, eq=False)
class PromptStory:
    """One prompt, its noise scaled to each of `sigmas` [S]. All of it is exact: half MSE over the
    query, nothing sampled but the prompt, which `seed` draws.

    methods: those that are told of. paths[method] [steps+1, S, d], implicit weights;
    losses[method] [steps+1, S], adjusted;
    implied[method], arrays [S], the ridge regression nearest to its last weights; levels [K] and
    posterior [S, K], p(sigma | X, y) under the noise law as a share of its highest value, or for a
    law of single levels as a probability; residual [S], AdaRR's estimate of sigma (NaN for
    n <= d); w [d], the true weights.
    """

    task: LinearTask
    seed: int
    methods: Mapping[str, Method]
    sigmas: np.ndarray
    w: np.ndarray
    paths: Mapping[str, np.ndarray]
    losses: Mapping[str, np.ndarray]
    implied: Mapping[str, Implied]
    levels: np.ndarray
    posterior: np.ndarray
    residual: np.ndarray

    @property
    def continuous(self) -> bool:
        """Whether the noise law has a density."""
        return _has_density(self.task.noise)

    @property
    def chosen(self) -> int:
        """Row of the noise level looked at: the last."""
        return len(self.sigmas) - 1


def _has_density(noise: NoiseLaw) -> bool:
    return isinstance(noise, UniformNoise) and noise.highest > 0


def tell(
    methods: Mapping[str, Method], task: LinearTask, seed: int, sigmas: np.ndarray
) -> PromptStory:
    """The story of the prompt that `seed` draws."""
    prompts = at_levels(task, seed, sigmas)
    eigen = spectrum(prompts.moments)
    target = OracleRR().weight_path(prompts)[-1]
    paths = {name: np.asarray(m.weight_path(prompts)) for name, m in methods.items()}
    levels, posterior = _posterior(task, eigen, prompts.num_context)
    return PromptStory(
        task=task,
        seed=seed,
        methods=methods,
        sigmas=np.asarray(sigmas),
        w=np.asarray(prompts.w[0]),
        paths=paths,
        losses={name: distance_loss(path, target) for name, path in paths.items()},
        implied={name: nearest_ridge(eigen, path[-1]) for name, path in paths.items()},
        levels=levels,
        posterior=posterior,
        residual=np.sqrt(ols_variance(eigen, prompts.num_context)),
    )


def noise_nodes(noise: NoiseLaw) -> tuple[np.ndarray, np.ndarray]:
    """Noise levels that a posterior is shown at, and their weights in the law: nodes of a density,
    or single levels, each once."""
    nodes, prior = noise.nodes()
    if _has_density(noise):
        return nodes, prior
    met, place = np.unique(nodes[prior > 0], return_inverse=True)
    return met, np.bincount(place, prior[prior > 0])


def _posterior(
    task: LinearTask, eigen: Spectrum, num_context: Scalar
) -> tuple[np.ndarray, np.ndarray]:
    levels, prior = noise_nodes(task.noise)
    found = noise_posterior(eigen, levels, prior, num_context)
    if _has_density(task.noise):
        density = found / prior
        found = density / density.max(-1, keepdims=True)
    return levels, found
