"""Lesson: four matrices with which a layer of attention is a step of gradient descent (paper 1,
Proposition 1), on a prompt small enough to read. Losses are half MSE over the prompt's examples.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np

from icl_core.constructions.matrices import (
    AttentionWeights,
    LayerTrace,
    apply_layer,
    apply_layers,
    descent_weights,
    gradient_steps,
    starting_tokens,
)
from icl_core.errors import InputError
from icl_core.lessons.small_prompt import (
    EXAMPLE,
    SmallPrompt,
    parse_prompt,
    parse_start,
)
from icl_core.lessons.words import short
from icl_core.live import READOUT, Grid, Player, Quantity, Readout, Slider, View
from icl_core.live.curves import curve_grid
from icl_core.plots import construction as plots
from icl_core.plots import weights as heat
from icl_core.plots.drawing import Curve
from icl_core.plots.figure import Figure
from icl_core.validation import Config, Reach, integer, number

LAYERS = 100
"""Layers run beside as many steps."""
SHOWN_LAYERS = 8
"""Layers that can be looked into."""
ETA_NODES = 49
ETA_SPAN = 2.4
"""The slider of eta ends here, in units of n / (largest eigenvalue): beyond 2 descent diverges."""
LARGEST_ETA = 1e14
"""Beyond the end of the slider for every prompt there can be."""
LOWEST_GAP = 1e-17
DIVERGING = np.errstate(over="ignore", invalid="ignore")
"""Too large a step ends in infinities, and they are what is shown."""


@dataclass(frozen=True, kw_only=True)
class Construction(Config):
    """Choices of the lesson. prompt and start (W_0) as text; layer is the one looked into."""

    prompt: str = EXAMPLE
    start: str = "0, 0"
    eta: float = 6.0
    gamma: float = 0.0
    layer: int = 1

    def __post_init__(self) -> None:
        self._set(
            eta=number("The step size eta", self.eta, (0.0, LARGEST_ETA)),
            gamma=number("The preconditioning strength gamma", self.gamma, (0.0, 100.0)),
            layer=integer("The layer", self.layer, (1, SHOWN_LAYERS)),
        )
        prompt, start = parse_prompt(self.prompt), parse_start(self.start)
        if start.any() and len(start) != prompt.dim:
            raise InputError(
                f"W_0 has {len(start)} entries and the query {prompt.dim} inputs: "
                "give W_0 one entry for each input."
            )
        if start.any() and self.gamma:
            raise InputError(
                "GD++ changes the inputs that W_0 would be applied to in later layers: "
                "set W_0 to 0 or gamma to 0."
            )


PRESETS: dict[str, Construction] = {
    "One step from zero": Construction(),
    "From another W₀": Construction(start="-0.5, 1"),
    "Fourth layer": Construction(layer=4),
    "GD++": Construction(eta=9.0, gamma=1.0),
    "Too large a step": Construction(eta=15.0),
    "One example": Construction(prompt="0.8 0.6 1; 0.6 -0.8", eta=0.5),
}
"""Named states of the lesson; the first is its default."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Run:
    """The construction's layers and gradient descent's steps on one prompt.

    tokens [LAYERS+1, n+1, d+1] after each layer, the query last; W [LAYERS+1, d] after each step.
    """

    prompt: SmallPrompt
    weights: AttentionWeights
    tokens: np.ndarray
    W: np.ndarray

    @cached_property
    @DIVERGING
    def expected(self) -> np.ndarray:
        """Last entries of all tokens by gradient descent: y_i - (W - W_0) x_i, and -W x."""
        residuals = self.prompt.y - (self.W - self.W[0]) @ self.prompt.X.T
        return np.column_stack([residuals, -self.W @ self.prompt.query])

    @cached_property
    @DIVERGING
    def gaps(self) -> np.ndarray:
        """Largest difference of any token's last entry, by layer, [LAYERS+1]."""
        return np.abs(self.tokens[:, :, -1] - self.expected).max(-1)

    @cached_property
    @DIVERGING
    def losses(self) -> np.ndarray:
        """1/2 mean (y_i - W x_i)^2 after each step, [LAYERS+1]."""
        return _half_mse(self.prompt.y - self.W @ self.prompt.X.T)

    @cached_property
    @DIVERGING
    def layer_losses(self) -> np.ndarray:
        """The same of the targets that the layers leave: y_i - W_0 x_i of the tokens."""
        return _half_mse(self.tokens[:, :-1, -1] - self.prompt.X @ self.W[0])

    @DIVERGING
    def trace(self, layer: int) -> LayerTrace:
        return apply_layer(self.weights, self.tokens[layer - 1])


