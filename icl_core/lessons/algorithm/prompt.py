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
from icl_core.lessons.algorithm.measure import LAW, STOPS, Opened
from icl_core.lessons.shared.engines import scaled_prompt
from icl_core.lessons.shared.losses import highest_sigma
from icl_core.live import Engine, Player, Readout, Slider, View
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
    """What a model holds of one prompt (`InformationFlow`) of noise sigma: another sigma scales
    the noise and leaves x and w as they are.

    a [L+1]; M [L+1, d, d]; u, w [L+1, d]; ols, ridge, truth [d]; plane [2, d], orthonormal: it
    holds 0, the truth and least squares at every noise level.
    """

    a: np.ndarray
    M: np.ndarray
    u: np.ndarray
    w: np.ndarray
    ols: np.ndarray
    ridge: np.ndarray
    truth: np.ndarray
    plane: np.ndarray

    def held(self, layer: int) -> Held:
        """All that is drawn of one layer."""
        return Held(
            a=float(self.a[layer]),
            M=self.M[layer],
            u=self.u[layer],
            path=self.w,
            layer=layer,
            ols=self.ols,
            ridge=self.ridge,
            truth=self.truth,
            plane=self.plane,
        )


@lru_cache(maxsize=64)
def prompt_flow(opened: Opened, seed: int, sigma: float) -> PromptFlow:
    """The prompt of that seed, with noise of that size."""
    task = opened.task
    # The plane is that of the noisiest prompt.
    prompts = at_levels(task, (seed, 7), np.array([sigma, highest_sigma(task)]))
    eigen, flow = spectrum(prompts.moments), information_flow(opened.model, prompts.moments)
    (ols, widest), truth = ridge(eigen, 0.0), np.asarray(prompts.w)[0]
    return PromptFlow(
        a=np.asarray(flow.a)[:, 0],
        M=np.asarray(flow.M)[:, 0],
        u=np.asarray(flow.u)[:, 0],
        w=np.asarray(flow.w)[:, 0],
        ols=ols,
        ridge=ridge(eigen, prompts.sigma**2)[0],
        truth=truth,
        plane=plane_of(truth, widest),
    )


def plane_of(truth: np.ndarray, ols: np.ndarray) -> np.ndarray:
    """Orthonormal [2, d]: along the truth, and along the rest of least squares (0 if none)."""
    along = truth / max(np.linalg.norm(truth), 1e-300)
    rest = ols - truth
    rest = rest - (rest @ along) * along
    size = np.linalg.norm(rest)
    small = 1e-9 * np.linalg.norm(ols)
    return np.stack([along, rest / size if size > small else np.zeros_like(along)])


def implicit_engine(opened: Opened, seed: int, flow: PromptFlow) -> Engine | None:
    """Computes all that moves, if the page can hold all that it takes."""
    constants = {
        "prompt": scaled_prompt(opened.task, (seed, 7)),
        "layers": opened.omegas,
        "truth": flow.truth,
        "plane": flow.plane,
    }
    engine = Engine(name="held", reads=("sigma", "after"), constants=constants)
    return engine if engine.fits else None


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
    """Implicit weights of one prompt over the layers."""
    flow = prompt_flow(opened, config.seed, config.sigma)
    layer = opened.num_layers if config.after is None else config.after
    held = flow.held(layer)
    top = highest_sigma(opened.task)
    player = Player(
        "after", "After layer", [str(i) for i in range(opened.num_layers + 1)], value=layer
    )
    slider = Slider("sigma", "Noise level σ", 0.0, top, step=top / STOPS, value=config.sigma)
    return View(
        figure=plots.implicit_figure(held, title=f"One prompt through {opened.label}"),
        title="One prompt, layer by layer",
        controls=[slider, player],
        engine=implicit_engine(opened, config.seed, flow),
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
