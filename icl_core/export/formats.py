"""Every form that a figure can leave in, by the suffix of its file."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property

from icl_core.errors import InputError
from icl_core.export.archive import to_zip
from icl_core.export.citation import to_bibtex
from icl_core.export.images import to_image
from icl_core.export.page import to_html
from icl_core.export.recipe import Recipe, config_json
from icl_core.export.table import to_csv
from icl_core.live.dressed import dressed
from icl_core.live.look import PLAIN, Look
from icl_core.live.view import View


@dataclass(frozen=True, kw_only=True, eq=False)
class Source:
    """What is exported. recipe: None for a figure that nothing can make again; look: how a reader
    has it, also where there is no recipe; link: to its page; scale: multiplies the pixels of a PNG,
    None as `to_image` has it."""

    view: View
    recipe: Recipe | None = None
    look: Look = PLAIN
    link: str = ""
    scale: float | None = None

    @cached_property
    def drawn(self) -> View:
        """The view as a file shows it."""
        return dressed(self.view, self.look)


@dataclass(frozen=True, kw_only=True)
class Format:
    """One form: what it is called, its MIME type, how it is made."""

    label: str
    mime: str
    build: Callable[[Source], bytes]


def _choices(source: Source) -> bytes:
    if source.recipe is None:
        raise InputError("No choices lead to this figure again: save its data (.csv) instead.")
    return config_json(replace(source.recipe, look=source.look))


def _image(kind: str) -> Callable[[Source], bytes]:
    return lambda source: to_image(source.drawn.figure, kind, source.scale)


FORMATS: Mapping[str, Format] = {
    "html": Format(
        label="Web page, works offline",
        mime="text/html",
        build=lambda source: to_html(source.view, source.look),
    ),
    "csv": Format(label="Data", mime="text/csv", build=lambda source: to_csv(source.drawn.figure)),
    "pdf": Format(label="For print", mime="application/pdf", build=_image("pdf")),
    "png": Format(label="Image", mime="image/png", build=_image("png")),
    "svg": Format(label="Drawing", mime="image/svg+xml", build=_image("svg")),
    "zip": Format(
        label="Everything",
        mime="application/zip",
        build=lambda source: to_zip(
            source.view, source.recipe, source.link, source.scale, source.look
        ),
    ),
    "json": Format(label="Choices", mime="application/json", build=_choices),
    "bib": Format(label="Citation", mime="application/x-bibtex", build=lambda source: to_bibtex()),
}
