"""How far the likeness of deep layers to GD++ goes: mixtures, larger inputs, every depth."""

from dataclasses import replace

import numpy as np

from icl_core.experiments.several_layers.settings import CLIP, METHODS, MIXES, SCALES
from icl_core.lessons.several_layers import figures as plots
from icl_core.lessons.several_layers.config import (
    CLIPPED,
    NAMES,
    SHORT,
    STYLES,
    TRAINED,
    SeveralLayers,
)
from icl_core.lessons.several_layers.measure import Layers, Runs
from icl_core.lessons.shared.words import short
from icl_core.live import View
from icl_core.plots import Curve, Figure, Looks, level
from icl_core.plots.lines import PLAIN, lines


def drawable(losses: np.ndarray) -> np.ndarray:
    """Losses with those of diverging models, infinite or no number, far above every picture."""
    return np.clip(np.nan_to_num(losses, nan=np.inf), 0, 1e12)


def mixes_view(config: SeveralLayers, runs: Runs) -> View:
    """Loss of layers between trained and constructed."""
    layers = runs[config.kind]
    mixes = _mixes(layers, config)
    best = float(layers.loss("gdpp").mean[-1] if mixes is None else mixes[:, -1].mean())
    curves = [replace(level("gdpp_tuned", best, (0.0, 1.0)), label=NAMES["gdpp"])]
    if mixes is not None:
        for seed, values in enumerate(drawable(mixes)):
            named: Looks = {"uid": f"seed {seed}", "label": f"seed {seed}"}
            curves.append(Curve(method="full", x=MIXES, y=values, markers=True, width=1.5, **named))
    top = min(2 * max(float(curve.y.max()) for curve in curves), 1e3)
    figure = lines(
        curves,
        name="depth_mixes",
        title="Between the trained and the constructed layers",
        alt="Line chart, logarithmic: the loss of mixtures of trained weights and of those of GD++ "
        "by the share of the latter, for every seed.",
        x="share of the construction",
        y_range=(0.5 * min(float(curve.y.min()) for curve in curves), top),
    )
    figure.update_traces(showlegend=False, selector=lambda trace: trace.uid.startswith("seed"))
    return View(figure=figure, caption=_mixes_caption(layers, config))


def _mixes(layers: Layers, config: SeveralLayers) -> np.ndarray | None:
    """Losses of the mixtures, [seeds, shares]; None where there is no construction to mix with."""
    sweeps = layers.sweeps
    found = sweeps.clipped_mixes if config.tokens == "clipped" else sweeps.mixes
    return found and found.mean


def _mixes_caption(layers: Layers, config: SeveralLayers) -> str:
    means = _mixes(layers, config)
    if means is None:
        return "With several heads and MLPs there is no construction to mix with."
    worst = np.nan_to_num(means, nan=np.inf).max(1) / np.maximum(means[:, 0], means[:, -1])
    apart = int((worst > 1.1).sum())
    said = (
        f"every one of {len(worst)} seeds mixes"
        if not apart
        else (f"of {len(worst)} seeds {apart} lose{'s' * (apart == 1)} more than 10 % on the way")
    )
    words = CLIPPED if config.tokens == "clipped" else "no clipping"
    return (
        "A line a seed. Layer by layer, both scaled so that $W_K^\\top W_Q$ has ones on its "
        f"diagonal; {words}: {said}."
    )


def scale_curves(layers: Layers) -> list[Curve]:
    """Loss by input scale, without clipping and with it."""
    curves = []
    for prefix, scales, words, width in (
        ("scales", layers.sweeps.scales, "", 2.25),
        ("clipped_scales", layers.sweeps.clipped_scales, ", clipped", 1.25),
    ):
        if scales is None:
            continue
        trained = drawable(scales.trained.mean).mean(0)
        for name, style, label, y in (
            *((m, STYLES[m], NAMES[m], drawable(scales.of(m).mean)) for m in METHODS),
            ("trained", "full", TRAINED, trained),
        ):
            looks: Looks = {"uid": f"{prefix}:{name}", "label": label + words, "width": width}
            looks |= {"markers": bool(words), "open_markers": True}
            curves.append(Curve(method=style, x=SCALES, y=y, **looks))
    return curves


def scales_view(config: SeveralLayers, runs: Runs) -> View:
    """Inputs larger or smaller than in training, with and without clipping."""
    layers = runs[config.kind]
    curves = scale_curves(layers)
    top = min(1e6, 2 * max(float(curve.y.max()) for curve in curves))
    low = min(float(curve.y.min()) for curve in curves)
    figure = lines(
        curves,
        name="depth_scales",
        title="Larger inputs, U(−α/2, α/2)",
        alt="Line chart, logarithmic: loss against the scale of the inputs of trained layers, GD "
        "and GD++, without clipping and with tokens clipped after every layer.",
        x="inputs times α",
        y_range=(0.7 * low, top),
    )
    figure.update_layout(legend_font_size=12)
    return View(figure=figure, caption=_scales_caption(layers))


def _scales_caption(layers: Layers) -> str:
    clipped, free = layers.sweeps.clipped_scales, layers.sweeps.scales
    said = f"Clipped to ±{CLIP:g}, the trained layers' loss at α = {SCALES[-1]:g} is "
    said += short(float(clipped.trained.mean[:, -1].mean()))
    if free is not None:
        end = float(free.trained.mean[:, -1].mean())
        said += f", without clipping {short(end)}" if end < 1e12 else ", without it beyond 10¹²"
    return said + ". Far from the training data means are decided by rare prompts."


def depths_view(config: SeveralLayers, runs: Runs) -> View:
    """All kinds side by side."""
    x = np.arange(len(runs))
    points: Looks = {"markers": True, "width": 0}
    found = {m: np.array([layers.loss(m).mean[-1] for layers in runs.values()]) for m in METHODS}
    curves = [Curve(method=STYLES[m], x=x, y=y, label=NAMES[m], **points) for m, y in found.items()]
    ends = [layers.final()[0] for layers in runs.values()]
    x, y = np.repeat(x, [len(e) for e in ends]), np.concatenate(ends)
    curves.append(Curve(method="full", x=x, y=y, label=TRAINED, **points))
    names = [SHORT[name] for name in runs]
    figure: Figure = plots.depths_figure(curves, names, now=list(runs).index(config.kind))
    return View(
        figure=figure,
        caption=f"{PLAIN[0].upper()}{PLAIN[1:]} after the last layer, a square a seed. Twelve "
        f"blocks and what stands beside them have {CLIPPED}; the others are not clipped.",
    )
