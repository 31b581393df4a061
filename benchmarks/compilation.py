"""What compilation costs a training run, and that a second process pays nothing for it.

    python -m benchmarks.compilation

Starts the same run (DIAG, L = 4, sigma ~ U(0, 5)) twice, each in a process of its own, with one
fresh cache folder between them. One JSON object: for both, the seconds spent compiling (sum over
programs), the programs compiled for training alone (updates and sampler), and those that the folder
did not hold.
"""

import json
import os
import subprocess
import sys
import tempfile

import jax

from icl_core.runtime import prepare_process
from icl_core.tasks.linear import LinearTask
from icl_core.tasks.noise import UniformNoise
from icl_core.training import TrainingConfig, train

TASK = LinearTask(dim=10, num_context=20, noise=UniformNoise(sigma_max=5))


def measure() -> None:
    """Run a few updates of both phases and print what was compiled."""
    prepare_process()
    seconds: list[float] = []
    events: list[str] = []
    jax.monitoring.register_event_duration_secs_listener(
        lambda event, duration_secs, **_: (
            seconds.append(duration_secs) if event.endswith("backend_compile_duration") else None
        )
    )
    jax.monitoring.register_event_listener(lambda event, **_: events.append(event))
    run = train(TASK, TrainingConfig(explore_steps=1, refine_steps=1))
    next(run)
    before = sum(seconds)
    list(run)
    result = {
        "programs": len(seconds),
        "seconds": sum(seconds),
        "seconds_training_alone": sum(seconds) - before,
        "missed": events.count("/jax/compilation_cache/cache_misses"),
        "found": events.count("/jax/compilation_cache/cache_hits"),
    }
    print(json.dumps(result))


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        runs = [
            subprocess.run(
                [sys.executable, "-m", "benchmarks.compilation", "--measure"],
                env=os.environ | {"ICL_CACHE_DIR": folder},
                capture_output=True,
                check=True,
                text=True,
            ).stdout
            for _ in range(2)
        ]
    first, second = map(json.loads, runs)
    print(json.dumps({"first": first, "second": second}, indent=2))


if __name__ == "__main__":
    measure() if "--measure" in sys.argv else main()
