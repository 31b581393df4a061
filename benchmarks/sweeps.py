"""What a visitor can change on every page, for benchmarks and tests.

Where nothing is said here, a choice goes through all that its type allows, or through what the
lesson's presets hold.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any, Literal, get_args, get_origin, get_type_hints

import numpy as np

from icl_core.analysis.two_noise import CONTEXTS
from icl_core.data.table import EXAMPLES
from icl_core.experiments.copying.settings import FRAMES as COPYING_FRAMES
from icl_core.experiments.copying.settings import OPTIMISED
from icl_core.experiments.one_layer.settings import DAMPINGS, SEEDS
from icl_core.experiments.several_layers.settings import ARCHITECTURES
from icl_core.experiments.sine.settings import DEEPER, SNAPSHOTS
from icl_core.experiments.sine.settings import VARIANTS as SINES
from icl_core.experiments.variations.settings import HEADS, VARIANTS
from icl_core.lessons.catalog import LESSONS, Lesson
from icl_core.lessons.construction import config as construction
from icl_core.lessons.copying import config as copying
from icl_core.lessons.gdpp_spectrum import config as gdpp_spectrum
from icl_core.lessons.noise_and_depth import config as noise_and_depth
from icl_core.lessons.one_layer import config as one_layer
from icl_core.lessons.paper_figures.config import FAR_DEPTHS
from icl_core.lessons.playground import config as playground
from icl_core.lessons.several_layers import config as several_layers
from icl_core.lessons.shared.losses import highest_sigma
from icl_core.lessons.shared.shipped import families
from icl_core.lessons.softmax import config as softmax
from icl_core.lessons.theory import config as theory
from icl_core.lessons.train.config import LIMITS, SECONDS
from icl_core.lessons.variations import config as variations
from icl_core.models.linear import PARAMETRIZATIONS
from icl_core.zoo.library import MIXED_NOISE, entries_of

Values = Sequence[object]
STARTS: Mapping[str, Mapping[str, Mapping[str, object]]] = {
    "home": {name: {"dim": 2} for name in ("inputs", "eta", "gamma", "step")},
    "gdpp_spectrum": {
        "condition": {"inputs": "stretched"},
        "layer": {"part": "steps"},
    },
    "algorithm": {
        "system": {"part": "matching"},
        **{key: {"part": "prompt"} for key in ("seed", "sigma", "after")},
    },
    "theory": {"centred": {"part": "squares"}},
    "noise_and_depth": {"sigma": {"part": "layers"}},
    "one_layer": {"shift": {"part": "tests"}, "damping": {"part": "rollout"}},
    "several_layers": {
        "layer": {"kind": "untied5", "part": "weights"},
        "tokens": {"kind": "untied5", "part": "weights"},
    },
    "copying": {name: {"part": "swap"} for name in ("first", "second", "edit", "prompt")},
    "paper_figures": {"layers": {"exhibit": "7"}},
    "data": {"target": {"data": "wine"}, "features": {"data": "wine", "target": 14}},
    "train": {
        "sigmas": {"noise": "categorical"},
        "optimiser": {"system": "softmax"},
        "condition": {"inputs": "stretched"},
        "rate": {"recipe": "adam"},
        "steps": {"recipe": "adam"},
        "batch": {"recipe": "adam"},
        "starts": {"recipe": "adam"},
    },
    "weights": {
        "focus": {"study": "parts"},
        "rank": {"study": "parts"},
        "other": {"study": "compare"},
        "seed": {"task": "uniform5_d10_n20"},
        "heads": {"parametrization": "diag"},
    },
}
"""Page, control -> other choices without which the control does nothing."""
BESIDE = ("diag_L4_categorical1-3_d10_n20", "gdpp_L2_uniform5_d10_n20", "")
"""Models to set beside others."""
UNSEEN: Mapping[str, frozenset[str]] = {"train": frozenset({"snapshot"})}
"""Choices that need a training of one's own."""


@dataclass(frozen=True, kw_only=True)
class Sweep:
    """One control through its values, from the page's default but for `start`; its default last."""

    control: str
    start: Mapping[str, object]
    values: tuple[object, ...]


