"""What paper 1 says and what is found here, row by row.

Published numbers are those its text prints, or were read off its figures (one seed, marked "read
off"); `exact` ones were derived here and hold without sampling.
"""

import math
from collections.abc import Iterator

import numpy as np

from icl_core.analysis.floors import one_layer_loss, one_layer_step
from icl_core.analysis.recursion import exact_losses, sample_spectra, tune_steps
from icl_core.analysis.spectrum import conditions_after, interval_condition, interval_gamma
from icl_core.constructions.matrices import (
    apply_layers,
    descent_weights,
    gradient_steps,
    starting_tokens,
)
from icl_core.experiments.catalog import EXPERIMENTS
from icl_core.experiments.paper1.published import SPECTRA, SPECTRA_DIM
from icl_core.experiments.row import Row, pm
from icl_core.experiments.shared import MAIN, task_of

SPECTRA_DRAWS = 5
"""Of 10,000 prompts each, to know how much the extremes of a draw vary."""


def construction_rows() -> Iterator[Row]:
    """The four matrices against plain gradient descent."""
    rng = np.random.default_rng(45)
    X, Y = rng.uniform(-0.5, 0.5, (45, 12)), rng.standard_normal((45, 8))
    W_0, query = rng.standard_normal((8, 12)), rng.uniform(-0.5, 0.5, 12)
    weights = descent_weights(W_0, eta=1.0, num_context=45)
    path = apply_layers(weights, starting_tokens(X, Y, query, W_0), 100)
    W = gradient_steps(X, Y, W_0, eta=1.0, steps=100)
    gap = float(np.abs(path[:, -1, 12:] + W @ query).max())
    yield Row(
        claim="100 layers of the construction are 100 steps of gradient descent (12 inputs, 8 "
        "targets, 45 examples, W₀ ~ N(0, 1))",
        paper="distance 2.6e-6 (float32)",
        ours=f"largest gap below 1e{math.ceil(math.log10(max(gap, 1e-16)))}",
        how="tokens through the four matrices beside the algorithm, float64; at most 1e-10",
        holds=gap < 1e-10,
    )


def exact_rows() -> Iterator[Row]:
    """The best tied steps, by the recursion over eigenvalues."""
    task = task_of(MAIN)
    step, loss = one_layer_step(task), one_layer_loss(task)
    yield Row(
        claim="One best step of gradient descent, n = d = 10",
        paper="loss 0.2047 on its evaluation batch",
        ours=f"η = {step:.3f}, loss {loss:.4f}",
        how="closed form, exact",
        holds=abs(loss - 0.2062) < 5e-5,
    )
    # n: (gamma of the paper's trained layers, loss of two steps of GD, of GD++).
    table = {10: 0.179, 25: 0.099, 50: 0.056, 100: 0.029}
    for n, gamma in table.items():
        sized = task.replace(num_context=n)
        values = sample_spectra(sized)
        tuned = {
            name: tune_steps(sized, 2, preconditioned=name == "GD++", eigenvalues=values)
            for name in ("GD", "GD++")
        }
        found = {name: exact_losses(m, sized, values)[-1] for name, m in tuned.items()}
        said = ", ".join(
            f"{name} {pm(float(v.mean()), float(v.std() / np.sqrt(len(v))), 5)}"
            for name, v in found.items()
        )
        best = tuned["GD++"]
        yield Row(
            claim=f"Two tied steps, n = {n}, d = 10: γ of GD++",
            paper=f"γ = {gamma} (trained layers)",
            ours=f"γ = {best.gammas[0]:.4f}, η = {best.etas[0]:.2f}; loss of {said}",
            how=f"tuned on the exact loss of {len(values):,} spectra; γ within 5 %",
            holds=abs(best.gammas[0] / gamma - 1) < 0.05,
        )


