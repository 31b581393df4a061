"""Lesson: what GD++ does to the spectrum of the Hessian (paper 1, appendix A.10), and what the
layers of trained models do to it.

The paper's inputs are U(-1/2, 1/2); those of the default state are N(0, I), as in most tasks here:
their eigenvalues are twelve times as large and their gammas as much smaller. Where n < d, condition
numbers are of the eigenvalues that are not 0: gradient descent never moves along the others.
"""

from icl_core.lessons.gdpp_spectrum.config import PARTS, PRESETS
from icl_core.lessons.gdpp_spectrum.measure import measure, prepare, reach, reads
from icl_core.lessons.gdpp_spectrum.steps import STEPS
from icl_core.lessons.gdpp_spectrum.views import VIEWS
from icl_core.lessons.gdpp_spectrum.words import finding, trained_finding
