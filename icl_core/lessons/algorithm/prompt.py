"""What a model holds of one prompt after each layer, and the terms of its steps over many."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from icl_core.algorithms.ridge import ridge, spectrum
from icl_core.analysis.momentum import StepTerms, cosines, step_terms
from icl_core.analysis.statistics import mean_and_error
from icl_core.lessons.algorithm.config import Algorithm
from icl_core.lessons.algorithm.figures import implicit as plots
from icl_core.lessons.algorithm.figures.implicit import Held
from icl_core.lessons.algorithm.figures.terms import terms_figure
from icl_core.lessons.algorithm.matching import first, law_flow
from icl_core.lessons.algorithm.measure import LAW, STOPS, Opened, stops_of
from icl_core.live import LAYOUT, READOUT, Grid, Player, Readout, Slider, View
from icl_core.live.moving import Index, Values, grid_at
from icl_core.models.linear import information_flow
from icl_core.tasks.linear import at_levels

TERMS: dict[str, str] = {
    "gradient": "gradient",
    "momentum": "momentum (through u)",
    "rescaling": "rescaling",
    "step": "the whole step",
}


@dataclass(frozen=True, kw_only=True, eq=False)
class PromptFlow:
    """What a model holds of one prompt (`InformationFlow`) at every noise level: the same x, w and
    noise, the noise scaled by sigma.

    a [L+1, sigmas]; M [L+1, sigmas, d, d]; u, w [L+1, sigmas, d]; ols, ridge [sigmas, d]; truth
    [d]; plane [2, d], orthonormal: it holds 0, the truth and least squares at every noise level.
    """

    sigmas: np.ndarray
    a: np.ndarray
    M: np.ndarray
    u: np.ndarray
    w: np.ndarray
    ols: np.ndarray
    ridge: np.ndarray
    truth: np.ndarray
    plane: np.ndarray

    def held(self, layer: int, node: int) -> Held:
        """All that is drawn of one layer at one noise level."""
        return Held(
            a=float(self.a[layer, node]),
            M=self.M[layer, node],
            u=self.u[layer, node],
            path=self.w[:, node],
            layer=layer,
            ols=self.ols[node],
            ridge=self.ridge[node],
            truth=self.truth,
            plane=self.plane,
        )


@lru_cache(maxsize=64)
def prompt_flow(opened: Opened, seed: int) -> PromptFlow:
    """The prompt of that seed."""
    task = opened.task
    sigmas = stops_of(task)
    prompts = at_levels(task, (seed, 7), sigmas)
    eigen, flow = spectrum(prompts.moments), information_flow(opened.model, prompts.moments)
    ols, truth = ridge(eigen, 0.0), np.asarray(prompts.w)[0]
    return PromptFlow(
        sigmas=sigmas,
        a=np.asarray(flow.a),
        M=np.asarray(flow.M),
        u=np.asarray(flow.u),
        w=np.asarray(flow.w),
        ols=ols,
        ridge=ridge(eigen, prompts.sigma**2),
        truth=truth,
        plane=plane_of(truth, ols[-1]),
    )


def plane_of(truth: np.ndarray, ols: np.ndarray) -> np.ndarray:
    """Orthonormal [2, d]: along the truth, and along the rest of least squares (0 if none)."""
    along = truth / max(np.linalg.norm(truth), 1e-300)
    rest = ols - truth
    rest = rest - (rest @ along) * along
    size = np.linalg.norm(rest)
    small = 1e-9 * np.linalg.norm(ols)
    return np.stack([along, rest / size if size > small else np.zeros_like(along)])


@lru_cache(maxsize=32)
def implicit_grid(opened: Opened, seed: int) -> Grid:
    """All that moves, at every noise level and layer."""
    flow = prompt_flow(opened, seed)

    def values(index: Index) -> Values:
        node, layer = index
        held = flow.held(layer, node)
        ranges = {(LAYOUT, f"{axis}axis.range"): ends for axis, ends in plots.frame(held).items()}
        numbers = {(READOUT, name): number for name, number in _numbers(held).items()}
        return plots.moving(held) | numbers | ranges

    axes = {"sigma": flow.sigmas, "after": range(opened.num_layers + 1)}
    return grid_at(axes, values, exact=True)


def _numbers(held: Held) -> dict[str, float]:
    w = held.path[held.layer]
    return {
        "a": held.a,
        "u": float(np.linalg.norm(held.u)),
        "loss": float(0.5 * np.sum((w - held.ridge) ** 2)),
        "kept": held.kept,
    }


LABELS = {"a": "a", "u": "‖u‖", "loss": "loss of this prompt", "kept": "share of ‖w‖² in the plane"}
FORMATS = {"kept": ".1%"}


def implicit_view(config: Algorithm, opened: Opened) -> View:
    """Implicit weights of one prompt over the layers, for every noise level."""
    flow = prompt_flow(opened, config.seed)
    layer = opened.num_layers if config.after is None else config.after
    node = int(np.argmin(np.abs(flow.sigmas - config.sigma)))
    held = flow.held(layer, node)
    top = float(flow.sigmas[-1])
    player = Player(
        "after", "After layer", [str(i) for i in range(opened.num_layers + 1)], value=layer
    )
    slider = Slider(
        "sigma", "Noise level σ", 0.0, top, step=top / (STOPS - 1), value=float(flow.sigmas[node])
    )
    return View(
        figure=plots.implicit_figure(held, title=f"One prompt through {opened.label}"),
        title="One prompt, layer by layer",
        controls=[slider, player],
        grid=implicit_grid(opened, config.seed),
        readouts=[
            Readout(name=name, label=LABELS[name], value=value, format=FORMATS.get(name, ".3g"))
            for name, value in _numbers(held).items()
        ],
        caption="Exact for this prompt. Above: the plane through 0, the true weights and least "
        "squares; the rest is projected onto it. Below: what the tokens have become, "
        "x → M x + u y and y → a y − ⟨w, x⟩, as one matrix; w is minus its last row. Beside it "
        "the coordinates of w.",
    )


@dataclass(frozen=True, kw_only=True, eq=False)
class Momentum:
    """The terms of every step, mean and standard error over prompts, arrays [L].

    norms and cosines by term; cosines are with what is missing, ridge(sigma^2) - w.
    """

    terms: StepTerms
    norms: dict[str, tuple[np.ndarray, np.ndarray]]
    cosines: dict[str, tuple[np.ndarray, np.ndarray]]


@lru_cache(maxsize=32)
def momentum_of(opened: Opened) -> Momentum:
    """On the prompts of the task's noise."""
    flow, moments = law_flow(opened), first(opened.sample.prompts, LAW).moments
    terms = step_terms(opened.omegas, flow, moments)
    missing = opened.sample.target[None, :LAW] - np.asarray(flow.w)[:-1]
    parts = terms.parts | {"step": terms.step}
    return Momentum(
        terms=terms,
        norms={name: mean_and_error(np.linalg.norm(v, axis=-1)) for name, v in parts.items()},
        cosines={name: mean_and_error(cosines(v, missing)) for name, v in parts.items()},
    )


def terms_view(config: Algorithm, opened: Opened) -> View:
    """The terms of the steps, as Lemma 4.4 reads them."""
    found = momentum_of(opened)
    title = "The step of every layer, in terms"
    return View(
        figure=terms_figure(TERMS, found.norms, found.cosines, title=title),
        caption=r"The step of w is $-\omega_{yx}$ MᵀM Σ(a w* − w) (**gradient**) $-\omega_{yx}$ "
        "(a λ − ⟨w, α⟩) Mᵀu (**momentum**: u holds what earlier gradients left) "
        r"$+\,\omega_{yy}$ λ' w (**rescaling**, λ' the "
        "layer's own Σ y²): exactly, w* being least squares. Cosines are with what is missing, "
        "the oracle's w minus the model's. "
        f"Bars are ±2 standard errors over {LAW} prompts.",
    )
