"""A linear transformer as a Python file that needs numpy alone."""

import base64
from pathlib import Path
from string import Template
from typing import Any

import numpy as np

from icl_core.checkpoints import Checkpoint, checkpoint_bytes, sha256
from icl_core.models.linear import LinearTransformer

TEMPLATE = Template((Path(__file__).parent / "predict.py.txt").read_text(encoding="utf-8"))


def to_script(checkpoint: Checkpoint[LinearTransformer], label: str) -> bytes:
    """The source of a module whose `predict(X, y, queries)` is the model's forward pass."""
    model, task = checkpoint.model, checkpoint.linear_task
    return TEMPLATE.substitute(
        title=_plain(label),
        dim=task.dim,
        num_context=task.num_context,
        noise=_plain(task.noise.label()),
        source=f"SHA-256 of its checkpoint: {sha256(checkpoint_bytes(checkpoint))}.",
        shape=tuple(np.shape(model.P)),
        P=_packed(model.P),
        Q=_packed(model.Q),
    ).encode()


def _packed(weights: Any) -> str:
    return base64.b64encode(np.ascontiguousarray(weights, "<f8").tobytes()).decode()


def _plain(text: str) -> str:
    """Text that ends no docstring and begins no escape."""
    return text.replace("\\", "/").replace('"', "'")
