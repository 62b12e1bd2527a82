"""Signals print their means, and their correlations shortly."""

import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.collections import QuadMesh

from slim.report.figures.signal_correlations import _two, signal_correlations
from slim.report.figures.signals import signals
from tests.figures.frames import Frames, mesh, printed, row_names


def test_signals_print_their_mean_over_seeds_and_keep_is_purple():
    table = Frames(1, 2, 3).signals().assign(z=1.0)
    table.loc[table["layer"] == 0, "z"] = -2.0
    (axes,) = signals(table).axes
    assert printed(axes)[0, 0] == "−2.0" and printed(axes)[0, 1] == "1.0"
    FigureCanvasAgg(axes.get_figure()).draw()
    remove, keep = next(c for c in axes.collections if isinstance(c, QuadMesh)).get_facecolors()[:2]
    assert remove[0] > remove[2] and keep[2] > keep[1]


def test_a_constant_signal_leaves_its_correlations_empty():
    table = Frames(1).signal_correlations()
    table.loc[(table["first"] == "mi_task_relevance") | (table["second"] == "mi_task_relevance"), "rho"] = np.nan
    (axes,) = signal_correlations(table).axes
    place = row_names(axes).index("mi task relevance")
    assert mesh(axes).mask[place].all() and mesh(axes).mask[:, place].all() and mesh(axes).mask.sum() == 23
    assert printed(axes)[0, 0] == "1"


@pytest.mark.parametrize(("rho", "said"), [(0.854, ".85"), (-0.07, "−.07"), (1.0, "1"), (-1.0, "−1"), (0.001, "0"),
                                           (-0.001, "0"), (0.999, "1"), (0.5, ".50")])  # fmt: skip
def test_correlations_are_said_shortly(rho, said):
    assert _two(rho) == said
