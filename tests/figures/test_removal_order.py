"""Orders print when a layer goes."""

import pytest

from slim.report.figures.removal_order import removal_order
from tests.figures.frames import Frames, mesh, row_names


def test_orders_print_when_a_layer_goes_and_leave_out_what_has_no_order():
    orders = Frames(2, 3, 6).orders()
    axes = removal_order(orders).axes[0]
    assert "oracle" not in row_names(axes)
    random = orders[(orders["dataset"] == "library") & (orders["strategy"] == "random")]
    want = random.groupby("layer")["removed_at"].mean()
    assert mesh(axes)[row_names(axes).index("random")].tolist() == pytest.approx(want.tolist())
    less = orders[(orders["dataset"] == "library") | (orders["strategy"] != "greedy")]
    axes = removal_order(less).axes[1]
    assert mesh(axes).mask[row_names(axes).index("greedy")].all()
