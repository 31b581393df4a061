"""Weights that make a linear transformer run a known algorithm exactly."""

from icl_core.constructions.catalog import CONSTRUCTIONS, Construction
from icl_core.constructions.descent import gdpp_model, gradient_descent_model
from icl_core.constructions.matrices import AttentionWeights, descent_weights
from icl_core.constructions.second_order import Schedule, schedule, second_order_model
from icl_core.constructions.two_noise import TwoNoise, two_noise_model