def sweeps(page: str, seed: int = 0) -> Iterator[Sweep]:
    """All controls of a page. Continuous values and numbers of prompts differ by seed, for two
    visitors never choose the same."""
    lesson, said = LESSONS[page], options(np.random.default_rng(seed)).get(page, {})
    for entry in fields(lesson.config):  # type: ignore[arg-type]
        if (name := entry.name) in UNSEEN.get(page, ()):
            continue
        start = STARTS.get(page, {}).get(name, {})
        default = getattr(_default(lesson), name)
        values = said.get(name) or derived(lesson, name)
        others = [value for value in values if value != default]
        if default not in values or others:
            yield Sweep(control=name, start=start, values=(*others, default))


def _default(lesson: Lesson) -> Any:
    return next(iter(lesson.presets.values()))


def derived(lesson: Lesson, name: str) -> Values:
    """What the type of a choice allows, or what the presets hold."""
    if name == lesson.part:
        return tuple(lesson.parts_of(_default(lesson)))
    kind = get_type_hints(lesson.config)[name]
    if get_origin(kind) is Literal:
        return get_args(kind)
    if kind is bool:
        return (True, False)
    return list(dict.fromkeys(getattr(preset, name) for preset in lesson.presets.values()))


def options(rng: np.random.Generator) -> dict[str, dict[str, Values]]:
    """Values by page and control, from the lessons' own limits and what is shipped."""

    def between(low: float, high: float, count: int = 4) -> list[float]:
        return [float(f"{value:.4g}") for value in rng.uniform(low, high, count)]

    shipped = families()
    tasks, family = list(shipped), next(iter(shipped.values()))
    highest = highest_sigma(family.task)
    models = [entry.name for entry in entries_of(MIXED_NOISE)][::20]
    prompts = [int(value) for value in rng.integers(0, 999, 4)]
    steps: dict[str, Values] = {
        "task": tasks,
        "layers": family.depths,
        "sigma": between(0, highest),
    }
    factors: dict[str, Values] = {
        name: [0.0, round(rng.uniform(0.1, 1.9), 1), 1.0] for name in ("xx", "xy", "yx")
    }
    return {
        "home": {
            "task": tuple(playground.TASKS),
            "model": PARAMETRIZATIONS,
            "layers": range(1, playground.DEEPEST + 1),
            "layer": range(playground.DEEPEST),
            "seed": prompts,
            "sigma": between(0, playground.HIGHEST),
            "query": (-1.5, 1.0),
            "guess": (-2.0, 3.0),
            "inputs": ("-2 -1; 1 1; 2 0.5", "-1 0; 1 1"),
            "eta": between(0.1, 2.0),
            "gamma": between(0.0, 0.5),
            "step": range(playground.STEPS + 1),
        },
        "construction": {
            "eta": between(0, 15),
            "gamma": between(0, 2),
            "layer": range(1, construction.SHOWN_LAYERS + 1),
        },
        "one_layer": {
            "seed": SEEDS,
            "frame": [0, one_layer.FRAMES // 2, one_layer.FRAMES - 1],
            "damping": between(DAMPINGS[0], DAMPINGS[-1]),
        },
        "several_layers": {
            "seed": range(len(ARCHITECTURES["tied2"].seeds)),
            "frame": [0, several_layers.FRAMES // 2, several_layers.FRAMES - 1],
            "layer": range(1, ARCHITECTURES["untied5"].layers + 1),
        },
        "softmax": {
            "heads": HEADS,
            "seed": softmax.SEEDS,
            "frame": [0, softmax.FRAMES // 2, softmax.FRAMES - 1],
            "temperature": (0.25, 2.0, 4.0, 1.0),
            "prompt": (1, 2, 3),
        },
        "variations": {
            "seed": range(VARIANTS["heads1"].seeds),
            "frame": [0, variations.FRAMES // 2, variations.FRAMES - 1],
        },
        "copying": {
            "seed": range(OPTIMISED["muon"].seeds),
            "frame": [0, COPYING_FRAMES // 2, COPYING_FRAMES - 1],
            "first": tuple(copying.TOKENS),
            "second": tuple(copying.TOKENS),
            "edit": tuple(copying.EDITS),
            "prompt": (1, 7, copying.PROMPTS),
        },
        "sine": {
            "seed": range(SINES["coded"].seeds),
            "layers": (1, *DEEPER),
            "frame": [0, SNAPSHOTS // 2, SNAPSHOTS - 1],
            "query": (-2.5, 0.0, 4.0),
        },
        "gdpp_spectrum": {
            "dim": gdpp_spectrum.DIMENSIONS,
            "num_context": gdpp_spectrum.CONTEXTS,
            "inputs": tuple(gdpp_spectrum.INPUTS),
            "condition": gdpp_spectrum.CONDITIONS,
            "prompt": (0, 2, 1),
            "gamma": [*between(0, 0.03), None],
            "layers": range(1, gdpp_spectrum.MAX_LAYERS + 1),
            "task": tasks,
            "model": ("gdpp", "diag_H2", "full", "diag"),
            "depth": family.depths,
            "draw": (0, 2, 1),
            "layer": (2, 4, 1),
            "frame": (0, 7, 20, None),
            "beside": BESIDE,
        },
        "noise_and_depth": steps
        | {
            "models": [("diag",), ("gdpp", "full"), ("gdpp", "diag", "full")],
            "num_context": [n for n in noise_and_depth.CONTEXTS if n != family.task.num_context],
            "dim": [d for d in noise_and_depth.DIMENSIONS if d != family.task.dim],
            "level": noise_and_depth.LEVELS,
            "beside": BESIDE,
            "published": (True, False),
        },
        "one_prompt": steps | {"seed": prompts, "beside": BESIDE},
        "paper_figures": {"layers": FAR_DEPTHS},
        "weights": {
            "task": tasks,
            "layers": range(1, 8),
            "layer": range(5),
            "heads": (2, 1),
            "seed": (1, 0),
            "snapshot": (0, 7, 20, None),
            "focus": (1, 2, 3, 4),
            "rank": (0, 1, 2, 5),
            "other": ("gdpp", "diag", "full_L4_uniform5_d10_n20", ""),
        },
        "algorithm": steps
        | factors
        | {
            "yy": [0.0, round(rng.uniform(0.1, 1.9), 1), 1.0],
            "layer": (1, 4, 0),
            "seed": prompts,
            "after": (1, 2, None),
            "beside": BESIDE,
        },
        "theory": {
            "kappa": [10.0**power for power in between(0, 6)],
            "dim": theory.DIMENSIONS,
            "levels": list(theory.LEVELS),
            "num_context": CONTEXTS[10::10],
        },
        "train": {
            "dim": LIMITS["dim"],
            "num_context": LIMITS["num_context"],
            "noise": ("fixed", "categorical", "uniform"),
            "sigmas": ("0.5, 1, 2", "1, 3"),
            "sigma": between(0, 20),
            "inputs": ("stretched", "uniform", "gaussian"),
            "condition": (100.0, 10.0),
            "layers": LIMITS["layers"],
            "heads": (2, 1),
            "optimiser": ("adam", "muon"),
            "seed": prompts,
            "seconds": SECONDS,
            "recipe": ("paper", "adam", "rounds"),
            "rate": (0.003, None),
            "steps": (500, None),
            "batch": (64, None),
            "starts": (4, 1),
        },
        "data": {
            "data": tuple(EXAMPLES),
            "target": (12, 13),
            "features": (tuple(range(2, 12)), tuple(range(1, 14))),
            "rows": (3, 8, 50, 200),
            "task": tasks,
            "layers": range(1, 8),
            "seed": prompts,
            "split": (1, 50, 100),
            "beside": BESIDE,
        },
        "models": {
            "model": models,
            "other": ["", *models],
            "noise": tasks,
            "parametrization": PARAMETRIZATIONS,
            "layers": (1, 4, 7),
        },
    }
