"""Linear transformers by their moments, in normalised coordinates (`models.coordinates`).

Free parameters are numbers per layer and head for GD++ (p_x, p_y, q_x) and DIAG (and q_y), and P~,
Q~ themselves for FULL.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache, partial
from typing import Any, TypeVar

import jax
import jax.numpy as jnp
import numpy as np
from jax.sharding import Mesh, NamedSharding, PartitionSpec
from jaxtyping import Float

from icl_core.arrays import Array, Key, key_of, namespace
from icl_core.models.linear import Normalised, Parametrization, diagonal_model
from icl_core.tasks.linear import LinearTask
from icl_core.training.loop import LEARNT, Drawn, Loss, State, Words
from icl_core.training.objective import (
    Batch,
    Parameters,
    rare_batch,
    sample_batch,
    tied_layers,
    training_loss,
)

AnyState = TypeVar("AnyState", bound=State)
POOL, POOLS = 16_384, 16
"""Prompts drawn at a time, and how many times."""
TURNS = 2
"""In how many turns a fresh pool is gone through: drawing one takes as long as some 30 updates."""

STARTS: tuple[tuple[dict[str, float], float], ...] = (
    ({"p_x": 0.3, "p_y": 0.3, "q_x": -0.3, "q_y": -0.3}, 0.05),
    ({"p_x": 0.0, "p_y": 0.0, "q_x": 0.0, "q_y": 0.0}, 0.3),
    ({"p_x": -0.3, "p_y": 0.3, "q_x": -0.3, "q_y": 0.3}, 0.15),
)
"""(centre, standard deviation) of the kinds of start, dealt out in turn. The first makes every
omega = p q negative, a descent step that also shrinks: it never blows up and finds the good basin
at most depths; the others find it where the first does not (DIAG, L = 3, sigma in {1, 3})."""
FULL_JITTER = 0.15
"""Standard deviation of the noise on every entry of P~, Q~ of FULL, divided by sqrt(heads)."""


@partial(jax.jit, static_argnums=(1, 2, 3))
def initial_parameters(
    rng_key: Key, parametrization: Parametrization, shape: tuple[int, int, int], dim: int
) -> Parameters:
    """Random starts, the kinds of `STARTS` in turn; shape = (restarts, layers, heads)."""
    restarts, _, heads = shape
    keys = iter(jax.random.split(rng_key, 6))
    kind = jnp.arange(restarts) % len(STARTS)
    spread = jnp.asarray([deviation for _, deviation in STARTS])[kind][:, None, None]
    numbers = {
        name: jnp.asarray([centre[name] for centre, _ in STARTS])[kind][:, None, None]
        + spread * jax.random.normal(next(keys), shape)
        for name in STARTS[0][0]
    }
    if parametrization == "full":
        model = jax.vmap(lambda parts: diagonal_model(**parts, dim=dim))(numbers)
        size = FULL_JITTER / heads**0.5
        return {
            "P": model.P + size * jax.random.normal(next(keys), model.P.shape),
            "Q": model.Q + size * jax.random.normal(next(keys), model.Q.shape),
        }
    if parametrization == "gdpp":
        del numbers["q_y"]
    return numbers


def as_model(parameters: Parameters, dim: int) -> Normalised:
    """P~, Q~ [*lead, L, H, d+1, d+1] of free parameters with any leading axes."""
    if "P" in parameters:
        return Normalised(P=parameters["P"], Q=parameters["Q"])
    q_y = parameters.get("q_y", namespace(parameters).zeros_like(parameters["q_x"]))
    model = diagonal_model(**{**parameters, "q_y": q_y}, dim=dim)
    return Normalised(P=model.P, Q=model.Q)


def as_parameters(model: Normalised, parametrization: Parametrization) -> Parameters:
    """Free parameters of a normalised model, which must fit the parametrization (any fits FULL)."""
    if parametrization == "full":
        return {"P": model.P, "Q": model.Q}
    names = {"p_x": model.P[..., 0, 0], "p_y": model.P[..., -1, -1]}
    names |= {"q_x": model.Q[..., 0, 0], "q_y": model.Q[..., -1, -1]}
    if parametrization == "gdpp":
        del names["q_y"]
    return names


# Every lane has prompts of its own, all its starts the same; `on` is one for all.
BY_LANE: Any = Batch(gram=0, target=0, weight=0, scale=0, on=None)  # type: ignore[arg-type]


@dataclass(frozen=True)
class MomentLoss(Loss):
    """The exact adjusted loss (`objective`), in its robust form for a first share of the steps, of
    free layers or `tied` ones."""

    robust: float
    tied: bool = False
    axes = (BY_LANE, None)

    def pick(self, batches: Batch, index: Array) -> Batch:
        """Prompts lie along the last axis, and batches along the one before."""

        def at(values: Any) -> Any:
            return jax.lax.dynamic_index_in_dim(values, index, axis=values.ndim - 2, keepdims=False)

        return replace(
            batches, gram=at(batches.gram), target=at(batches.target), weight=at(batches.weight)
        )

    def __call__(self, parameters: Parameters, batch: Batch, progress: Array) -> Float[Array, ""]:
        parameters = tied_layers(parameters) if self.tied else parameters
        return training_loss(parameters, batch, progress < self.robust)


@dataclass(frozen=True, kw_only=True, eq=False)
class LinearTrainee:
    """Linear transformers of one shape: several tasks of one dimension side by side, each in a lane
    with its seed, and in every lane several `starts`, which see the same prompts.

    Arrays begin [lanes, starts]. Where JAX sees several devices, lanes are spread over as many of
    them as divide their number. Prompts are drawn POOL at a time, at most POOLS times, and then
    used again; which of them an update sees depends on its number, the lane's seed and
    `stream_number` alone. With `fresh` a pool comes TURNS times and never again, and prompts are
    those of `tasks.rare`: a long training would learn the rare ones of few pools by heart and
    explode on others. robust: the share of the steps that descend the robust loss. tied: whether
    all layers share their weights: they begin equal, and every layer gets the mean of all slopes.
    """

    tasks: tuple[LinearTask, ...]
    seeds: tuple[int, ...]
    parametrization: Parametrization = "diag"
    num_layers: int = 4
    num_heads: int = 1
    starts: int = 1
    robust: float = 0.0
    stream_number: int = 1
    fresh: bool = False
    tied: bool = False

    @property
    def loss(self) -> MomentLoss:
        return MomentLoss(self.robust, self.tied)

    def start(self, seed: int) -> dict[str, Any]:
        """Random parameters [lanes, starts, L, H, ...], of every lane by its own seed."""
        shape = (self.starts, self.num_layers, self.num_heads)
        keys = [jax.random.fold_in(key_of(own), 0) for own in self.seeds]
        dim = self.tasks[0].dim
        found = [initial_parameters(key, self.parametrization, shape, dim) for key in keys]
        return self._begun(stacked(found))

    def _begun(self, starts: dict[str, np.ndarray]) -> dict[str, Any]:
        """Starts [lanes, starts, L, H, ...] on their devices; tied layers are as the first."""
        if self.tied:
            starts = {k: np.repeat(v[:, :, :1], self.num_layers, 2) for k, v in starts.items()}
        return self.spread(starts)

    def stream(self, seed: int) -> Words:
        """The lanes' own seeds: pools are named by them and their number."""
        return np.array(self.seeds, np.uint32)

    def draw(self, stream: Words, step: int, size: int) -> Drawn:
        """The pool of update `step`, of whole batches."""
        count = max(POOL // size, 1)
        number, first = divmod(step, count)
        return Drawn(self._pool(self._place(number), count, size), first, count - first, stream)

    @property
    def _sample(self) -> Callable[[LinearTask, Any, int], Batch]:
        return rare_batch if self.fresh else sample_batch

    def _place(self, number: int) -> int:
        return number // TURNS if self.fresh else number % POOLS

    @cached_property
    def _pool(self) -> Callable[[int, int, int], Batch]:
        sample = self._sample

        @lru_cache(maxsize=1 if self.fresh else POOLS)
        def pool(number: int, count: int, size: int) -> Batch:
            named = zip(self.tasks, self.seeds, strict=True)
            keys = [(task, (seed, self.stream_number, number)) for task, seed in named]
            return self.together([sample(*key, count * size) for key in keys], size)

        return pool

    def together(self, batches: Sequence[Batch], size: int | None = None) -> Batch:
        """One batch a lane in float32, cut into batches of `size` prompts if that is given."""

        def cut(values: Any) -> np.ndarray:
            return values if size is None else values.reshape(*values.shape[:-1], -1, size)

        nothing: Any = None
        apart = [
            replace(b, gram=cut(b.gram), target=cut(b.target), weight=cut(b.weight), on=nothing)
            for b in batches
        ]
        return self.spread(replace(stacked(apart), on=np.int32(1)))

    def spread(self, tree: Any) -> Any:
        """Arrays [lanes, ...], each lane on its device; what has no axis is on all of them."""
        devices = jax.devices()
        count = max(n for n in range(1, len(devices) + 1) if len(self.tasks) % n == 0)
        mesh = Mesh(np.asarray(devices[:count]), ("lanes",))

        def put(values: Any) -> Any:
            lanes = PartitionSpec("lanes") if np.ndim(values) else PartitionSpec()
            return jax.device_put(values, NamedSharding(mesh, lanes))

        return jax.tree.map(put, tree)

    def placed(self, state: AnyState) -> AnyState:
        """A state where updates leave it, so that the second one is not compiled anew."""
        return replace(state, **{name: self.spread(getattr(state, name)) for name in LEARNT})


def stacked(trees: Sequence[Any]) -> Any:
    """A tree of float32 arrays [lanes, ...]."""
    return jax.tree.map(lambda *parts: np.stack(parts, dtype=np.float32), *trees)
