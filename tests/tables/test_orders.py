"""When layers go, and how many stay."""

import pandas as pd

from slim.ranking.removal_order import path
from slim.report.tables import _read as read
from slim.report.tables._paths import half, removed_at
from slim.report.tables.curves import curves
from slim.report.tables.depths import depths
from slim.report.tables.orders import orders
from slim.subsets.curves import curve
from tests._synthetic import FUSIONS, RULES, STRATEGIES
from tests.tables.made_up import CELLS, LAYERS, exhaustive


def test_every_layer_has_a_place_in_every_nested_order(lines):
    table = orders(lines[lines["strategy"] != "oracle"])
    assert list(table.columns) == ["dataset", "seed", "family", "strategy", "draw", "layer", "removed_at"]
    places = table.groupby(["dataset", "seed", "strategy", "draw"])["removed_at"].agg(sorted)
    assert all(found == list(range(1, LAYERS + 1)) for found in places)
    assert len(places) == CELLS * (len(STRATEGIES) - 1 + 9)  # random has ten draws


def test_a_place_is_when_a_layer_goes():
    table = curves(
        [pd.DataFrame(curve([path([2, 0, 1])], exhaustive(3))).assign(dataset="d", seed=0, strategy="s")], []
    )
    assert orders(table)[["layer", "removed_at"]].to_numpy().tolist() == [[0, 2], [1, 3], [2, 1]]


def test_a_path_that_is_not_nested_has_no_places():
    assert removed_at([[0, 1, 2], [0, 1], [2]]) is None
    assert removed_at([[0, 1, 2], [0]]) is None
    assert removed_at([[0, 1]]) is None
    assert removed_at([[0, 1], [1]]) == {0: 1, 1: 2}


def test_depths_are_the_recipes(data, lines):
    records = read.read_recipes(STRATEGIES, RULES, data)
    table = depths(records, FUSIONS)
    assert list(table.columns) == [
        "dataset", "seed", "family", "strategy", "draw", "rule", "layers", "kept", "validation_accuracy",
        "test_accuracy",
    ]  # fmt: skip
    assert len(table) == CELLS * len(RULES) * (len(STRATEGIES) + 9)
    fixed = table[table["rule"] == "fixed"]
    assert set(fixed["layers"]) == {half(LAYERS)}
    keys = ["dataset", "seed", "strategy", "draw", "layers"]
    both = fixed.merge(lines, on=keys)
    assert len(both) == len(fixed) and (both["kept_x"] == both["kept_y"]).all()
    assert set(table.loc[table["strategy"] == "random_forest", "family"]) == {"fusion"}
