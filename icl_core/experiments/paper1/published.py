"""What paper 1 prints and this project compares with."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class PublishedSpectrum:
    """Appendix A.10 for one context length, d = 10, inputs U(-1/2, 1/2).

    low, high: smallest and largest eigenvalue of Sigma over 10,000 prompts; gamma: that of trained
    models of two tied layers; before, after: kappa = high / low, and kappa++ by its formula.
    """

    low: float
    high: float
    gamma: float
    before: float
    after: float

    @property
    def ends(self) -> tuple[float, float]:
        return self.low, self.high


SPECTRA: Mapping[int, PublishedSpectrum] = {
    10: PublishedSpectrum(low=1e-10, high=4.6, gamma=0.179, before=4.6e10, after=8e9),
    25: PublishedSpectrum(low=0.097, high=7.712, gamma=0.099, before=79.5, after=15.7),
    50: PublishedSpectrum(low=0.666, high=10.845, gamma=0.056, before=16.3, after=4.3),
    100: PublishedSpectrum(low=2.870, high=17.196, gamma=0.029, before=6.0, after=2.1),
}
"""By context length. At n = 10 the paper's smallest eigenvalue is a floor that it set."""
SPECTRA_DIM = 10
