"""What a training step costs and why: the two layouts, its parts, the machine's arithmetic limit.

    python -m benchmarks.kernels [--layers 7] [--batch 256] [--rounds 50]

FULL, d = 10, one loss with its slope on a batch. "batch first" is the same mathematics as plain
batched matrix products; "batch last" is what training runs. The limit is the best rate of one large
float32 matrix product in the same process. One JSON object on standard output.
"""

import argparse
import json
import os
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array

from icl_core.models.products import multiply, sandwich
from icl_core.runtime import prepare_process
from icl_core.tasks.linear import LinearTask, draw_prompts
from icl_core.tasks.noise import UniformNoise
from icl_core.training.linear import initial_parameters
from icl_core.training.objective import Batch, batch_of, sample_batch, training_loss

TASK = LinearTask(dim=10, num_context=20, noise=UniformNoise(sigma_max=5))
SIZE = 1024
"""Of the square matrices whose product shows the machine's limit."""


def milliseconds(function: Callable[..., Any], *arguments: Any, rounds: int) -> float:
    """Median wall-clock time of a call, after one that compiles."""
    jax.block_until_ready(function(*arguments))
    times = []
    for _ in range(rounds):
        begun = time.perf_counter()
        jax.block_until_ready(function(*arguments))
        times.append(1e3 * (time.perf_counter() - begun))
    return float(np.median(times))


def batch_first_loss(parameters: dict[str, Array], batch: Batch) -> Array:
    """`training_loss` (plain) by batched matrix products; gram [batch, d+1, d+1]."""
    P, Q = parameters["P"][:, 0], parameters["Q"][:, 0]
    gram, eye, maps = batch.gram, jnp.eye(batch.gram.shape[-1]), []
    for layer in range(P.shape[0] - 1):
        A = eye + jnp.einsum("ab,nbc,cd->nad", P[layer], gram, Q[layer])
        maps.append(A)
        gram = A @ gram @ A.mT
    row = eye[-1:] + jnp.einsum("ab,nbc,cd->nad", P[-1, -1:], gram, Q[-1])
    for A in reversed(maps):
        row = row @ A
    w = -batch.scale * row[:, 0, :-1]
    return jnp.mean(batch.weight * 0.5 * jnp.sum((w - batch.target) ** 2, axis=-1))


def flops(layers: int, batch: int) -> float:
    """Multiplications and additions of a loss with its slope: thrice those of the loss.

    A layer: P G Q, A G and (A G) A^T; the last one and the row vector are left out.
    """
    return 3 * batch * (layers - 1) * 4 * 2 * (TASK.dim + 1) ** 3


def main() -> None:
    prepare_process()
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--layers", type=int, default=7)
    parser.add_argument("--batch", type=int, default=256)
    parser.add_argument("--rounds", type=int, default=50)
    options = parser.parse_args()
    layers, size, rounds = options.layers, options.batch, options.rounds

    float32 = jax.tree.map(lambda v: jnp.asarray(v, jnp.float32), sample_batch(TASK, 0, size))
    last = replace(float32, on=jnp.int32(1))
    first = replace(last, gram=jnp.moveaxis(last.gram, -1, 0) + 0, target=last.target.T)
    starts = initial_parameters(jax.random.key(0), "full", (1, layers, 1), TASK.dim)
    parameters = {name: 0.3 * values[0] for name, values in starts.items()}
    plain = jnp.asarray(False)

    square = jnp.ones((SIZE, SIZE))
    limit = 2 * SIZE**3 / milliseconds(jax.jit(jnp.matmul), square, square, rounds=rounds) / 1e6
    P, G = parameters["P"][0, 0], last.gram
    times = {
        "batch_first": milliseconds(
            jax.jit(jax.value_and_grad(batch_first_loss)), parameters, first, rounds=rounds
        ),
        "batch_last": milliseconds(
            jax.jit(jax.value_and_grad(training_loss)), parameters, last, plain, rounds=rounds
        ),
        "loss_alone": milliseconds(jax.jit(training_loss), parameters, last, plain, rounds=rounds),
        "one_product": milliseconds(jax.jit(multiply), G, G, last.on, rounds=rounds),
        "one_product_batch_first": milliseconds(
            jax.jit(jnp.matmul), first.gram, first.gram, rounds=rounds
        ),
        "one_sandwich": milliseconds(jax.jit(sandwich), P, G, P, rounds=rounds),
        "nothing": milliseconds(jax.jit(lambda x: x + 1), last.on, rounds=rounds),
    }
    drawn = 16_384
    draw = milliseconds(lambda: draw_prompts(TASK, 0, drawn), rounds=5)
    prepare = milliseconds(lambda: batch_of(draw_prompts(TASK, 0, drawn), TASK), rounds=5)
    work = flops(layers, size) / 1e6
    result = {
        "layers": layers,
        "batch": size,
        "load": os.getloadavg()[0],
        "milliseconds": times,
        "batch_first_over_batch_last": times["batch_first"] / times["batch_last"],
        "matrix_megaflops_a_step": work,
        "gigaflops": {name: work / times[name] for name in ("batch_first", "batch_last")},
        "limit_gigaflops": limit,
        "share_of_the_limit": work / times["batch_last"] / limit,
        "sampling_milliseconds_a_step": {
            "draw": draw * size / drawn,
            "draw_and_prepare": prepare * size / drawn,
        },
    }
    print(json.dumps(result, indent=2))


if __name__ == "__main__":
    main()
