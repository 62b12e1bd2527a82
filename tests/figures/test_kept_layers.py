"""Kept layers shade by the share of seeds, a panel a rule and dataset."""

import numpy as np
import pandas as pd
import pytest
from matplotlib.colors import to_rgb

from slim.report.figures._style import COLOURS
from slim.report.figures.kept_layers import kept_layers
from tests.figures.frames import Frames, drawn, texts


def test_kept_layers_shade_by_the_share_of_seeds():
    depths = pd.DataFrame({
        "dataset": "d", "seed": [0, 1], "family": "fusion", "strategy": "ridge", "draw": 0, "rule": "fixed",
        "layers": [2, 1], "kept": ["0-2", "2"], "validation_accuracy": 0.5, "test_accuracy": 0.5,
    })  # fmt: skip
    (axes,) = kept_layers(depths).axes
    (dots,) = axes.collections
    blue = np.array(to_rgb(COLOURS["fusion"]))
    assert dots.get_facecolors()[:, :3] == pytest.approx(np.array([(1 + blue) / 2, np.ones(3), blue]))
    assert dots.get_offsets().tolist() == [[0, 0], [1, 0], [2, 0]] and texts(axes) == ["1.5"]


def test_kept_layers_has_a_panel_a_rule_and_dataset():
    figure = drawn("kept_layers", Frames(3, 1, 4))
    titles = [axes.get_title(loc="left").strip() for axes in figure.axes]
    assert titles == ["library", "", "", "section", "", "", "sst2", "", ""]
    assert [text.get_text() for text in figure.texts[1:4]] == ["best accuracy", "one standard error", "fixed"]
