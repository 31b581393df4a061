"""The prompt whose examples are dragged: the answers of both models, and what each example adds."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from jaxtyping import Float

from icl_core.algorithms.kernel import KernelDescent
from icl_core.experiments.sine.settings import POINTS
from icl_core.lessons.sine.config import Sine, X
from icl_core.lessons.sine.measure import Learned, answers_at, weighed
from icl_core.lessons.sine.words import METHOD, prompt_caption
from icl_core.live import Engine, Points, Readout, Slider, View
from icl_core.models.features import FeatureTransformer, attention
from icl_core.plots.curves import Curve
from icl_core.plots.drawing import Drawing
from icl_core.plots.figure import DECORATION, Figure
from icl_core.plots.methods import METHODS
from icl_core.plots.style import translucent

ENDS = (X[0] - 0.15, X[1] + 0.15)
"""Of the axis of x: a little room for the points at its ends."""
ROOM = 1.3
"""The axis of what examples add reaches so many times as far as those of the shown prompt do."""


def order(config: Sine) -> tuple[str, str]:
    """The model that is taken apart, and the other one."""
    other = {"transformer": "control", "control": "transformer"}
    return config.model, other[config.model]


def prompt_view(config: Sine, found: Learned) -> View:
    """Drawn by the browser while a point moves, and here when it rests: the same numbers."""
    points, query = config.points, np.array([config.query])
    chosen, other = order(config)
    layers = found.models[chosen].shape.num_layers
    at = {name: answers_at(model, points, query)[:, 0] for name, model in found.models.items()}
    at_step = float(answers_at(found.step, points, query)[-1, 0])
    readouts = [
        Readout(name=f"{chosen}-0", label="before", value=float(at[chosen][0])),
        Readout(
            name=f"{chosen}-{layers}",
            label="after",
            value=float(at[chosen][-1]),
        ),
        Readout(name=f"{other}-{len(at[other]) - 1}", label=other, value=float(at[other][-1])),
        Readout(name="kernel", label="Gaussian", value=at_step),
    ]
    return View(
        figure=_figure(config, found),
        title="Drag the examples",
        caption=prompt_caption(config, found),
        controls=[
            Points(
                "points",
                "Examples",
                value=points,
                x=X,
                y=(-config.reach, config.reach),
                hover="query",
            ),
            Slider("query", "Query x", *X, step=0.1, value=config.query, format=".2f"),
        ],
        engine=engine_of(found.models, found.step, POINTS, chosen=chosen),
        readouts=readouts,
    )


def engine_of(
    models: Mapping[str, FeatureTransformer],
    step: KernelDescent,
    queries: Float[np.ndarray, "points"],
    *,
    chosen: str,
) -> Engine:
    """Computes what is drawn here: of the chosen model stems too."""
    return Engine(
        name="features",
        reads=("points", "query"),
        constants={
            "queries": queries,
            "models": [
                _constants(name, model) | {"stems": name == chosen}
                for name, model in models.items()
            ],
            "kernel": {"eta": step.etas[0], "length": step.length},
        },
    )


def _constants(uid: str, model: FeatureTransformer) -> dict[str, Any]:
    """What features.mjs knows of a model: parameters, and products of each head of each layer; of a
    frozen step those of one example, to be divided by their number."""
    layers = [
        [
            {"P": P @ W_V, "Q": W_K.T @ W_Q}
            for P, W_V, W_K, W_Q in zip(
                *(np.asarray(weights[name]) for name in ("P", "W_V", "W_K", "W_Q")), strict=True
            )
        ]
        for weights in attention(model.shape, model.parameters, 1)
    ]
    names = ("W_E", "W_1", "b_1", "W_2", "b_2")
    return {
        "uid": uid,
        "per_example": model.shape.frozen,
        "layers": layers,
        **{name: np.asarray(model.parameters[name]) for name in names},
    }


def _figure(config: Sine, found: Learned) -> Figure:
    drawing = Drawing(
        name="sine_prompt",
        title=f"{len(config.points)} examples, {config.model}",
        alt=f"Above: {len(config.points)} examples and, over x, the answers of the transformer and "
        "of its control before and after attention, beside one step with a Gaussian kernel. Below: "
        "what each example adds to the answer at the query.",
        x="",
        y="y",
    )
    drawing.panel(1, [0, 1], [0.36, 1])
    drawing.panel(2, [0, 1], [0, 0.24])
    _answers(drawing, config, found)
    _marks(drawing, config)
    _additions(drawing, config, found)
    drawing.axis("x", range=list(ENDS), showticklabels=False)
    drawing.axis("y", range=[-config.reach, config.reach])
    drawing.axis("x", 2, title="x", range=list(ENDS), showgrid=False)
    drawing.set(height=335)
    return drawing.figure()


def _answers(drawing: Drawing, config: Sine, found: Learned) -> None:
    """Over x: the kernel's step, the other model's answers, and the chosen one's from before
    attention to the end."""
    chosen, other = order(config)
    step, theirs, mine = (
        answers_at(method, config.points, POINTS)
        for method in (found.step, found.models[other], found.models[chosen])
    )
    last, label = len(mine) - 1, f"{other}-{len(theirs) - 1}"
    drawing.curve(Curve(method="kernel", uid="kernel", x=POINTS, y=step[-1], width=1.5))
    drawing.curve(
        Curve(method=METHOD[other], uid=label, x=POINTS, y=theirs[-1], label=other, width=2)
    )
    for index, y in enumerate(mine[:-1]):
        words = f"after layer {index}" if index else "before attention"
        drawing.scatter(
            f"{chosen}-{index}",
            POINTS,
            y,
            name=words,
            mode="lines",
            line={
                "color": translucent(METHODS[METHOD[chosen]].color, 0.6),
                "width": 1.5,
                "dash": "solid" if index else "dot",
            },
            hovertemplate=f"{words}: %{{y:.4g}}<extra></extra>",
        )
    uid = f"{chosen}-{last}"
    drawing.curve(
        Curve(method=METHOD[chosen], uid=uid, x=POINTS, y=mine[-1], label=chosen, width=3)
    )


def _marks(drawing: Drawing, config: Sine) -> None:
    """The examples, and where the query is, on both panels."""
    grey = METHODS["bayes_rr"].color
    for number, uid in ((1, "at"), (2, "at-adds")):
        drawing.scatter(
            uid,
            [config.query] * 2,
            [-1e3, 1e3],
            number,
            name="query",
            mode="lines",
            line={"color": grey, "width": 1.25, "dash": "dot"},
            showlegend=False,
            hoverinfo="skip",
            meta=DECORATION,
        )
    x, y = (list(values) for values in zip(*config.points, strict=True))
    drawing.scatter(
        "points",
        x,
        y,
        name="examples",
        mode="markers",
        marker={"color": grey, "size": 11, "line": {"width": 1.5, "color": "white"}},
        showlegend=False,
        hoverinfo="skip",
    )


def _additions(drawing: Drawing, config: Sine, found: Learned) -> None:
    """Stems of the chosen model's first layer, and open marks of the other's."""
    chosen, other = order(config)
    points, query = config.points, np.array([config.query])
    x = [x for x, _ in points]
    adds = {name: weighed(model, points, query)[:, 0] for name, model in found.models.items()}
    color = METHODS[METHOD[chosen]].color
    drawing.scatter(
        "stems",
        [at for each in x for at in (each, each, None)],
        [at for top in adds[chosen] for at in (0.0, float(top), None)],
        2,
        mode="lines",
        line={"color": translucent(color, 0.6), "width": 3},
        showlegend=False,
        hoverinfo="skip",
        meta=DECORATION,
    )
    for name in (other, chosen):
        style = METHODS[METHOD[name]]
        drawing.scatter(
            f"{name}-adds",
            x,
            adds[name],
            2,
            name=f"{name}: an example adds",
            mode="markers",
            marker={
                "color": style.color,
                "size": 8,
                "symbol": style.marker if name == chosen else f"{style.marker}-open",
            },
            showlegend=False,
            hovertemplate=f"{name}, example at x = %{{x:.2f}}: %{{y:+.3g}}<extra></extra>",
        )
    limit = _largest(config, found)
    drawing.axis("y", 2, title="adds", range=[-limit, limit], nticks=3, zeroline=True)


def _largest(config: Sine, found: Learned) -> float:
    """The largest that an example of the shown prompt adds anywhere, and some room."""
    shown = config.replace(prompt="").points
    adds = [weighed(model, shown, POINTS) for model in found.models.values()]
    return ROOM * float(np.abs(adds).max())
