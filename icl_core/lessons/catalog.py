"""All lessons by the name of their page: a row holds all that pages, caches and tests go by."""

from collections.abc import Mapping
from typing import Any

from icl_core.algorithms.accelerated import solvers
from icl_core.export.recipe import HOME
from icl_core.lessons import (
    algorithm,
    construction,
    copying,
    data,
    gdpp_spectrum,
    models,
    noise_and_depth,
    one_layer,
    one_prompt,
    paper_figures,
    playground,
    several_layers,
    sine,
    softmax,
    theory,
    train,
    variations,
    weights,
)
from icl_core.lessons.data.config import Data
from icl_core.lessons.shared.lesson import Lesson
from icl_core.lessons.train.config import Train
from icl_core.validation import Config

SOLVERS = " ".join(solvers(1))

LESSONS: Mapping[str, Lesson[Any, Any]] = {
    HOME: Lesson(
        face=playground,
        title="Playground",
        about="Move points and see the line that a transformer holds of them after every layer.",
        section="Start",
        icon="home",
        methods="gd gdpp_tuned gdpp diag full oracle_rr bayes_rr",
        terms=("L", "σ", "Σ, α"),
        reads=("task", "model", "layers"),
        kept=36,
        shows=playground.shows,
    ),
    "construction": Lesson(
        face=construction,
        title="The construction",
        about="Four matrices with which a layer of attention is a step of gradient descent, number "
        "by number.",
        section="Start",
        icon="build",
        methods="gd gdpp_tuned construction",
        terms=("n, d", "loss (half MSE)"),
        reads=("prompt", "start", "eta", "gamma"),
        kept=64,
        first=("descent",),
        reach=construction.reach,
    ),
    "one_layer": Lesson(
        face=one_layer,
        title="One layer",
        about="A layer trained from random weights ends up as one step of gradient descent: watch "
        "it.",
        section="Gradient descent inside",
        icon="looks_one",
        methods="gd construction",
        terms=("n, d", "Σ, α", "loss (half MSE)"),
        reads=(),
        kept=1,
        first=("weights",),
    ),
    "variations": Lesson(
        face=variations,
        title="When training struggles",
        about="Plateaus, too few prompts, LayerNorm: trainings that find gradient descent late or "
        "never.",
        section="Gradient descent inside",
        icon="timeline",
        methods="gd",
        terms=("n, d", "loss (half MSE)"),
        reads=(),
        kept=1,
        first=("losses",),
    ),
    "several_layers": Lesson(
        face=several_layers,
        title="Deeper",
        about="Several layers do not repeat the step: they find GD++, which makes the next step "
        "easier.",
        section="Gradient descent inside",
        icon="stacks",
        methods="gd gdpp",
        terms=("L", "n, d", "loss (half MSE)", "Σ, α"),
        reads=(),
        kept=1,
        reach=several_layers.reach,
        first=("layers",),
        offers=several_layers.offers,
    ),
    "gdpp_spectrum": Lesson(
        face=gdpp_spectrum,
        title="GD++ spectrum",
        about="How a layer makes a badly conditioned problem easy: drag γ, watch the eigenvalues "
        "move, then see trained layers do it.",
        section="Gradient descent inside",
        icon="equalizer",
        methods="gd gdpp_tuned gdpp diag full",
        terms=("L", "n, d", "σ", "ω", "Σ, α", "adjusted loss"),
        reads=gdpp_spectrum.reads,
        kept=64,
        reach=gdpp_spectrum.reach,
        first=("passage",),
        prepare=gdpp_spectrum.prepare,
    ),
    "softmax": Lesson(
        face=softmax,
        title="Softmax heads",
        about="Two softmax heads with opposite signs cancel what is not linear, and take the step "
        "that one cannot.",
        section="Beyond linear",
        icon="join_inner",
        methods="gd construction full softmax1 softmax2 softmax4",
        terms=("n, d", "loss (half MSE)"),
        reads=(),
        kept=1,
        first=("heads",),
    ),
    "copying": Lesson(
        face=copying,
        title="Copying tokens",
        about="Inputs and targets as tokens of their own: before a layer can descend, another has "
        "to learn to copy.",
        section="Beyond linear",
        icon="content_copy",
        methods="gd construction",
        terms=("n, d", "loss (half MSE)"),
        reads=(),
        kept=1,
        first=("training",),
    ),
    "sine": Lesson(
        face=sine,
        title="The sine with an MLP",
        about="An MLP below attention learns a kernel: drag ten examples of a sine, and the curve "
        "follows.",
        section="Beyond linear",
        icon="waves",
        methods="frozen kernel paper",
        terms=("L", "n, d", "loss (half MSE)"),
        reads=("law", "layers", "seed"),
        kept=16,
        first=("prompt",),
        offers=sine.offers,
    ),
    "noise_and_depth": Lesson(
        face=noise_and_depth,
        title="Noise and depth",
        about="What more layers buy when nobody says how noisy the examples are.",
        section="Noise",
        icon="show_chart",
        methods="gd gdpp_tuned gdpp diag full const_rr ada_rr tuned_rr one_level bayes_rr",
        terms=("L", "n, d", "σ", "adjusted loss", "Bayes floor"),
        reads=noise_and_depth.reads,
        first=("depth",),
        kept=512,
        reach=noise_and_depth.reach,
        prepare=noise_and_depth.prepare,
    ),
    "paper_figures": Lesson(
        face=paper_figures,
        title="The paper's figures",
        about="Figures 1 to 7 and Table 1 again, each with the floors that the paper lacks.",
        section="Noise",
        icon="auto_stories",
        methods="gdpp diag full const_rr ada_rr tuned_rr oracle_rr bayes_rr paper",
        terms=("L", "n, d", "σ", "adjusted loss", "Bayes floor"),
        reads=paper_figures.reads,
        prepare=paper_figures.prepare,
    ),
    "one_prompt": Lesson(
        face=one_prompt,
        title="One prompt",
        about="Twenty examples of unknown noise: what does each method take σ to be?",
        section="Noise",
        icon="target",
        methods="gdpp diag full beside const_rr ada_rr iterative_rr oracle_rr bayes_rr",
        terms=("L", "n, d", "σ", "Σ, α", "adjusted loss"),
        reads=("task", "seed", "sigma", "layers", "beside"),
        first=("noise",),
        kept=64,
        reach=one_prompt.reach,
        prepare=one_prompt.prepare,
    ),
    "weights": Lesson(
        face=weights,
        title="Weights",
        about="The two matrices of every layer, over the whole training, beside what theory says.",
        section="Noise",
        icon="grid_on",
        methods="gdpp diag full",
        terms=("L", "n, d", "σ", "P, Q, G", "ω", "adjusted loss"),
        reads=("task", "parametrization", "layers", "heads", "seed"),
        reach=weights.reach,
        first=("heatmaps",),
        part="study",
        prepare=weights.prepare,
    ),
    "algorithm": Lesson(
        face=algorithm,
        title="The algorithm it found",
        about="Four numbers a layer as a flow: switch them off, and see which known method it is "
        "near.",
        section="Noise",
        icon="account_tree",
        methods=f"{SOLVERS} gdpp diag full const_rr bayes_rr",
        terms=("L", "n, d", "σ", "ω", "Σ, α", "adjusted loss"),
        reads=("task", "model", "layers"),
        reach=algorithm.reach,
        first=("flow", "switches"),
        prepare=algorithm.prepare,
    ),
    "theory": Lesson(
        face=theory,
        title="What theory builds",
        about="Weights made by hand: a second-order method, an optimal ridge, and a square out of "
        "reach.",
        section="Noise",
        icon="architecture",
        methods=f"{SOLVERS} gdpp_tuned diag const_rr bayes_rr",
        terms=("L", "n, d", "σ", "ω", "Σ, α", "adjusted loss"),
        reads=("kappa", "dim", "levels"),
        first=("second_order",),
        kept=8,
        prepare=theory.prepare,
    ),
    "train": Lesson(
        face=train,
        title="Train",
        about="Train such a model in seconds, watch it find its algorithm, and take it home.",
        section="Lab",
        icon="model_training",
        methods="gdpp diag full bayes_rr paper",
        terms=("L", "n, d", "σ", "P, Q, G", "ω", "adjusted loss", "Bayes floor"),
        reads=tuple(Train().to_dict()),
        kept=1,
        reach=train.reach,
        # A training is started by a button.
        shows=lambda config: (),
    ),
    "data": Lesson(
        face=data,
        title="Your data",
        about="Paste a table: a trained model predicts its rows in one forward pass, beside ridge "
        "regression and least squares.",
        section="Lab",
        icon="table_chart",
        methods="gdpp diag full bayes_rr ridge_cv ols mean",
        terms=("L", "n, d", "σ", "Σ, α"),
        reads=tuple(name for name in Data().to_dict() if name not in ("split", "part")),
        first=("errors",),
        kept=16,
    ),
    "models": Lesson(
        face=models,
        title="Models",
        about="All shipped models beside the published table: look into them, compare, download.",
        section="Lab",
        icon="inventory_2",
        methods="gdpp diag full const_rr bayes_rr paper",
        terms=("L", "n, d", "σ", "P, Q, G", "adjusted loss", "Bayes floor"),
        reads=("model", "other"),
        kept=16,
    ),
}


def page_of(config: Config) -> str:
    """The page whose choices these are."""
    return next(page for page, lesson in LESSONS.items() if type(config) is lesson.config)


def result(config: Config) -> Any:
    """What the lesson of these choices measures, see `Lesson.result`."""
    return LESSONS[page_of(config)].result(config)