def _half_mse(residuals: np.ndarray) -> np.ndarray:
    return 0.5 * np.mean(residuals**2, axis=-1)


@DIVERGING
def measure(config: Construction) -> Run:
    """Both runs, in float64."""
    prompt = parse_prompt(config.prompt)
    start = parse_start(config.start)
    W_0 = (start if start.any() else np.zeros(prompt.dim))[None]
    steps = {"eta": config.eta, "gamma": config.gamma}
    weights = descent_weights(W_0, num_context=prompt.num_context, **steps)
    Y = prompt.y[:, None]
    tokens = apply_layers(weights, starting_tokens(prompt.X, Y, prompt.query, W_0), LAYERS)
    W = gradient_steps(prompt.X, Y, W_0, steps=LAYERS, **steps)[:, 0]
    return Run(prompt=prompt, weights=weights, tokens=tokens, W=W)


def starts_at_zero(start: str) -> bool:
    """Whether the text is a W_0 of zeros, from which GD++ may start."""
    try:
        return not parse_start(start).any()
    except InputError:
        return False


def largest_eta(prompt: SmallPrompt) -> float:
    """The end of the slider of eta, with two digits."""
    highest = np.linalg.eigvalsh(prompt.X.T @ prompt.X)[-1]
    return float(f"{ETA_SPAN * prompt.num_context / highest:.2g}")


def reach(config: Construction, run: Run) -> dict[str, Reach]:
    """Step sizes follow from the prompt: its eigenvalues say where descent diverges."""
    return {"eta": Reach("The step size η", 0.0, largest_eta(run.prompt))}


def finding(config: Construction, run: Run) -> str:
    """The gap, the loss and the answer, in words."""
    k = config.layer
    finite = np.isfinite(run.gaps)
    scale = np.maximum(np.abs(run.expected).max(-1), 1.0)
    relative = float((run.gaps[finite] / scale[finite]).max())
    name = "GD++" if config.gamma else "gradient descent"
    last = int(np.flatnonzero(finite)[-1])
    before, after = (_loss_said(loss) for loss in run.losses[k - 1 : k + 1])
    said = (
        f"Layer {k} takes the loss on the prompt's examples from {before} to "
        f"{after}; {k} step{'s' * (k > 1)} of {name} do{'es' * (k == 1)} the same. "
        f"Over {last} layers and {last} steps no token differs by more than "
        f"**{short(relative, 1)}** (relative to its size, float64)."
    )
    if not run.losses[-1] <= run.losses[0]:
        said += " The step is too large: both diverge, together."
    return said


def _loss_said(loss: float) -> str:
    return f"**{loss:.4g}**" if np.isfinite(loss) else "beyond all numbers"


STEP_PANELS = ("before", "products", "update", "after")
ROUNDING = 1e-13
"""Numbers smaller than this share of the prompt's largest are shown as 0."""


def step_parts(run: Run, layer: int) -> dict[str, np.ndarray]:
    """The panels of one layer: tokens, products q_j k_i, what is added, tokens after."""
    trace = run.trace(layer)
    parts = (trace.tokens, trace.scores, trace.update, trace.output)
    return {name: rounded(run, part) for name, part in zip(STEP_PANELS, parts, strict=True)}


def rounded(run: Run, values: np.ndarray) -> np.ndarray:
    """Values without what rounding has left in the place of zeros."""
    return np.where(np.abs(values) < ROUNDING * np.abs(run.tokens[0]).max(), 0.0, values)


def step_figure(config: Construction, run: Run) -> Figure:
    return plots.step_figure(
        step_parts(run, config.layer), dim=run.prompt.dim, title=f"Layer {config.layer}"
    )


def _readouts(run: Run, layer: int) -> dict[str, tuple[str, float, str]]:
    return {
        "loss_before": ("loss before", float(run.layer_losses[layer - 1]), ".4g"),
        "loss_after": ("loss after", float(run.layer_losses[layer]), ".4g"),
        "answer": ("answer to the query", float(rounded(run, -run.tokens[layer, -1, -1])), ".4g"),
        "gap": ("gap to gradient descent", float(run.gaps[layer]), ".2g"),
    }


