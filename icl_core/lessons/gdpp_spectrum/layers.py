"""Views of what a trained model's layers do to the spectrum."""

from functools import lru_cache

import numpy as np

from icl_core.analysis.loss import summarize
from icl_core.lessons.gdpp_spectrum.config import DRAWN, MANY, GdppSpectrum
from icl_core.lessons.gdpp_spectrum.figures import layers as plots
from icl_core.lessons.gdpp_spectrum.figures.layers import LARGEST, Map
from icl_core.lessons.gdpp_spectrum.figures.passage import LOWEST
from icl_core.lessons.gdpp_spectrum.passes import (
    PROMPTS_TRIED,
    Rounding,
    Step,
    pure_conditions,
    rounding_of,
    steps_of,
    survey_of,
)
from icl_core.lessons.gdpp_spectrum.trained import Trained, frame_of, read_beside, trained_of
from icl_core.lessons.shared.bands import center_and_band
from icl_core.lessons.shared.beside import beside_of
from icl_core.lessons.shared.curves import banded
from icl_core.lessons.shared.losses import BESIDE
from icl_core.lessons.shared.words import counted
from icl_core.live import LAYOUT, READOUT, Grid, Player, Readout, View
from icl_core.live.moving import Values, grid_at, updates_player
from icl_core.plots import Curve

FORMATS = {"gap": ".1%", "kept": ".0%", "mixed": ".1%"}


def _who(draw: int) -> str:
    return f"{DRAWN} prompts" if draw == MANY else f"prompt {draw}"


def _readouts(numbers: dict[str, float], labels: dict[str, str]) -> list[Readout]:
    return [
        Readout(name=name, label=label, value=numbers[name], format=FORMATS.get(name, ".3g"))
        for name, label in labels.items()
    ]


def _moment(trained: Trained, frame: int) -> str:
    """What the title says of an unfinished model."""
    return "" if frame == trained.last else f", {int(trained.movie.steps[frame]):,} updates"


@lru_cache(maxsize=32)
def rounding_grid(trained: Trained, draw: int) -> Grid:
    """The whole training."""
    found = rounding_of(trained, draw)

    def values(index: tuple[int, ...]) -> Values:
        own = found[index[0]]
        numbers = {(READOUT, name): value for name, value in _rounding_numbers(own).items()}
        return plots.rounding_values(own.heights, own.conditions) | numbers

    return grid_at({"frame": range(len(found))}, values, exact=True)


def _rounding_numbers(rounding: Rounding) -> dict[str, float]:
    return {
        "before": float(rounding.conditions[0]),
        "seen": float(rounding.conditions[-2]),
        "loss": rounding.loss,
    }


def layers_view(config: GdppSpectrum, found: object) -> View:
    """Ellipses and eigenvalues after every layer, over the training where it ships."""
    trained = trained_of(config)
    frame, course = frame_of(config, trained), rounding_of(trained, config.draw)
    now = course[frame]
    read = np.stack([each.heights[:-1] for each in course])
    lowest = max(float(np.nanmin(read, initial=1.0)) / 1.5, LOWEST)
    many, moves = config.draw == MANY, trained.last > 0
    labels = {
        "before": "κ of the input" if not many else "median κ of the input",
        "seen": "κ that the last layer sees",
        "loss": "loss after the last layer" if not many else "mean loss after the last layer",
    }
    return View(
        figure=plots.rounding_figure(
            now.heights,
            now.conditions,
            lowest,
            beside=_beside_line(config, trained),
            title=f"Layer by layer: {trained.label}, {_who(config.draw)}{_moment(trained, frame)}",
            who=_who(config.draw),
        ),
        title=f"Layer by layer: {trained.label}, {_who(config.draw)}",
        caption=_layers_words(config, trained),
        controls=[updates_player(trained.movie.steps, frame)] if moves else [],
        grid=rounding_grid(trained, config.draw) if moves else None,
        readouts=_readouts(_rounding_numbers(now), labels),
    )


def _beside_line(config: GdppSpectrum, trained: Trained) -> Curve | None:
    """The smallest eigenvalue over the largest after each layer of a second model."""
    if not config.beside:
        return None
    found = rounding_of(read_beside(config.beside, trained.task), config.draw)[-1]
    label = f"smallest, {beside_of(config.beside, trained.task.dim).label}"
    y = np.maximum(1 / found.conditions, LOWEST)
    return Curve(method=BESIDE, x=np.arange(len(y)), y=y, label=label, markers=True)


def _layers_words(config: GdppSpectrum, trained: Trained) -> str:
    said = (
        "**Ellipses:** the loss around its minimum in the plane of the smallest and the largest "
        "eigenvalue, all of one area. Each layer takes its step on what the one before left; what "
        "the last one leaves is never read. **Below:** every eigenvalue over the largest of its "
        "layer; lines that come together are a round ellipse."
    )
    if config.draw == MANY:
        said += f" Medians over {DRAWN} prompts, by size."
    if trained.last > 0:
        said += " **Play** the training and see when they do."
        if not trained.own_run:
            said += " The last frame is the finished model, which another run has won."
    return said


def _map_numbers(step: Step) -> dict[str, float]:
    return {"gamma": step.gamma, "gap": step.gap, "kept": step.kept, "mixed": step.mixed}


def _map(step: Step) -> Map:
    return Map(before=step.before, after=step.after, gamma=step.gamma)


