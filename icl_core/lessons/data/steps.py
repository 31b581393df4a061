"""Questions of the lesson, and what is found."""

from icl_core.lessons.data.config import SCALES, Data
from icl_core.lessons.data.measure import Found, Scores
from icl_core.lessons.data.words import FAR, number
from icl_core.lessons.shared.steps import Answer, Range, Step

ALIKE = 0.05
"""Errors are alike if they differ by at most this part."""
OUTCOMES = ("Better", "About the same", "It breaks down")


def _error(scores: Scores, method: str) -> float:
    """The median over splits."""
    return scores.middle[method].median


def _outcome(before: float, after: float, mean: float) -> int:
    """Which of OUTCOMES, `mean` being the error of the targets' mean."""
    return 2 if after > FAR * mean else int(after > (1 - ALIKE) * before)


def _first(config: Data, found: Found) -> Answer:
    scores = found.by_rows[config.rows]
    own, mean, ridge = (_error(scores, m) for m in (config.parametrization, "mean", "ridge_cv"))
    return Answer(
        right=own,
        said=f"Its error is {number(own)}, where the mean of the targets has {number(mean)} and "
        f"ridge regression, tuned on each context, {number(ridge)}. It has learned how to regress, "
        "not what diabetes is.",
    )


def _raw(config: Data, found: Found) -> Answer:
    errors = {s: _error(scores, config.parametrization) for s, scores in found.by_scale.items()}
    mean = _error(found.by_scale["raw"], "mean")
    return Answer(
        right=_outcome(errors["standard"], errors["raw"], mean),
        said=f"With {SCALES['standard']} inputs its error is {number(errors['standard'])}; with "
        f"{SCALES['raw']} ones it is {number(errors['raw'])}. Its steps are as long as fits inputs "
        "of the size that it was trained on; least squares (OLS) does not care.",
    )


def _square(config: Data, found: Found) -> Answer:
    scores = found.by_rows[config.rows]
    ols, mean, bayes = (_error(scores, method) for method in ("ols", "mean", "bayes_rr"))
    return Answer(
        right=int(ols > mean),
        said=f"Least squares has {number(ols)}, the mean of the targets {number(mean)}: with fewer "
        f"rows than inputs it fits them all, noise too. Bayes, who knows the law that the model "
        f"was trained on, has {number(bayes)}, the model itself "
        f"{number(_error(scores, config.parametrization))}.",
    )


def _more(config: Data, found: Found) -> Answer:
    trained = found.task.num_context
    own, others = config.parametrization, ("ridge_cv", "ols")
    before, after = (_error(found.by_rows[rows], own) for rows in (trained, config.rows))
    beside = " and ".join(number(_error(found.by_rows[config.rows], method)) for method in others)
    return Answer(
        right=_outcome(before, after, _error(found.by_rows[config.rows], "mean")),
        said=f"From {trained} rows it has {number(before)}, from {config.rows} {number(after)}. A "
        "layer adds up its examples, and so many make its steps too long. RidgeCV and OLS, which "
        f"solve each table anew, have {beside}.",
    )


STEPS = (
    Step(
        question="A model that never saw such data gets the rows of 20 patients, and predicts "
        "others. How large is its error?",
        config=Data(),
        views=("errors",),
        hides={"diag": 0},
        range=Range(label="Its error", low=50, high=110),
        answer=_first,
    ),
    Step(
        question="And with the inputs as they stand in the table, not brought to one scale?",
        config=Data(part="scales"),
        views=("scales",),
        hides={"diag": 0},
        options=OUTCOMES,
        answer=_raw,
    ),
    Step(
        question="Eight rows, ten inputs. Is least squares (OLS) better than the mean of the "
        "targets?",
        config=Data(rows=8),
        views=("errors",),
        hides={"ols": 0, "diag": 0},
        options=("Better", "Worse"),
        answer=_square,
    ),
    Step(
        question="More rows help every regression. What do 50 rows do for a model trained on 20?",
        config=Data(rows=50),
        views=("rows",),
        hides={"diag": 5},
        options=OUTCOMES,
        answer=_more,
    ),
)
"""In their order."""
