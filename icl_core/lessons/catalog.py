"""All lessons by the name of their page: their configs and named states."""

from collections.abc import Mapping

from icl_core.lessons import noise_and_depth, spectrum, training, weights
from icl_core.validation import Config

LESSONS: dict[str, type[Config]] = {
    "gdpp_spectrum": spectrum.Spectrum,
    "noise_and_depth": noise_and_depth.NoiseAndDepth,
    "weights": weights.Weights,
    "train": training.Train,
}
PRESETS: dict[str, Mapping[str, Config]] = {
    "gdpp_spectrum": spectrum.PRESETS,
    "noise_and_depth": noise_and_depth.PRESETS,
    "weights": weights.PRESETS,
    "train": training.PRESETS,
}
