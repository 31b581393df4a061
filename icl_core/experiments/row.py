"""One row of docs/paper1.md."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Row:
    """One claim: what the paper has, what is found, how it was measured, whether it holds."""

    claim: str
    paper: str
    ours: str
    how: str
    holds: bool


def pm(value: float, error: float, digits: int = 4) -> str:
    """ "0.2064 ± 0.0012": a value with its standard error."""
    return f"{value:.{digits}f} ± {error:.1g}"
