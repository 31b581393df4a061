"""docs/paper1.md: every claim beside what is found."""

from collections.abc import Sequence

from icl_core.experiments.row import Row

HEAD = """\
# Paper 1: what it says, what is found here

von Oswald et al., *Transformers learn in-context by gradient descent* (ICML 2023), beside this
project. Written by `python -m icl_core paper1 report --out docs/paper1.md` from the files in
`pretrained` (`python -m icl_core paper1 build`). Losses are half mean squared errors against
the true weights, exact over the query; ± is one standard error. Inputs are U(−½, ½): the paper says
U(−1, 1), but its numbers and its code are those of ½.

| | claim | paper | ours | how |
|-|-|-|-|-|
"""


def markdown(rows: Sequence[Row]) -> str:
    """The document."""
    lines = [
        f"| {'✓' if row.holds else '✗'} | {row.claim} | {row.paper} | {row.ours} | {row.how} |"
        for row in rows
    ]
    kept = sum(row.holds for row in rows)
    return HEAD + "\n".join(lines) + f"\n\n{kept} of {len(rows)} claims hold.\n"
