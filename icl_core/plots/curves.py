"""A line of a figure: a method, its values, perhaps a band."""

from dataclasses import dataclass

import numpy as np

from icl_core.plots.methods import METHODS


@dataclass(frozen=True, kw_only=True)
class Curve:
    """One line of a figure: a method of `style.METHODS`, its values and perhaps a band."""

    method: str
    x: np.ndarray
    y: np.ndarray
    low: np.ndarray | None = None
    high: np.ndarray | None = None
    band: str = "band"
    label: str = ""
    uid: str = ""
    markers: bool = False
    width: float = 2.25
    open_markers: bool = False
    """For a second curve of the same method."""

    @property
    def name(self) -> str:
        return self.label or METHODS[self.method].label

    def values(self) -> dict[str, np.ndarray]:
        """y of every trace that the curve is drawn with, by the trace's uid."""
        uid = self.uid or self.method
        if self.low is None or self.high is None:
            return {uid: self.y}
        return {f"{uid}:high": self.high, f"{uid}:low": self.low, uid: self.y}


def level(method: str, value: float, ends: tuple[float, float]) -> Curve:
    """A horizontal line: a method whose loss does not depend on x."""
    return Curve(method=method, x=np.array(ends), y=np.full(2, value), width=1.5)
