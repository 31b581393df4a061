"""What the layers do to the condition number, in words: constructed ones, and trained ones."""

import numpy as np

from icl_core.analysis.spectrum import condition_numbers, conditions_after, median_with_error
from icl_core.lessons.gdpp_spectrum.config import MANY, PROMPTS, GdppSpectrum
from icl_core.lessons.gdpp_spectrum.measure import Spectra, gamma_of
from icl_core.lessons.gdpp_spectrum.passes import PROMPTS_TRIED, standout_of, steps_of, survey_of
from icl_core.lessons.gdpp_spectrum.trained import Trained, frame_of, trained_of
from icl_core.lessons.shared.words import counted, plus_minus

ONE = 0.8
"""Squared overlap from which directions are said to be one."""


def finding(config: GdppSpectrum, spectra: Spectra) -> str:
    """What the layers do to the condition number, in one sentence with its numbers."""
    hessians = spectra.hessians
    if min(config.dim, config.num_context) == 1:
        return "There is one eigenvalue, and nothing to balance: κ is 1 before and after."
    gamma = gamma_of(config, hessians)
    found = conditions_after(hessians.eigenvalues, np.array([gamma]), config.layers)
    (before, spread), (after, error) = map(
        median_with_error, (condition_numbers(hessians.eigenvalues), found[-1, 0])
    )
    said = (
        f"Over {PROMPTS:,} prompts, {counted(config.layers, 'layer')} with γ = {gamma:.3g} "
        f"take{'s' * (config.layers == 1)} the median condition number from "
        f"**{plus_minus(before, spread)}** to **{plus_minus(after, error)}**."
    )
    if config.num_context < config.dim:
        rest = config.dim - config.num_context
        said += f" With n < d, {rest} more eigenvalues are 0 and stay 0."
    return said


def trained_finding(config: GdppSpectrum) -> str:
    """What a trained model's layers do, and how far that is from GD++, with the numbers."""
    trained = trained_of(config)
    frame = frame_of(config, trained)
    updates = int(trained.movie.steps[frame])
    said = "" if frame == trained.last else f"After {updates:,} updates: "
    if trained.rank == 1:
        return f"{said}There is one eigenvalue, and nothing to balance: κ is 1 in every layer."
    conditions = survey_of(trained, frame).conditions[:-1]
    if not np.isfinite(np.median(conditions, axis=-1)).all():
        return f"{said}On most prompts the tokens of {trained.label} overflow, and κ with them."
    medians = [median_with_error(np.nan_to_num(each, nan=np.inf)) for each in conditions]
    values = [f"**{plus_minus(*each)}**" for each in medians]
    who = f"over {PROMPTS_TRIED} prompts of its task"
    if trained.num_layers == 1:
        return (
            f"{said}One layer meets the Hessian as it comes, with a median condition number of "
            f"{values[0]} {who}; what it does to the inputs is never read."
        )
    lowest = int(np.argmin([median for median, _ in medians]))
    said += f"{trained.label}: {who}, the median condition number κ of the input is {values[0]}, "
    if 0 < lowest < trained.num_layers - 1:
        said += f"after layer {lowest} it is {values[lowest]}, "
    said += f"and the last layer meets {values[-1]}. {_unexplained(trained, frame)}"
    if (found := standout_of(trained, frame)) is None:
        return said
    said += f" **Layer {found.layer} makes one direction stand out**"
    if min(found.common, found.with_u) > ONE:
        said += (
            ", the same for every prompt, and writes y into it (squared overlap "
            f"{found.common:.2f} with the common direction, {found.with_u:.2f} with that of y)"
        )
    return f"{said}."


def _unexplained(trained: Trained, frame: int) -> str:
    """How much of each layer's work is not GD++."""
    if trained.kin.parametrization == "gdpp":
        return "Every layer is GD++ exactly, each with a γ of its own."
    gaps = [100 * step.gap for step in steps_of(trained, frame, MANY)[:-1]]
    shares = ", ".join(f"{gap:.2g} %" if np.isfinite(gap) else "nothing" for gap in gaps)
    whose = "layer 1 does" if len(gaps) == 1 else f"layers 1 to {len(gaps)} do"
    kind = "the nearest γ" if trained.kin.parametrization == "full" else "a layer's own γ"
    return f"Of what {whose} to eigenvalues, GD++ with {kind} leaves {shares} unexplained."
