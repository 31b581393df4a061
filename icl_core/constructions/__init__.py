"""Weights that make a linear transformer run a known algorithm exactly."""

from icl_core.constructions.descent import gdpp_model, gradient_descent_model
from icl_core.constructions.matrices import AttentionWeights, descent_weights

__all__ = ["AttentionWeights", "descent_weights", "gdpp_model", "gradient_descent_model"]
