"""What each figure of the paper shows here, in words."""

from icl_core.lessons.paper_figures.config import FAR_PROMPTS, FAR_SIGMAS, PaperFigures
from icl_core.lessons.paper_figures.measure import Material
from icl_core.lessons.shared.model_map import CAPTIONS


def finding(config: PaperFigures, material: Material) -> str:
    """How the numbers of a figure were made."""
    match config.exhibit:
        case "1":
            return (
                f"Every point is a model, its loss the mean over {_count(material):,} prompts; the "
                "band is ±2 standard errors. Open marks: the paper's Table 1, best of five runs."
            )
        case "2" | "2L" | "3" | "6" | "6L":
            profile = next(iter(next(iter(material.losses.values())).profiles.values()))
            told = " The oracle's own loss is exact: integrated over w and noise." * (
                config.exhibit.startswith("6")
            )
            return (
                f"Each level of noise: the mean over {profile.count:,} prompts, ±2 standard "
                f"errors. Shaded: the noise met in training.{told}"
            )
        case "5":
            runs = sorted({len(found) for found in material.seeds.values()})
            spread = " to ".join(str(count) for count in (runs[:1] + runs[1:][-1:]))
            return (
                f"Every curve is a model and ends at its last layer: the mean of {spread} training "
                f"run{'s' * (runs[-1] > 1)}, in the band all of them (GD++ is computed, not "
                f"trained). {_count(material):,} prompts each."
            )
        case "7" | "7L":
            return (
                f"Curves grow stronger from layer 0 to the last, whose band is ±2 standard errors. "
                f"{FAR_PROMPTS} prompts at each of {len(FAR_SIGMAS)} levels, up to twice the noise "
                "met in training (shaded)."
            )
        case "table":
            return CAPTIONS["gain"]


def _count(material: Material) -> int:
    losses = next(iter(material.losses.values()))
    return next(iter(losses.over_noise.values())).count
