"""What is wrong in the paper's Table 1, found by the floors and by the order of its own numbers."""

from math import hypot

from icl_core.experiments.mixed_noise import claims
from icl_core.experiments.mixed_noise.claims import Claim
from icl_core.experiments.mixed_noise.published import best_found, published_cell
from icl_core.experiments.mixed_noise.table import ERRORS, Results


def faults(table: Results) -> tuple[Claim, ...]:
    """What the paper's Table 1 should satisfy and does not."""
    return _below_floor(table), _two_layers(table), _published_order(table)


def _below_floor(table: Results) -> Claim:
    """Beyond rounding and two of the sampling errors that the printed value must carry."""
    below = [c for c in table.cells if c.paper_below_floor]
    cases = []
    for cell in below:
        missing = cell.floor - cell.paper.value - cell.paper.rounding
        if missing <= ERRORS * cell.paper_stderr:
            continue
        said = (
            f"{claims.label(cell)}: {cell.paper.text}, but the exact floor is "
            f"{claims.value(cell.floor)}, {missing / cell.paper_stderr:.1f} sampling errors higher"
        )
        const = published_cell(cell.column.name, "const_rr", None)
        if cell.parametrization == "gdpp" and const and cell.paper.value < const.value:
            said += f"; the paper's own ConstRR there is {const.text}"
        cases.append(said)
    return Claim(
        name="values below their own floor",
        statement="No value may lie below the exact floor of its kind: the best single step for "
        "one layer, ridge with E σ² for GD++ (which is linear in y), Bayes for all.",
        holds=not cases,
        said=f"{len(below)} printed values lie below; {len(cases)} by more than rounding and two "
        "sampling errors.",
        cases=tuple(cases),
    )


def _two_layers(table: Results) -> Claim:
    cases = []
    cells = [c for c in table.cells if c.parametrization == "gdpp" and c.layers == 2]
    for cell in cells:
        found = best_found(cell.column.name, 2)
        assert found is not None
        over = cell.paper.value - cell.paper.rounding - found.value - found.rounding
        if over > ERRORS * cell.paper_stderr:
            ours = f", ours {claims.value(cell.ours.mean)}" if cell.ours else ""
            cases.append(
                f"{claims.label(cell)}: {cell.paper.text}, reachable {found.text}{ours}: "
                f"{claims.percent(cell.paper.value / found.value - 1)} too high"
            )
    return Claim(
        name="GD++ of two layers is under-trained",
        statement="Two layers of GD++ are four numbers, whose best values quadrature finds.",
        holds=not cases,
        said=f"{len(cases)} of {len(cells)} printed values are above what is reachable by more "
        "than rounding and two sampling errors.",
        cases=tuple(cases),
    )


def _published_order(table: Results) -> Claim:
    """Heavy-tailed cells are left out; the printed numbers may share their prompts, so those that
    rounding cannot explain count, and how many sampling errors they are apart is said."""
    cases, clear, count = [], 0, 0
    for richer in (claims.next_kind(table), claims.next_depth(table)):
        for one, other in claims.pairs(table, richer):
            if one.heavy_tailed or other.heavy_tailed:
                continue
            count += 1
            gap = other.paper.value - one.paper.value
            if gap <= one.paper.rounding + other.paper.rounding + 1e-12:
                continue
            errors = gap / hypot(one.paper_stderr, other.paper_stderr)
            clear += errors > ERRORS
            cases.append(
                f"{claims.label(other)}: {other.paper.text}, but {claims.label(one)}: "
                f"{one.paper.text} ({errors:.1f} sampling errors, were they independent)"
            )
    return Claim(
        name="broken order",
        statement="GD++ is a special DIAG, DIAG a special FULL, and L layers a special L + 1, so "
        "the best losses fall along both.",
        holds=not cases,
        said=f"{len(cases)} of {count} pairs are out of order by more than rounding, {clear} of "
        "them by more than two sampling errors.",
        cases=tuple(cases),
    )
