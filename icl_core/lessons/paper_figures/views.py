"""Paper 2's figures and its table again."""

from collections.abc import Callable, Mapping

import numpy as np

from icl_core.lessons.paper_figures.config import (
    DEEP,
    DEPTHS,
    FAR_SIGMAS,
    MAIN,
    TITLES,
    PaperFigures,
)
from icl_core.lessons.paper_figures.figures import Panel, panels_figure
from icl_core.lessons.paper_figures.measure import FLOORS, Material, oracle_profile
from icl_core.lessons.paper_figures.panels import depth_panel, far_panel, layer_panel, profile_panel
from icl_core.lessons.paper_figures.words import finding
from icl_core.lessons.shared.losses import Losses
from icl_core.lessons.shared.model_map import map_figure
from icl_core.live import View
from icl_core.models.linear import PARAMETRIZATIONS
from icl_core.plots import LOSS, Figure


def panels_of(config: PaperFigures, material: Material) -> list[Panel]:
    """The panels of the chosen figure, in the paper's order."""
    match config.exhibit:
        case "1":
            found = material.losses.values()
            return [depth_panel(losses, published=config.published) for losses in found]
        case "2" | "6":
            found = [losses for losses in material.losses.values() if losses.task.noise.highest]
            return [
                profile_panel(losses, DEEP, losses.task.noise.label(), _oracle(config, losses))
                for losses in found
            ]
        case "2L" | "6L" | "3":
            return [
                profile_panel(
                    losses,
                    depth,
                    f"{losses.task.noise.label()}, {depth} layers",
                    _oracle(config, losses),
                )
                for depth in DEPTHS
                for losses in material.losses.values()
            ]
        case "5":
            losses = material.losses[MAIN]
            levels = {name: losses.over_noise[name].final for name in FLOORS}
            kinds = [kind for kind in PARAMETRIZATIONS if any(k == kind for k, _ in material.seeds)]
            return [layer_panel(kind, losses.task, material.seeds, levels) for kind in kinds]
        case "7" | "7L":
            return [
                far_panel(kind, FAR_SIGMAS, found[kind], {name: found[name] for name in FLOORS})
                for found in material.far.values()
                for kind in PARAMETRIZATIONS
                if kind in found
            ]
        case "table":
            return []


def _oracle(config: PaperFigures, losses: Losses) -> np.ndarray | None:
    if not config.exhibit.startswith("6"):
        return None
    return oracle_profile(losses.task, tuple(float(s) for s in losses.sigmas))


def _figure(config: PaperFigures, material: Material) -> Figure:
    if material.table is not None:
        return map_figure("gain", material.table, None)
    axes = {"1": "layers L", "5": "prediction read after layer"}
    return panels_figure(
        panels_of(config, material),
        columns=len(PARAMETRIZATIONS) if config.exhibit == "7L" else 2,
        name=f"paper_figure_{config.exhibit}",
        title=TITLES[config.exhibit],
        x=axes.get(config.exhibit, "noise level σ"),
        y="loss (half MSE)" if config.exhibit.startswith("6") else LOSS,
        alt=f"{TITLES[config.exhibit]}. Panels of line charts, logarithmic, of trained linear "
        "transformers beside ridge baselines and the floors.",
        dtick=1 if config.exhibit in ("1", "5") else None,
    )


def exhibit_view(config: PaperFigures, material: Material) -> View:
    """The chosen figure."""
    title, caption = TITLES[config.exhibit], finding(config, material)
    return View(figure=_figure(config, material), title=title, caption=caption)


VIEWS: Mapping[str, Callable[[PaperFigures, Material], View]] = {"exhibit": exhibit_view}
"""What the lesson shows, by name."""
