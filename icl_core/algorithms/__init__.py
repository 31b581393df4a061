"""Algorithms beside which models are put: each a `Method`, a path of weight vectors."""

from icl_core.models.predictor import Method, Predictor