def map_view(config: GdppSpectrum, found: object) -> View:
    """What each layer makes of eigenvalues, and how far that is from GD++ of its own gamma."""
    trained = trained_of(config)
    frame = frame_of(config, trained)
    steps = steps_of(trained, frame, config.draw)
    place = min(config.layer, len(steps)) - 1

    def values(index: tuple[int, ...]) -> Values:
        own = _map(steps[index[0]])
        ends = zip("xy", own.frame(), strict=True)
        ranges = {(LAYOUT, f"{axis}axis.range"): np.array(each) for axis, each in ends}
        numbers = {(READOUT, name): v for name, v in _map_numbers(steps[index[0]]).items()}
        shown = {key: number for key, number in numbers.items() if key[1] in labels}
        return own.values() | ranges | shown

    full = trained.kin.parametrization == "full"
    labels = {
        "gamma": "nearest γ" if full else "γ = −ω_xx",
        "gap": "gap to GD++",
        "kept": "eigenvectors kept",
    }
    if trained.kin.parametrization == "diag":
        labels["mixed"] = "of the change of Σ, by ω_xy"
    names = [f"{i} (never read)" if i == len(steps) else str(i) for i in range(1, len(steps) + 1)]
    curve = "the nearest GD++" if full else "GD++ with this layer's γ"
    return View(
        figure=plots.map_figure(
            _map(steps[place]),
            title=f"Layer {place + 1}: λ before and after{_moment(trained, frame)}",
            curve=curve,
            who=_who(config.draw),
            method=trained.kin.parametrization,
        ),
        title="What one layer makes of every eigenvalue",
        caption=_map_words(trained.kin.parametrization),
        controls=[Player("layer", "Layer", names, value=place)],
        grid=grid_at({"layer": range(len(steps))}, values, exact=True),
        readouts=_readouts(_map_numbers(steps[place]), labels),
    )


def _map_words(kind: str) -> str:
    said = {
        "gdpp": "In GD++ the curve λ(1 − γλ)² is exact, and no eigenvector turns.",
        "diag": "In DIAG the curve λ(1 − γλ)² would be exact without ω_xy, which mixes y into x: "
        "it adds a matrix of rank two to Σ and turns eigenvectors.",
        "full": "FULL may do to x what it likes. The curve is λ(1 − γλ)² with the γ that comes "
        "nearest over all prompts, by least squares; a point far above both lines is a direction "
        "that the layer makes stand out.",
    }
    return (
        f"{said[kind]} **Gap:** root mean square distance of the points from the curve, over "
        "that from the dotted line; 0 % is GD++, 100 % is as if it did not move. An eigenvalue is "
        "followed by its eigenvector; **kept** is the mean squared overlap with the one before."
    )


def course_view(config: GdppSpectrum, found: object) -> View:
    """Condition numbers and losses by layer."""
    trained = trained_of(config)
    frame, kind = frame_of(config, trained), trained.kin.parametrization
    survey, steps = survey_of(trained, frame), np.arange(trained.num_layers + 1)
    bands = _quantiles(survey.conditions)
    band = "10–90 % of prompts"
    curves = [banded(kind, steps, bands, band, label="median κ", uid="kappa", markers=True)]
    if kind != "gdpp":
        pure, label = _quantiles(pure_conditions(trained, frame))[0], "GD++ of the same γ"
        curves.append(Curve(method="gdpp_tuned", x=steps, y=pure, label=label, width=1.5))
    if config.draw != MANY:
        own = np.minimum(survey.conditions[:, config.draw - 1], LARGEST)
        label = f"κ of {_who(config.draw)}"
        curves.append(Curve(method="oracle_rr", x=steps, y=own, label=label, width=1.25))
    means = [
        np.minimum(part, LARGEST) for part in center_and_band(summarize(survey.losses), "mean")
    ]
    loss = banded(kind, steps, means, label="mean loss", uid="loss", markers=True)
    losses, layers = [loss], trained.num_layers
    if config.beside:
        kappas, also = _course_beside(config, trained)
        curves, losses, layers = [*curves, kappas], [loss, also], max(layers, int(also.x[-1]))
    return View(
        figure=plots.course_figure(
            curves,
            losses,
            layers,
            title=f"Condition number and loss by layer{_moment(trained, frame)}",
            prompts=PROMPTS_TRIED,
        ),
        caption=f"Over {PROMPTS_TRIED} prompts of the model's own task, noise included "
        f"({trained.task.noise.label()}): κ as a median with {band}, the loss as a mean with ±2 "
        f"standard errors. After {counted(trained.num_layers, 'layer')} the answer is read.",
    )


def _course_beside(config: GdppSpectrum, trained: Trained) -> list[Curve]:
    """Median condition number and mean loss of a second model on the same prompts."""
    survey = survey_of(read_beside(config.beside, trained.task), 0)
    label = beside_of(config.beside, trained.task.dim).label
    values = _quantiles(survey.conditions)[0], np.minimum(survey.losses.mean(-1), LARGEST)
    looks = {"method": BESIDE, "label": label, "markers": True}
    named = zip((BESIDE, f"{BESIDE}:loss"), values, strict=True)
    return [Curve(uid=uid, x=np.arange(len(y)), y=y, **looks) for uid, y in named]


def _quantiles(conditions: np.ndarray) -> list[np.ndarray]:
    """Median, and where 10 and 90 % of prompts lie; one that diverged has the largest there is."""
    known = np.minimum(np.nan_to_num(conditions, nan=np.inf), LARGEST)
    low, middle, high = np.quantile(known, [0.1, 0.5, 0.9], axis=-1)
    return [middle, low, high]