def spectrum_rows() -> Iterator[Row]:
    """Appendix A.10: ranges of eigenvalues, condition numbers by formula and prompt by prompt."""
    for n, paper in SPECTRA.items():
        task = task_of(MAIN).replace(num_context=n)
        draws = [sample_spectra(task, seed=seed) for seed in range(SPECTRA_DRAWS)]
        lowest, highest = (np.array([pick(v) for v in draws]) for pick in (np.min, np.max))
        floored = n == SPECTRA_DIM
        far = (
            _far(highest, paper.high) if floored else max(map(_far, (lowest, highest), paper.ends))
        )
        before = paper.high / paper.low
        after = float(interval_condition(paper.low, paper.high, paper.gamma))
        best = interval_gamma(paper.low, paper.high)
        yield Row(
            claim=f"Smallest and largest eigenvalue of Σ over 10,000 prompts, n = {n}, d = 10",
            paper=f"{paper.low:g}{' (its floor)' * floored} to {paper.high:g}",
            ours=f"{'below 1e-6' if floored else _many(lowest)} to {_many(highest)}",
            how=f"mean ± standard deviation over {SPECTRA_DRAWS} draws; within five deviations",
            holds=far < 5 and (not floored or float(lowest.max()) < 1e-6),
        )
        yield Row(
            claim=f"κ → κ⁺⁺ by the paper's formula with its γ = {paper.gamma}, n = {n}",
            paper=f"{paper.before:g} → {paper.after:g}",
            ours=f"{before:.3g} → {after:.3g}; the formula's own best γ = {best:.3f}",
            how="formula on the paper's range of eigenvalues, exact; within its rounding, and its "
            "best γ above the trained one by at most a third",
            holds=_printed(before, paper.before)
            and _printed(after, paper.after)
            and 1 < best / paper.gamma < 4 / 3,
        )
    yield _distribution_row()


def _far(draws: np.ndarray, value: float) -> float:
    """How many of the draws' own standard deviations lie between their mean and `value`."""
    return float(abs(value - draws.mean()) / draws.std(ddof=1))


def _many(draws: np.ndarray) -> str:
    return f"{draws.mean():.3g} ± {draws.std(ddof=1):.1g}"


def _printed(value: float, printed: float) -> bool:
    """Whether `value` rounds to what is printed."""
    digits = len(f"{printed:e}".partition("e")[0].rstrip("0").replace(".", ""))
    return math.isclose(float(f"{value:.{digits - 1}e}"), printed, rel_tol=1e-9)


def _distribution_row() -> Row:
    n = 25
    task, trained_gamma = task_of(MAIN).replace(num_context=n), SPECTRA[n].gamma
    values = sample_spectra(task)
    gammas = np.array([0.0, 0.5, 1.0, 1.5, 2.0]) * trained_gamma
    conditions = conditions_after(values, gammas, 1)[0]
    medians, tails = np.quantile(conditions, [0.5, 0.99], axis=-1)
    return Row(
        claim=f"Condition numbers of single prompts over γ, n = {n}",
        paper="move towards 1 near γ = 0.099, explode above 0.1 (figure 13)",
        ours="; ".join(
            f"γ = {gamma:.3g}: {median:.3g} (99 %: {tail:.3g})"
            for gamma, median, tail in zip(gammas, medians, tails, strict=True)
        ),
        how=f"median and 99 % quantile over {len(values):,} prompts; both fall up to the trained "
        "γ, and at twice that the quantile is beyond the one at γ = 0",
        holds=bool(
            (np.diff(medians[:3]) < 0).all()
            and (np.diff(tails[:3]) < 0).all()
            and tails[-1] > tails[0]
        ),
    )


def rows() -> list[Row]:
    """In the order of the document: what needs no training, and what every experiment claims."""
    exact = (construction_rows, exact_rows, spectrum_rows)
    trained = (experiment.claims for experiment in EXPERIMENTS.values())
    return [row for claims in (*exact, *trained) for row in claims()]
