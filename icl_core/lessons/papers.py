"""Where the papers have what a view shows, for those who read them beside the app."""

from collections.abc import Mapping

PAPERS = {1: "von Oswald et al. 2023", 2: "Vladymyrov et al. 2024"}
NOWHERE = "Not in the papers."

PLACES: Mapping[str, Mapping[str, tuple[int, str]]] = {
    "home": {"plane": (1, "section 4.2 and appendix A.10, of which this is the picture for d = 2")},
    "construction": {
        "step": (1, "Proposition 1"),
        "matrices": (1, "Proposition 1"),
        "descent": (1, "Proposition 1, its layer repeated"),
    },
    "one_layer": {
        "training": (1, "figure 2"),
        "alignment": (1, "figure 2"),
        "weights": (1, "figure 9"),
        "mixes": (1, "figure 2, there half-way between both only"),
        "shift": (1, "figure 2"),
        "rollout": (1, "figures 1 and 10"),
        "limits": (1, "figure 10, there in words"),
        "sizes": (1, "figure 2"),
    },
    "variations": {
        "losses": (1, "figures 14 to 16"),
        "ends": (1, "figure 16"),
        "likeness": (1, "figures 14 to 16"),
        "shift": (1, "figure 14"),
    },
    "several_layers": {
        "layers": (1, "figure 3"),
        "cosines": (1, "figure 3"),
        "training": (1, "figures 3, 7 and 8"),
        "mixes": (1, "figure 3, there half-way between both only"),
        "scales": (1, "figure 3"),
        "depths": (1, "figures 3, 7 and 8"),
    },
    "gdpp_spectrum": {
        "passage": (1, "appendix A.10, in formulas"),
        "conditions": (1, "figure 13"),
        "gamma": (1, "figure 13"),
        "kappas": (1, "figure 13"),
    },
    "softmax": {
        "training": (1, "figure 11"),
        "weights": (1, "figure 12"),
        "linearisation": (1, "appendix A.9, in words"),
        "likeness": (1, "figure 11"),
        "shift": (1, "figure 11"),
    },
    "copying": {
        "training": (1, "figure 5"),
        "attention": (1, "figure 5"),
        "optimisers": (1, "figure 5, there by Adam only"),
        "swap": (1, "Proposition 3, of which this is a test"),
    },
    "sine": {
        "prompt": (1, "figure 4"),
        "kernel": (1, "Proposition 2, in words"),
        "losses": (1, "figure 4"),
        "learning": (1, "figure 4"),
        "likeness": (1, "figure 4"),
    },
    "noise_and_depth": {
        "depth": (2, "figure 1, there without the Bayes floor"),
        "profile": (2, "figures 2, 3 and 7"),
        "layers": (2, "figure 5"),
        "overview": (2, "figure 1"),
    },
    "paper_figures": {"exhibit": (2, "the figure that the title names, on the shipped models")},
    "weights": {
        "heatmaps": (2, "figure 4, there of one model"),
        "omegas": (2, "section 4, the variables of DIAG"),
        "parts": (2, "figure 4, in words"),
    },
    "algorithm": {
        "flow": (2, "section 4, the variables of DIAG"),
        "switches": (2, "section 4, in words"),
        "implicit": (2, "Theorem 4.1"),
        "terms": (2, "Lemma 4.4"),
    },
    "theory": {
        "second_order": (2, "Theorem 5.1"),
        "limit": (2, "Theorem 5.2"),
        "factor": (2, "Theorem 5.2"),
        "squares": (2, "Theorem 4.2"),
    },
    "models": {
        "map": (2, "table 1, there without floors"),
        "by_layer": (2, "figure 5"),
        "by_noise": (2, "figure 2"),
    },
    "train": {"by_layer": (2, "figure 5")},
}
"""By page and view: which paper, and where. What is left out is not in the papers."""


def place_of(page: str, view: str) -> str:
    """Where the papers have what a view shows, in a sentence."""
    if (found := PLACES.get(page, {}).get(view)) is None:
        return NOWHERE
    paper, where = found
    return f"In the papers: {PAPERS[paper]}, {where}."
