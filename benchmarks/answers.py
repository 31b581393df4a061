"""What answers pages: numpy in the calling thread, or XLA's programs, side by side.

    python -m benchmarks.answers [--threads 6] [--seconds 20]

Each way runs in a process of its own, on the same prompts of the default task, through the engine's
own functions, which run as either (`arrays.numpy_or_xla`): numpy; XLA as it comes; XLA dispatched
in the calling thread (`jax_cpu_enable_async_dispatch` off); and that without a pool of threads
(`--xla_cpu_multi_thread_eigen=false`). One JSON object: per way the milliseconds of each answer in
one thread (median), the seconds of the first call of all of them, answers a second from several
threads at once, megabytes resident at the end; "stopped" after how many answers, where for 15 s
none came: XLA's pool then waits for itself for ever.
"""

import argparse
import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import psutil

from icl_core.algorithms.accelerated import ConjugateGradient
from icl_core.algorithms.descent import GDPlusPlus
from icl_core.algorithms.ridge import BayesRR, OracleRR
from icl_core.arrays import in_float64
from icl_core.lessons.shared.shipped import families
from icl_core.models.linear import information_flow
from icl_core.tasks.linear import draw_prompts
from icl_core.zoo.library import load_entry

WAYS: Mapping[str, Mapping[str, str]] = {
    "numpy": {},
    "xla": {"JAX_CPU_ENABLE_ASYNC_DISPATCH": "true"},
    "xla, dispatched in the calling thread": {"JAX_CPU_ENABLE_ASYNC_DISPATCH": "false"},
    "xla, without a pool": {
        "JAX_CPU_ENABLE_ASYNC_DISPATCH": "false",
        "XLA_FLAGS": "--xla_cpu_multi_thread_eigen=false",
    },
}
PROMPTS, STILL = 1024, 15.0
"""Prompts of an answer; seconds without any that count as stopped."""

Answer = Callable[[], Any]


@in_float64
def answers(compiled: bool) -> dict[str, Answer]:
    """What pages ask of the engine."""
    family = next(iter(families().values()))
    prompts = draw_prompts(family.task, 0, PROMPTS)
    shipped = load_entry(family.entries["full"][family.depths[-1]]).model
    if compiled:
        prompts, shipped = jax.tree.map(jnp.asarray, (prompts, shipped))
    methods = {
        "oracle": OracleRR(),
        "bayes": BayesRR(noise=family.task.noise),
        "conjugate gradients, 24 steps": ConjugateGradient(steps=24),
        "gd++, 8 steps": GDPlusPlus(etas=(0.5,) * 8, gammas=(0.01,) * 8),
        f"full, {shipped.num_layers} layers": shipped,
    }
    found: dict[str, Answer] = {
        name: lambda method=method: np.asarray(method.weight_path(prompts))
        for name, method in methods.items()
    }
    return found | {
        "flow": lambda: np.asarray(information_flow(shipped, prompts.moments).w),
    }


@in_float64
def one_thread(found: Mapping[str, Answer]) -> dict[str, float]:
    """Median milliseconds of an answer."""
    spent: dict[str, float] = {}
    for name, answer in found.items():
        times = []
        for _ in range(9):
            begun = time.perf_counter()
            answer()
            times.append(1e3 * (time.perf_counter() - begun))
        spent[name] = round(float(np.median(times)), 2)
    return spent


def many_threads(found: Mapping[str, Answer], threads: int, seconds: float) -> dict[str, Any]:
    """Answers a second, or after how many they stopped."""
    done = [0] * threads
    over = threading.Event()

    @in_float64
    def ask(index: int) -> None:
        turn = list(found.values())[index % len(found) :] + list(found.values())
        while not over.is_set():
            for answer in turn:
                answer()
                done[index] += 1

    for index in range(threads):
        threading.Thread(target=ask, args=(index,), daemon=True).start()
    begun = last = time.monotonic()
    seen = 0
    while (now := time.monotonic()) - begun < seconds or now - last > 2:
        time.sleep(0.2)
        if sum(done) != seen:
            seen, last = sum(done), time.monotonic()
        elif now - last > STILL:
            return {"stopped": seen, "after_seconds": round(last - begun, 1)}
    over.set()
    return {"answers_a_second": round(seen / (last - begun), 1)}


def measure(way: str, threads: int, seconds: float) -> dict[str, Any]:
    """One way, in this process."""
    found = answers(compiled=way != "numpy")
    begun = time.perf_counter()
    in_float64(lambda: [answer() for answer in found.values()])()
    first = time.perf_counter() - begun
    result = {"milliseconds": one_thread(found), "first_seconds": round(first, 2)}
    result[f"{threads}_threads"] = many_threads(found, threads, seconds)
    return result | {"megabytes": round(psutil.Process().memory_info().rss / 1e6)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--threads", type=int, default=6)
    parser.add_argument("--seconds", type=float, default=20)
    parser.add_argument("--way", choices=WAYS, help="only this one, in this process")
    given = parser.parse_args()
    if given.way:
        print(json.dumps(measure(given.way, given.threads, given.seconds)), flush=True)
        # Threads that wait for ever would keep the process.
        os._exit(0)
    command = [sys.executable, "-m", "benchmarks.answers", *sys.argv[1:], "--way"]
    results = {
        way: json.loads(
            subprocess.run(
                [*command, way], env=os.environ | settings, capture_output=True, check=True
            ).stdout
        )
        for way, settings in WAYS.items()
    }
    print(json.dumps(results, indent=2))


if __name__ == "__main__":
    main()
