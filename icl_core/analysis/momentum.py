"""The step that a DIAG layer takes in weight space, in terms (paper 2, Lemma 4.4)."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from icl_core.models.linear import InformationFlow
from icl_core.tasks.linear import Moments


@dataclass(frozen=True, kw_only=True, eq=False)
class StepTerms:
    """w^(l+1) - w^l = gradient + momentum + rescaling, each [layers, batch, d].

    With Sigma, alpha, lam of the prompt, w* least squares (Sigma w* = alpha), lam_l the current
    sum of y^2 and everything else that of layer l:
        gradient   = -omega_yx M^T M Sigma (a w* - w)
        momentum   = -omega_yx (a lam - <w, alpha>) M^T u
        rescaling  =  omega_yy lam_l w
    u gathers what earlier layers left, u <- u + omega_xx S u + a omega_xy r, with S and r the
    current sums of x x^T and y x: it is the velocity of gradient descent with momentum.
    """

    gradient: np.ndarray
    momentum: np.ndarray
    rescaling: np.ndarray

    @property
    def parts(self) -> dict[str, np.ndarray]:
        return {"gradient": self.gradient, "momentum": self.momentum, "rescaling": self.rescaling}

    @property
    def step(self) -> np.ndarray:
        return self.gradient + self.momentum + self.rescaling


def step_terms(
    omegas: Float[np.ndarray, "layers 4"], flow: InformationFlow, moments: Moments
) -> StepTerms:
    """The terms of every layer, from `information_flow` of the same model and prompts."""
    layers = len(omegas)
    a, M, u, w = (np.asarray(part)[:layers] for part in (flow.a, flow.M, flow.u, flow.w))
    Sigma, alpha, lam = (np.asarray(p) for p in (moments.Sigma, moments.alpha, moments.lam))
    yx, yy = omegas[:, 2, None, None], omegas[:, 3, None, None]
    Sigma_w = np.einsum("nij,lnj->lni", Sigma, w)
    w_alpha = np.einsum("lni,ni->ln", w, alpha)
    gap = a[..., None] * alpha - Sigma_w
    energy = a**2 * lam - 2 * a * w_alpha + np.einsum("lni,lni->ln", w, Sigma_w)
    return StepTerms(
        gradient=-yx * np.einsum("lnki,lnk->lni", M, np.einsum("lnij,lnj->lni", M, gap)),
        momentum=-yx * (a * lam - w_alpha)[..., None] * np.einsum("lnki,lnk->lni", M, u),
        rescaling=yy * energy[..., None] * w,
    )


def cosines(vectors: np.ndarray, other: np.ndarray) -> np.ndarray:
    """Cosine over the last axis; NaN where a vector is 0."""
    sizes = np.linalg.norm(vectors, axis=-1) * np.linalg.norm(other, axis=-1)
    with np.errstate(all="ignore"):
        return np.where(sizes > 0, np.sum(vectors * other, axis=-1) / sizes, np.nan)
