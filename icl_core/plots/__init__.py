"""Figures. What most of them are made of; each kind of figure has a file of its own."""

from icl_core.plots.curves import Curve, level
from icl_core.plots.drawing import LABELS_ONLY, LOSS, Drawing, Looks
from icl_core.plots.figure import DECORATION, Figure
from icl_core.plots.methods import METHODS
from icl_core.plots.style import translucent
from icl_core.plots.ticks import log_range
