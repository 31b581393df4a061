"""Lesson: what GD++ does to the spectrum of the Hessian (paper 1, appendix A.10).

The paper's inputs are U(-1/2, 1/2); those of the default state are N(0, I), as in most tasks here:
their eigenvalues are twelve times as large and their gammas as much smaller. Where n < d, condition
numbers are of the eigenvalues that are not 0: gradient descent never moves along the others.
"""

from icl_core.lessons.gdpp_spectrum.config import (
    CONDITIONS,
    CONTEXTS,
    DIMENSIONS,
    EIGENVALUES,
    INPUTS,
    MAX_LAYERS,
    PRESETS,
    GdppSpectrum,
)
from icl_core.lessons.gdpp_spectrum.measure import (
    gamma_of,
    hessians_of,
    measure,
    medians_of,
    prepare,
    reach,
    reads,
)
from icl_core.lessons.gdpp_spectrum.views import (
    VIEWS,
    gamma_figure,
    histogram_figure,
    passage_figure,
    passage_grid,
    several_gammas,
)
from icl_core.lessons.gdpp_spectrum.words import finding

__all__ = [
    "CONDITIONS",
    "CONTEXTS",
    "DIMENSIONS",
    "EIGENVALUES",
    "INPUTS",
    "MAX_LAYERS",
    "PRESETS",
    "VIEWS",
    "GdppSpectrum",
    "finding",
    "gamma_figure",
    "gamma_of",
    "hessians_of",
    "histogram_figure",
    "measure",
    "medians_of",
    "passage_figure",
    "passage_grid",
    "prepare",
    "reach",
    "reads",
    "several_gammas",
]
