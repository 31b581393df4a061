"""What is plotted, as CSV."""

import csv
import io

from icl_core.plots import Figure
from icl_core.plots.figure import tidy_rows


def to_csv(figure: Figure) -> bytes:
    """Every plotted point (see `tidy_rows`), in UTF-8, marked so for spreadsheets."""
    rows = tidy_rows(figure)
    columns = list(dict.fromkeys(column for row in rows for column in row))
    text = io.StringIO()
    writer = csv.DictWriter(text, columns, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode("utf-8-sig")
