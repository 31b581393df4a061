"""Finished layers: mixed with the construction, on wider inputs, and what an update costs."""

import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeVar

import numpy as np

from icl_core.analysis.estimate import Estimate, MedianEstimate
from icl_core.experiments.several_layers import layers, results, settings
from icl_core.experiments.shared import EVALUATION, EVALUATION_SEED, MAIN, task_of
from icl_core.models.blocks import BlockTransformer
from icl_core.models.factored import FactoredTransformer
from icl_core.models.linear import LinearTransformer
from icl_core.tasks.linear import draw_prompts
from icl_core.tasks.shifts import input_shift, wider_inputs
from icl_core.training import run
from icl_core.zoo.library import find_entry, load_model
from icl_core.zoo.results import load_result, stacked

PAPER_BATCH, TIMED = 2048, 25
M = TypeVar("M", LinearTransformer, BlockTransformer)


def measure_sweeps(key: str, folder: Path) -> results.Sweeps:
    """Everything that is measured on the finished layers of an architecture, by seed."""
    known = settings.ARCHITECTURES[key]
    algorithms = load_result(results.Algorithms, settings.algorithms_name(key), folder)
    entries = [find_entry(settings.model_name(key, seed), folder) for seed in known.seeds]
    models = [load_model(entry, folder).model for entry in entries]
    ideals = {"gd": algorithms.gd.model, "gdpp": algorithms.gdpp.model}
    clipped = {name: layers.as_blocks(model, settings.CLIP) for name, model in ideals.items()}
    linear = [model.linear for model in models if isinstance(model, FactoredTransformer)]
    blocks = [layers.as_blocks(model, settings.CLIP) for model in linear] or models
    drawn = layers.draw_clipped(task_of(MAIN), EVALUATION)
    ends = {name: Estimate.of(layers.query_losses(model, drawn)) for name, model in clipped.items()}
    return results.Sweeps(
        scales=_scales(_scaled, linear, ideals) if linear else None,
        clipped_scales=_scales(_clipped_scaled, blocks, clipped),
        mixes=_mixes(_mix_losses, linear, ideals["gdpp"]) if linear else None,
        clipped_mixes=_mixes(_clipped_mix_losses, linear, ideals["gdpp"]) if linear else None,
        clipped=results.ClippedLosses(
            trained=stacked([Estimate.of(layers.query_losses(model, drawn)) for model in blocks]),
            **ends,
        ),
        step_seconds=_step_seconds(known),
    )


def _scales(
    losses: Callable[[M], MedianEstimate], models: Sequence[M], ideals: dict[str, M]
) -> results.ScaledInputs:
    found = {name: losses(model) for name, model in ideals.items()}
    return results.ScaledInputs(trained=stacked([losses(model) for model in models]), **found)


def _scaled(model: LinearTransformer) -> MedianEstimate:
    """By input scale; equal prompts but for the factor."""
    found = []
    for scale in settings.SCALES:
        shift = input_shift(task_of(MAIN), float(scale), EVALUATION_SEED, settings.SWEEP_PROMPTS)
        path = model.weight_path(shift.prompts)
        found.append(MedianEstimate.of(layers.exact_losses(path, shift.prompts, shift.query)[-1]))
    return stacked(found)


def _clipped_scaled(model: BlockTransformer) -> MedianEstimate:
    wider = (wider_inputs(task_of(MAIN), float(scale)) for scale in settings.SCALES)
    losses = (layers.query_losses(model, layers.draw_clipped(task))[-1] for task in wider)
    return stacked([MedianEstimate.of(values) for values in losses])


def _mixes(
    losses: Callable[[LinearTransformer], np.ndarray],
    models: Sequence[LinearTransformer],
    ideal: LinearTransformer,
) -> MedianEstimate:
    shares = [float(share) for share in settings.MIXES]
    mixtures = ([layers.mixed(model, ideal, share) for share in shares] for model in models)
    return stacked([stacked([MedianEstimate.of(losses(m)) for m in row]) for row in mixtures])


def _mix_losses(model: LinearTransformer) -> np.ndarray:
    prompts = draw_prompts(task_of(MAIN), EVALUATION_SEED, settings.SWEEP_PROMPTS)
    path = model.weight_path(prompts)
    return layers.exact_losses(path, prompts, task_of(MAIN).query_variances)[-1]


def _clipped_mix_losses(model: LinearTransformer) -> np.ndarray:
    return layers.query_losses(
        layers.as_blocks(model, settings.CLIP), layers.draw_clipped(task_of(MAIN))
    )[-1]


def _step_seconds(known: settings.Architecture) -> np.ndarray:
    """Processor seconds of an update with the training's batch and with the paper's, without what
    compiling takes."""
    found = []
    for batch in (known.run.batch, PAPER_BATCH):
        short = known.run.replace(batch=batch, steps=TIMED, snapshots=2)
        for _ in range(2):
            used = time.process_time()
            _ = list(run(known.trainee, short))
            spent = time.process_time() - used
        found.append(spent / TIMED)
    return np.array(found)
