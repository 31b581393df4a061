"""Paper 1's models are measured again from tokens, by their factors."""

import dataclasses
import shutil
from pathlib import Path

import numpy as np
import pytest

from icl_core.algorithms.truth import TrueWeights
from icl_core.analysis.loss import prompt_losses
from icl_core.experiments.tokens import token_losses
from icl_core.experiments.verify import verify
from icl_core.models.factored import FactoredTransformer
from icl_core.zoo.library import PRETRAINED, find_entry, load_model, write_manifest


@pytest.mark.parametrize("name", ["one_layer_n5_seed0", "several_layers_tied2_seed0"])
def test_tokens_and_moments_measure_the_same_loss(name: str) -> None:
    """Medians within five standard errors, 1.25 s / sqrt(n) each, of the logarithms."""
    entry = find_entry(name)
    model = load_model(entry).holding(FactoredTransformer).model
    by_tokens = np.log(token_losses(model, entry.linear_task, prompts=4000))
    losses = prompt_losses(
        {"m": model}, entry.linear_task, prompts=4000, seed=1, against=TrueWeights()
    )["m"]
    by_moments = np.log(losses[-1])
    stderr = 1.25 * np.hypot(by_tokens.std(), by_moments.std()) / 4000**0.5
    assert abs(np.median(by_tokens) - np.median(by_moments)) < 5 * stderr


@pytest.mark.parametrize(
    "name",
    [
        "one_layer_n2_seed3",
        "several_layers_tied10_seed1",
        "several_layers_untied5_seed0",
        "several_layers_blocks12_seed0",
        "variations_norm2_seed0",
        "variations_grok_seed1",
    ],
)
def test_shipped_figures_are_confirmed(name: str) -> None:
    (verdict,) = verify(prompts=2000, only=name)
    assert verdict.ok, verdict.problem


@pytest.mark.parametrize("name", ["one_layer_n2_seed0", "several_layers_tied2_seed0"])
def test_false_figures_are_not(tmp_path: Path, name: str) -> None:
    entry = find_entry(name)
    for kind in (".", *entry.files):
        (tmp_path / kind).mkdir(exist_ok=True)
        shutil.copy(PRETRAINED / kind / entry.file, tmp_path / kind)
    scaled = {key: 1.5 * entry.metrics[key] for key in ("mean", "median") if key in entry.metrics}
    write_manifest((dataclasses.replace(entry, metrics=entry.metrics | scaled),), tmp_path)
    (verdict,) = verify(tmp_path, prompts=2000)
    assert not verdict.ok
    write_manifest((entry,), tmp_path)
    (verdict,) = verify(tmp_path, prompts=2000)
    assert verdict.ok, verdict.problem
