"""What depth buys, in words."""

from typing import Any

from icl_core.lessons.noise_and_depth.config import NoiseAndDepth
from icl_core.lessons.shared.bands import center_and_band
from icl_core.lessons.shared.losses import BESIDE, Losses
from icl_core.lessons.shared.words import counted, plus_minus
from icl_core.plots import METHODS


def finding(config: NoiseAndDepth, losses: Losses) -> str:
    """The lesson's point in one sentence, with its numbers."""

    def end(key: Any) -> float:
        return float(center_and_band(losses.over_noise[key], config.statistic)[0][-1])

    depth = config.layers
    ends = {
        k: end((k, depth)) for k in losses.kinds(config.models) if (k, depth) in losses.over_noise
    }
    if not ends:
        return f"No model of {depth} layers is shipped for these choices."
    best = min(ends, key=lambda kind: ends[kind])
    const, bayes = end("const_rr"), end("bayes_rr")
    layers = counted(depth, "layer")
    said = f"With {layers}, {METHODS[best].label} comes to {_shown(config, losses, (best, depth))}"
    if const / ends[best] > 1.05:
        said += (
            f": {const / ends[best]:.1f} times less than the best ridge regression of one fixed "
            f"strength ({const:.3g})"
        )
    if bayes > 1e-6 and config.statistic == "mean":
        said += f", and {_above(ends[best] / bayes)} the Bayes floor ({bayes:.3g})"
    if BESIDE in losses.over_noise:
        said += f"; beside it, {losses.beside} comes to {_shown(config, losses, BESIDE)}"
    return said + "." + _diverging(losses, ends)


def _shown(config: NoiseAndDepth, losses: Losses, key: Any) -> str:
    """An adjusted loss; the mean has a standard error."""
    found = losses.over_noise[key]
    end = float(center_and_band(found, config.statistic)[0][-1])
    if config.statistic == "median":
        return f"a median extra error of **{end:.3g}** from not knowing σ"
    error = float(found.stderr[-1])
    shown = plus_minus(end, error) if 0 < error < end else f"{end:.3g}"
    return f"an extra error of **{shown}** from not knowing σ"


def _above(ratio: float) -> str:
    """ "5 % above", "2.3 times"."""
    return f"{100 * (ratio - 1):.0f} % above" if 1 <= ratio < 1.995 else f"{ratio:.1f} times"


def _diverging(losses: Losses, ends: dict[str, float]) -> str:
    """A sentence for models that are worse than predicting nothing."""
    nothing = losses.nothing
    wild = [METHODS[kind].label for kind, loss in ends.items() if not loss < 2 * nothing]
    if not wild:
        return ""
    return (
        f" {' and '.join(wild)} diverge{'s' * (len(wild) == 1)}: worse than predicting nothing "
        f"({nothing:.2g}), for its steps are as long as fits the sums over prompts of training."
        if losses.shifted
        else f" {' and '.join(wild)} diverge{'s' * (len(wild) == 1)} on some prompts."
    )
