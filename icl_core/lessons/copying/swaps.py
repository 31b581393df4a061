"""What becomes of answers where two tokens of a prompt have changed places."""

import numpy as np

from icl_core.lessons.copying import figures as plots
from icl_core.lessons.copying.config import EDITS, MODELS, TOKENS, Copying
from icl_core.lessons.copying.measure import QUERIES, Trainings, levels, loss_of_swap
from icl_core.lessons.copying.words import swap_caption
from icl_core.live import View
from icl_core.plots.curves import Curve
from icl_core.zoo.results import stacked

FEW = 40
"""Prompts on which every swap of a token is tried."""


def swap_view(config: Copying, found: Trainings) -> View:
    """Answers of one prompt before and after two tokens are swapped."""
    model, one = found.model(config), found.prompts(config.prompt - 1, config.prompt)
    descent = one.of_descent[0]
    before, after = (one.answers(model, edit)[0] for edit in (None, config))
    largest = float(np.abs([descent, before, after]).max())
    pair = f"{TOKENS[config.first]} and {TOKENS[config.second]}"
    return View(
        figure=plots.swap_figure(
            descent,
            before,
            after,
            title=f"{MODELS[config.model]}: {pair} exchange {EDITS[config.edit]}",
            limit=1.1 * largest,
        ),
        title="One prompt, two tokens swapped",
        caption=swap_caption(config, found),
    )


def _partners(config: Copying, found: Trainings) -> list[Curve]:
    """Loss over prompts after the first token has been swapped with each: trained, and built."""
    places, curves = np.array(list(TOKENS)), []
    for name, method in (("trained", "full"), ("partner", "construction")):
        swaps = (config.replace(model=name, second=at) for at in TOKENS)
        known = stacked([loss_of_swap(found, swap, FEW) for swap in swaps])
        curves.append(
            Curve(
                method=method,
                x=places,
                y=known.mean,
                low=known.mean - known.stderr,
                high=known.mean + known.stderr,
                band="standard error",
                label=MODELS[name],
                markers=True,
                width=1.0,
            )
        )
    return curves


def partners_view(config: Copying, found: Trainings) -> View:
    """Loss over prompts after the first token has been swapped with every other one."""
    first = TOKENS[config.first]
    return View(
        figure=plots.partners_figure(
            _partners(config, found),
            levels=levels(found, (-0.6, len(TOKENS) - 0.4))[:2],
            chosen=config.second,
            title=f"{first} exchanges {EDITS[config.edit]} with another token",
        ),
        title="Which swaps break it?",
        caption=f"Mean over {FEW} prompts of {QUERIES} queries, paired with one step of "
        f"gradient descent on the prompt as it was; {first} with itself is no swap.",
    )
