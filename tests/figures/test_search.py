"""Searches: a line a method, and a point a fusion."""

import pandas as pd
import pytest

from slim.report.figures.search import search
from tests.figures.frames import Frames


def test_search_has_a_line_a_method_and_a_named_point_a_fusion_and_kind_of_rows():
    table = Frames(1, 1, 6).search()
    (axes,) = search(table).axes
    greedy = table[table["method"] == "greedy"]
    line = next(line for line in axes.lines if len(line.get_xdata()) == len(greedy))
    assert line.get_ydata().tolist() == pytest.approx((100 * greedy["test_regret"]).tolist())
    names = [text.get_text() for text in axes.texts]
    assert names.count("ridge") == 4 and names.count("mean rank") == 1 and "oracle" not in names
    assert [name for name in names if name in ("trajectories", "lattice")] == ["trajectories", "lattice"]


def test_random_search_is_averaged_only_where_every_seed_was_measured():
    table = pd.DataFrame({"dataset": "d", "seed": [0, 0, 1, 1], "method": "random", "rows": None, "width": None,
                          "evaluations": [0, 5, 0, 7], "test_regret": [0.2, 0.1, 0.4, 0.1]})  # fmt: skip
    (axes,) = search(table.assign(test_regret_half=0.1)).axes
    mean = max(axes.lines, key=lambda line: line.get_linewidth())
    assert (mean.get_xdata().tolist(), mean.get_ydata().tolist()) == ([0.0], [pytest.approx(30)])
