"""What leaves the app: a figure as a web page, its data as CSV, the choices behind it as JSON.

All are bytes, for a download or a file. PNG and SVG come from the browser.
"""

import csv
import html
import io
from collections.abc import Mapping

import plotly.graph_objects as go

from icl_core.errors import InputError
from icl_core.files import dump_json, parse_json
from icl_core.plots.figure import alt_text, figure_title, tidy_rows
from icl_core.plots.style import FONT, themed
from icl_core.validation import Config, choice, mapping

CONFIG_VERSION = 1
MAX_CONFIG_BYTES = 100_000

PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<style>
body {{ max-width: 60rem; margin: 2rem auto; padding: 0 1rem; background: #fff; color: #1d2733;
  font: 1rem/1.5 {font}; }}
</style>
</head>
<body>
<figure style="margin: 0" role="img" aria-label="{alt}">
{figure}
</figure>
<p>{alt}</p>
</body>
</html>
"""


def to_html(figure: go.Figure) -> bytes:
    """A web page on white that works with the network off (plotly.js inside, some 5 MB)."""
    paper = themed(figure, "paper")
    body = paper.to_html(
        full_html=False,
        include_plotlyjs=True,
        config={"displaylogo": False, "showSendToCloud": False, "responsive": True},
    )
    page = PAGE.format(
        title=html.escape(figure_title(paper) or "Figure"),
        alt=html.escape(alt_text(figure)),
        font=FONT,
        figure=body,
    )
    return page.encode()


def to_csv(figure: go.Figure) -> bytes:
    """Every plotted point (see `tidy_rows`), in UTF-8."""
    rows = tidy_rows(figure)
    columns = list(dict.fromkeys(column for row in rows for column in row))
    text = io.StringIO()
    writer = csv.DictWriter(text, columns, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode()


def config_json(page: str, config: Config) -> bytes:
    """The choices behind a figure, for `parse_config`."""
    return dump_json({"version": CONFIG_VERSION, "page": page, "config": config.to_dict()}).encode()


def parse_config(data: bytes, pages: Mapping[str, type[Config]]) -> tuple[str, Config]:
    """The inverse of `config_json`: the page and its choices, validated."""
    if len(data) > MAX_CONFIG_BYTES:
        raise InputError(
            f"The configuration has {len(data):,} bytes: expected at most {MAX_CONFIG_BYTES:,}."
        )
    try:
        text = data.decode()
    except UnicodeDecodeError:
        raise InputError(
            "The configuration is no text: expected JSON exported by this app."
        ) from None
    given = mapping("The configuration", parse_json("The configuration", text))
    if given.get("version") != CONFIG_VERSION:
        raise InputError(
            f"The configuration has version {given.get('version')!r:.40}: expected "
            f"{CONFIG_VERSION}; export it again with this version of the app."
        )
    page = choice("The page of the configuration", given.get("page"), pages)
    return str(page), pages[str(page)].from_dict(given.get("config"))
