"""A worker whose trainings go wrong; the seed says how."""

import os

from icl_core.errors import InputError
from icl_core.lessons.train import worker


def train_in(config, seconds, folder):
    """In the place of the real one."""
    match config.seed:
        case 0:
            raise InputError("too large.")
        case 1:
            raise RuntimeError("x")
        case _:
            os._exit(1)
    yield


if __name__ == "__main__":
    worker.train_in = train_in
    worker.main()