def step_view(config: Construction, run: Run) -> View:
    """One layer, part by part, for the first layers."""
    layers = range(1, SHOWN_LAYERS + 1)
    traces = [step_parts(run, layer) for layer in layers]
    told = [_readouts(run, layer) for layer in layers]
    quantities = [
        Quantity(trace=name, field="z", values=np.stack([parts[name] for parts in traces]))
        for name in STEP_PANELS
    ]
    quantities += [
        Quantity(trace=READOUT, field=name, values=[row[name][1] for row in told])
        for name in told[0]
    ]
    player = Player(
        name="layer", label="Layer", labels=[str(n) for n in layers], value=config.layer - 1
    )
    return View(
        figure=step_figure(config, run),
        title="One layer, part by part",
        controls=[player],
        grid=Grid(axes={"layer": range(SHOWN_LAYERS)}, quantities=quantities, exact=True),
        readouts=[
            Readout(name=name, label=label, value=value, format=form)
            for name, (label, value, form) in _readouts(run, config.layer).items()
        ],
    )


def matrices_view(config: Construction, run: Run) -> View:
    """The four matrices, and the two products that alone matter."""
    weights = run.weights
    names = (("W_K", "W<sub>K</sub>"), ("W_Q", "W<sub>Q</sub>"))
    names += (("W_KQ", "W<sub>K</sub><sup>T</sup>W<sub>Q</sub>"),)
    names += (("P", "P"), ("W_V", "W<sub>V</sub>"), ("PW_V", "P W<sub>V</sub>"))
    panels = [
        heat.Panel(uid=uid, title=title, matrix=getattr(weights, uid), scale="weights")
        for uid, title in names
    ]
    figure = heat.heatmaps([panels[:3], panels[3:]], title="", name="construction", cell=190)
    figure = plots.with_numbers(figure, [panel.matrix for panel in panels])
    return View(figure=figure, title="The matrices")


def descent_curves(losses: np.ndarray, gaps: np.ndarray, scale: np.ndarray) -> list[Curve]:
    """Losses of the layers; below, the gap relative to the size of what is compared."""
    steps = np.arange(len(losses)) + 1
    shown = np.where(np.isfinite(losses) & (losses < 1e12), losses, np.nan)
    relative = np.maximum(gaps / np.maximum(scale, 1.0), LOWEST_GAP)
    relative = np.where(np.isfinite(relative), relative, np.nan)
    return [
        Curve(method="construction", x=steps, y=shown, width=2),
        Curve(method="construction", uid="gap", label="largest gap", x=steps, y=relative),
    ]


def _gd_curve(config: Construction, losses: np.ndarray) -> Curve:
    shown = np.where(np.isfinite(losses) & (losses < 1e12), losses, np.nan)
    method = "gdpp_tuned" if config.gamma else "gd"
    return Curve(method=method, uid="gd", x=np.arange(len(losses)) + 1, y=shown, width=7)


def _all_curves(config: Construction, run: Run) -> list[Curve]:
    scale = np.abs(run.expected).max(-1)
    layers = descent_curves(run.layer_losses, run.gaps, scale)
    return [layers[0], _gd_curve(config, run.losses), layers[1]]


def descent_figure(config: Construction, run: Run) -> Figure:
    loss, gd, gap = _all_curves(config, run)
    return plots.descent_figure([gd, loss], gap, title=f"η = {config.eta:.4g}", layer=config.layer)


@lru_cache(maxsize=64)
def _descent_grid(config: Construction) -> Grid:
    """Both runs at every step size; the choices' own eta and layer do not matter."""
    etas = np.linspace(0, largest_eta(parse_prompt(config.prompt)), ETA_NODES)
    runs = [measure(config.replace(eta=float(eta))) for eta in etas]
    return curve_grid({"eta": etas}, lambda i: _all_curves(config, runs[i[0]]), bottom=LOWEST_GAP)


def descent_view(config: Construction, run: Run) -> View:
    """A hundred layers beside a hundred steps, for every step size."""
    end = largest_eta(run.prompt)
    slider = Slider(
        name="eta",
        label="Step size η",
        minimum=0.0,
        maximum=end,
        step=end / 240,
        value=config.eta,
    )
    return View(
        figure=descent_figure(config, run),
        title="A hundred layers, a hundred steps",
        controls=[slider],
        grid=_descent_grid(config.replace(eta=0.0, layer=1)),
    )


VIEWS: Mapping[str, Callable[[Construction, Run], View]] = {
    "step": step_view,
    "matrices": matrices_view,
    "descent": descent_view,
}
"""What the lesson shows, by name."""
