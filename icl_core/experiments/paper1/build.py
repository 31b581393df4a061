"""`python -m icl_core paper1 build`: makes what is missing or was made with other settings."""

import fnmatch
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from icl_core.errors import InputError
from icl_core.experiments.one_layer import build as one_layer
from icl_core.experiments.several_layers import build as depth_parts
from icl_core.experiments.variations import build as variations
from icl_core.zoo.parts import FOLDER, Part, load_part, save_part

Builder = tuple[Callable[[], tuple[str, ...]], Callable[[str], Any], Callable[[str], Part]]
BUILDERS: tuple[Builder, ...] = (
    (one_layer.names, one_layer.settings_of, one_layer.build_part),
    (depth_parts.names, depth_parts.settings_of, depth_parts.build_part),
    (variations.names, variations.settings_of, variations.build_part),
)
"""For each experiment: the names of its parts, a part's settings, and how to make it."""


def build_paper1(
    *, only: str = "*", report: Callable[[str], None] = print, folder: Path = FOLDER
) -> list[str]:
    """Parts whose names match `only` and that are not there yet; returns the names made."""
    matching = [
        (name, builder)
        for builder in BUILDERS
        for name in builder[0]()
        if fnmatch.fnmatch(name, only)
    ]
    if not matching:
        raise InputError(
            f"No part of paper 1 matches {only[:60]!r}: parts are named like 'one_layer_n10_seed0'."
        )
    made = []
    for name, (_, settings_of, make) in matching:
        if _is_current(name, settings_of(name), folder):
            report(f"{name}: there already")
            continue
        begun = time.monotonic()
        save_part(make(name), folder)
        made.append(name)
        report(f"{name}: {time.monotonic() - begun:.1f} s")
    return made


def _is_current(name: str, settings: Any, folder: Path) -> bool:
    try:
        return dict(load_part(name, folder).settings) == settings
    except InputError:
        return False
