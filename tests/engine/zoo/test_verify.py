"""Shipped figures are measured again from tokens."""

import dataclasses
from pathlib import Path

import numpy as np
import pytest

from icl_core.analysis.loss import evaluate, prompt_losses
from icl_core.zoo.library import read_manifest, write_manifest
from icl_core.zoo.verify import token_losses, verify
from tests.cases import COUNT, TASK, full_model
from tests.engine.zoo.test_library import fill

PROMPTS = 4000
MODEL = full_model()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """One model with the losses that the moments give."""
    loss = evaluate({"model": MODEL}, TASK, prompts=COUNT)["model"]
    fill(tmp_path, metrics={"mean": loss.final, "stderr": float(loss.stderr[-1])})
    return tmp_path


def test_tokens_and_moments_measure_the_same_loss() -> None:
    """Medians, whose standard error is about 1.25 s / sqrt(4,000): the mean is heavy-tailed."""
    by_tokens = np.log(token_losses(MODEL, TASK, prompts=PROMPTS))
    by_moments = np.log(prompt_losses({"model": MODEL}, TASK, prompts=COUNT, seed=1)["model"][-1])
    stderr = 1.25 * np.hypot(by_tokens.std() / PROMPTS**0.5, by_moments.std() / COUNT**0.5)
    assert by_tokens.shape == (PROMPTS,)
    assert abs(np.median(by_tokens) - np.median(by_moments)) < 5 * stderr


def test_true_figures_pass(folder: Path) -> None:
    (verdict,) = verify(folder, prompts=PROMPTS)
    assert verdict.ok
    assert verdict.problem == ""


def test_false_figures_and_damaged_files_fail(folder: Path) -> None:
    (entry,) = read_manifest(folder)
    mean = float(entry.metrics["mean"])
    wrong = dataclasses.replace(entry, metrics={"mean": 100 * mean, "stderr": 0.0})
    gone = dataclasses.replace(entry, name="gone", file="gone.safetensors")
    write_manifest((wrong, gone), folder)
    false, missing = verify(folder, prompts=PROMPTS)
    assert not false.ok
    assert "differs" in false.problem
    assert not missing.ok
    assert "cannot be read" in missing.problem
