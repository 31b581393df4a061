"""A task whose trainings go wrong; the seed says how."""

import os

from icl_core.errors import InputError
from icl_core.lessons.train import worker


def train_in(config, seconds, saved):
    """In the place of the real one."""
    match config.seed:
        case 0:
            raise InputError("too large.")
        case 1:
            raise RuntimeError("x")
        case _:
            os._exit(1)
    yield


def work(up: str, down: str, most: int) -> None:
    """In the place of `worker.work`."""
    worker.train_in = train_in
    worker.work(up, down, most)
