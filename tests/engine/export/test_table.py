"""The CSV is what is plotted."""

import csv
import io

import numpy as np

from icl_core.export.table import to_csv
from icl_core.lessons import noise_and_depth
from icl_core.plots.figure import tidy_rows


def test_csv_holds_every_plotted_point_exactly():
    config = noise_and_depth.NoiseAndDepth()
    figure = noise_and_depth.depth_figure(config, noise_and_depth.measure(config))
    read = list(csv.DictReader(io.StringIO(to_csv(figure).decode())))
    rows = tidy_rows(figure)
    assert len(read) == len(rows)
    for text, row in zip(read, rows, strict=True):
        assert text["series"] == row["series"]
        for name in ("layers L", "adjusted loss (half MSE)"):
            np.testing.assert_equal(float(text[name]), float(row[name]))
