"""A training step on moments costs the same at any context length.

    python -m benchmarks.context_length

Times blocks of 50 updates with the drawing of their prompts at n = 20 and n = 20,000 in turn, so
that a busy machine slows both, and prints the ratio of the medians as JSON.
"""

import json
import statistics
import time

from icl_core.runtime import prepare_process
from icl_core.tasks.linear import LinearTask
from icl_core.tasks.noise import UniformNoise
from icl_core.training import TrainingConfig
from icl_core.training.loop import advance, begin
from icl_core.training.strategy import Exploration

LENGTHS = (20, 20_000)
STEPS, ROUNDS = 50, 15


def main() -> None:
    prepare_process()
    config = TrainingConfig(restarts=1, explore_batch=256)
    tasks = {n: LinearTask(dim=10, num_context=n, noise=UniformNoise(sigma_max=5)) for n in LENGTHS}
    seconds: dict[int, list[float]] = {n: [] for n in LENGTHS}
    for seed in range(-1, ROUNDS):
        for n, task in tasks.items():
            # New lanes draw their prompts anew.
            exploration = Exploration([task], [abs(seed)], config)
            trainee, run = exploration.trainees[0], exploration.runs[0]
            state = begin(trainee, run)
            begun = time.perf_counter()
            advance(trainee, run, state, STEPS)
            if seed < 0:
                continue  # compiles
            seconds[n].append((time.perf_counter() - begun) / STEPS)
    medians = {n: statistics.median(values) for n, values in seconds.items()}
    print(
        json.dumps(
            {
                "milliseconds_per_step": {n: 1e3 * value for n, value in medians.items()},
                "ratio": medians[LENGTHS[1]] / medians[LENGTHS[0]],
            },
            indent=2,
        )
    )


if __name__ == "__main__":
    main()
