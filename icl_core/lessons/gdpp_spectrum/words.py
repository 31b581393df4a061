"""What the layers do to the condition number, in words."""

import numpy as np

from icl_core.analysis.spectrum import condition_numbers, conditions_after, median_with_error
from icl_core.lessons.gdpp_spectrum.config import PROMPTS, GdppSpectrum
from icl_core.lessons.gdpp_spectrum.measure import Spectra, gamma_of
from icl_core.lessons.shared.words import counted, plus_minus


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
