"""All that the playground shows, by name."""

from collections.abc import Callable, Mapping

import numpy as np

from icl_core.lessons.playground.config import HIGHEST, Playground, X, Y, noise_of
from icl_core.lessons.playground.figures import ENDS, picture
from icl_core.lessons.playground.measure import Known, slopes_of
from icl_core.lessons.playground.plane_view import plane_view
from icl_core.lessons.playground.words import CAPTION, LABELS, SAID, said
from icl_core.lessons.shared.engines import heads_of
from icl_core.live import Carried, Engine, Player, Points, Readout, Slider, Switch, View


def line_view(config: Playground, known: Known) -> View:
    """Drawn by the browser while something moves, and here when it rests: the same numbers."""
    slopes = slopes_of(config, known)
    return View(
        figure=picture(config, slopes),
        title="Points and their lines",
        caption=CAPTION,
        controls=[
            Switch("revealed", "Reveal", "Hide", value=config.revealed),
            Points("points", "Points", value=config.points, x=X, y=Y),
            Points("guess", "Your guess", value=((config.query, config.guess),), x=X, y=Y, most=1),
            Slider(
                "sigma",
                "Noise σ",
                0.0,
                HIGHEST,
                step=0.05,
                value=config.sigma,
                format=".2f",
                carries=Carried(points="points", by=noise_of(config.seed)),
            ),
            Player(
                "layer",
                "Layer",
                [str(layer) for layer in range(config.layers + 1)],
                value=config.shown,
            ),
        ],
        engine=engine_of(known),
        readouts=[
            Readout(
                name=name,
                label=LABELS[name],
                value=w * config.query if config.revealed else np.nan,
                format=".2f",
            )
            for name, w in slopes.at.items()
        ],
        said=said(config, slopes),
    )


def engine_of(known: Known) -> Engine:
    """Computes what is drawn here."""
    nodes, prior = known.nodes
    return Engine(
        name="playground",
        reads=("points", "guess", "sigma", "layer", "revealed"),
        constants={
            "layers": heads_of(known.model),
            "etas": list(known.descent.etas),
            "nodes": nodes,
            "prior": prior,
            "ends": ENDS.tolist(),
            "words": SAID,
        },
    )


VIEWS: Mapping[str, Callable[[Playground, Known], View]] = {"line": line_view, "plane": plane_view}


def shows(config: Playground) -> tuple[str, ...]:
    """The picture of one input or of two."""
    return ("line",) if config.dim == 1 else ("plane",)
