"""What a browser computes itself at every frame, exactly, in the place of a grid."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from icl_core.errors import InputError
from icl_core.live.controls import Control
from icl_core.live.packing import digest_of, packed

ENGINES = ("construction", "features", "held", "one_prompt", "plane", "playground")
"""Those of frontend/engines.mjs: each is a module whose `engine(constants)` gives, for values of
the controls, what the chart shows, in float64."""
MAX_NUMBERS = 500_000
"""Of the constants of an engine: 4 MB."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Engine:
    """A program of frontend/ with its constant inputs.

    `name` is one of ENGINES, `reads` are the controls that it follows. Constants are JSON-able
    values, and arrays of up to two axes, which arrive as float64. What it says holds for all values
    of the controls: nothing waits for an answer of the server, which must give the same figure.
    """

    name: str
    reads: Sequence[str]
    constants: Mapping[str, Any]

    def __post_init__(self) -> None:
        if self.name not in ENGINES:
            raise InputError(
                f"There is no engine {self.name!r}: expected one of {', '.join(ENGINES)}."
            )

    @cached_property
    def _parts(self) -> tuple[dict[str, Any], list[np.ndarray]]:
        blocks: list[np.ndarray] = []
        constants = _without_arrays(self.constants, blocks)
        return {"engine": self.name, "constants": constants}, blocks

    @property
    def _count(self) -> int:
        return sum(block.size for block in self._parts[1])

    @property
    def fits(self) -> bool:
        """Whether its constants are not too many for a page."""
        return self._count <= MAX_NUMBERS

    @cached_property
    def packed(self) -> bytes:
        """For the browser. In the header an array is {"at": first number, "shape": [...]}."""
        if not self.fits:
            raise InputError(
                f"The engine {self.name!r} has {self._count:,} numbers: expected at most "
                f"{MAX_NUMBERS:,}."
            )
        return packed(*self._parts)

    @property
    def digest(self) -> str:
        """Names the engine with its constants."""
        return digest_of(self.packed)

    def check_against(self, controls: Sequence[Control], follows: Iterable[str] = ()) -> None:
        """It reads controls of the chart, or of others that it `follows`."""
        names = sorted({control.name for control in controls} | set(follows))
        if missing := sorted(set(self.reads) - set(names)):
            raise InputError(
                f"The engine reads {missing[0]!r}, but the chart's controls are {names}: name "
                "one of them."
            )


def _without_arrays(value: Any, blocks: list[np.ndarray]) -> Any:
    """`value` with arrays moved to `blocks`."""
    if isinstance(value, Mapping):
        return {name: _without_arrays(entry, blocks) for name, entry in value.items()}
    if isinstance(value, list | tuple):
        return [_without_arrays(entry, blocks) for entry in value]
    if not isinstance(value, np.ndarray):
        return value
    if value.ndim > 2 or not np.isfinite(value).all():
        raise InputError("An engine takes arrays of up to two axes, with finite numbers.")
    at = sum(block.size for block in blocks)
    blocks.append(value.astype(np.float64))
    return {"at": at, "shape": list(value.shape)}
