"""A figure in every form, as one ZIP."""

import io
import zipfile
from dataclasses import replace

from icl_core.errors import InputError
from icl_core.export.citation import to_bibtex
from icl_core.export.images import KINDS, missing, to_image
from icl_core.export.page import to_html
from icl_core.export.recipe import Recipe, config_json
from icl_core.export.table import to_csv
from icl_core.live.dressed import dressed
from icl_core.live.look import PLAIN, Look
from icl_core.live.view import View

NO_DATE = (1980, 1, 1, 0, 0, 0)
"""Of every entry: the same figure makes the same archive on another day."""
ABOUT = {
    "png": "the figure as an image",
    "svg": "the figure as a drawing",
    "pdf": "the figure for print",
    "html": "the figure as a web page that works offline, its controls included",
    "csv": "every plotted point",
    "json": "the choices behind it: open it on the app's home page, or with "
    "`python -m icl_core figure`",
    "bib": "what to cite",
    "txt": "the link to the page",
}


def to_zip(
    view: View,
    recipe: Recipe | None = None,
    link: str = "",
    scale: float | None = None,
    look: Look = PLAIN,
) -> bytes:
    """PNG, SVG, PDF, HTML, CSV and citation; with a recipe its JSON, with a link the link.

    Where images cannot be drawn they are left out, and README.txt says why.
    """
    figure = dressed(view, look).figure
    files = {"html": to_html(view, look), "csv": to_csv(figure), "bib": to_bibtex()}
    if recipe is not None:
        files["json"] = config_json(replace(recipe, look=look))
    if link:
        files["txt"] = f"{link}\n".encode()
    problem = missing()
    try:
        if not problem:
            files |= {kind: to_image(figure, kind, scale) for kind in KINDS}
    except InputError as error:
        problem = str(error)
    lines = [view.title, ""]
    lines += [f"{view.name}.{suffix}: {ABOUT[suffix]}" for suffix in ABOUT if suffix in files]
    if problem:
        lines += ["", f"Without images. {problem}"]
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as archive:
        _add(archive, "README.txt", "\n".join([*lines, ""]).encode())
        for suffix in ABOUT:
            if suffix in files:
                _add(archive, f"{view.name}.{suffix}", files[suffix])
    return data.getvalue()


def _add(archive: zipfile.ZipFile, name: str, data: bytes) -> None:
    entry = zipfile.ZipInfo(name, NO_DATE)
    entry.compress_type = zipfile.ZIP_DEFLATED
    entry.external_attr = 0o644 << 16
    archive.writestr(entry, data)
