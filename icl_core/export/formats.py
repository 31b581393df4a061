"""Every form that a figure can leave in, by the suffix of its file."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from icl_core.errors import InputError
from icl_core.export.archive import to_zip
from icl_core.export.citation import to_bibtex
from icl_core.export.images import to_image
from icl_core.export.page import to_html
from icl_core.export.recipe import Recipe, config_json
from icl_core.export.table import to_csv
from icl_core.live.view import View


@dataclass(frozen=True, kw_only=True, eq=False)
class Source:
    """What is exported. recipe: None for a figure that nothing can make again; link: to its page;
    scale: multiplies the pixels of a PNG."""

    view: View
    recipe: Recipe | None = None
    link: str = ""
    scale: float = 2.0


@dataclass(frozen=True, kw_only=True)
class Format:
    """One form: what it is called, its MIME type, how it is made."""

    label: str
    mime: str
    build: Callable[[Source], bytes]


def _choices(source: Source) -> bytes:
    if source.recipe is None:
        raise InputError("No choices lead to this figure again: save its data (.csv) instead.")
    return config_json(source.recipe)


def _image(kind: str) -> Callable[[Source], bytes]:
    return lambda source: to_image(source.view.figure, kind, source.scale)


FORMATS: Mapping[str, Format] = {
    "html": Format(
        label="Web page, works offline", mime="text/html", build=lambda source: to_html(source.view)
    ),
    "csv": Format(label="Data", mime="text/csv", build=lambda source: to_csv(source.view.figure)),
    "pdf": Format(label="For print", mime="application/pdf", build=_image("pdf")),
    "png": Format(label="Image", mime="image/png", build=_image("png")),
    "svg": Format(label="Drawing", mime="image/svg+xml", build=_image("svg")),
    "zip": Format(
        label="Everything",
        mime="application/zip",
        build=lambda source: to_zip(source.view, source.recipe, source.link, source.scale),
    ),
    "json": Format(label="Choices", mime="application/json", build=_choices),
    "bib": Format(label="Citation", mime="application/x-bibtex", build=lambda source: to_bibtex()),
}
