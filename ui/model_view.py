"""What the page of models says of one: its files, and where else it can be looked at."""

import streamlit as st

from icl_core.checkpoints import MAX_BYTES
from icl_core.files import read_bytes
from icl_core.lessons.catalog import LESSONS
from icl_core.lessons.models.cards import Card
from icl_core.lessons.noise_and_depth.config import NoiseAndDepth
from icl_core.lessons.shared.named import variant
from icl_core.lessons.shared.shipped import kin_of
from icl_core.lessons.weights.config import Weights
from icl_core.validation import Config
from icl_core.zoo.library import task_name
from ui.menu import download
from ui.presets import preset_link

FILES = {"": "Model", "tables": "Its losses", "movies": "Its training"}
"""By the folder of pretrained/ they stand in."""


def model_row(card: Card) -> None:
    """Downloads and links, side by side."""
    with st.container(horizontal=True, gap="small", key="model_row", vertical_alignment="center"):
        for folder, words in FILES.items():
            if folder == "movies" and card.entry.metrics.get("movie"):
                words = "The run in the movie"
            path = card.folder / folder / card.entry.file
            if path.is_file():
                download(
                    words,
                    lambda path=path: read_bytes(path, limit=MAX_BYTES),
                    "_".join(filter(None, [folder, card.entry.file])),
                    key=f"file_{folder or 'model'}",
                )
        _links(card)


def _links(card: Card) -> None:
    """One lesson knows the single-head models of the first seed, the other all."""
    entry, kin = card.entry, kin_of(card.entry)
    task = task_name(entry.linear_task)
    lessons: dict[str, Config] = {}
    if kin is not None:
        lessons["weights"] = Weights(
            task=task,
            parametrization=entry.parametrization,
            layers=entry.num_layers,
            heads=kin.heads,
            seed=kin.seed,
        )
    if entry.num_heads == 1 and not variant(entry):
        lessons["noise_and_depth"] = NoiseAndDepth(task=task, layers=entry.num_layers)
    for page, config in lessons.items():
        st.page_link(
            f"pages/{page}.py",
            label=LESSONS[page].title,
            icon=f":material/{LESSONS[page].icon}:",
            query_params=preset_link(config),
        )
