"""The rules that choose a depth, on curves whose accuracies are known."""

import pytest

from slim.ranking.removal_order import path
from slim.subsets.curves import Row, curve
from slim.subsets.depth_rules import RULES, choose_layers
from tests.builders import lattice

BY_SIZE = {6: 0.90, 5: 0.92, 4: 0.92, 3: 0.895, 2: 0.88, 1: 0.5}
ITEMS = 1000


def stairs(by_size: dict[int, float] = BY_SIZE) -> list[Row]:
    """The curve of six layers whose accuracy depends on their number alone."""
    return curve([path([5, 4, 3, 2, 1, 0])], lattice(6, lambda mask: by_size[mask.bit_count()], items=ITEMS))


def test_best_accuracy_removes_a_layer_and_prefers_fewer():
    rows = stairs()
    assert choose_layers(rows, "best_accuracy", ITEMS) == rows[2] | {"kept": [0, 1, 2, 3]}
    assert choose_layers(stairs(BY_SIZE | {6: 0.99}), "best_accuracy", ITEMS)["removed"] == 2


def test_one_standard_error_depends_on_the_number_of_items():
    assert choose_layers(stairs(), "one_standard_error", 1000)["layers"] == 3  # error 0.0095
    assert choose_layers(stairs(), "one_standard_error", 200)["layers"] == 2  # error 0.021
    steep = stairs(dict.fromkeys(range(1, 6), 0.5) | {6: 0.9})
    assert choose_layers(steep, "one_standard_error", 1000)["removed"] == 0


def test_a_fraction_is_rounded_to_the_nearest_number_of_layers():
    for keep, layers in ((0.5, 3), (0.6, 4), (0.01, 1), (1.0, 6), (1, 6), (0.75, 5), (0.25, 2)):
        chosen = choose_layers(stairs(), keep, ITEMS)
        assert (chosen["layers"], chosen["kept"]) == (layers, list(range(layers)))


@pytest.mark.parametrize("keep", [*RULES, 0.5])
def test_no_rule_looks_at_the_test_split_or_at_a_later_draw(keep):
    measured = lattice(6)
    rows = curve([path([5, 2, 0, 1, 3, 4])], measured)
    without_test = [{name: value for name, value in row.items() if not name.startswith("test_")} for row in rows]
    more_draws = rows + [row | {"draw": 1, "validation_accuracy": 1.0} for row in rows]
    chosen = choose_layers(rows, keep, ITEMS)
    assert choose_layers(without_test, keep, ITEMS)["kept"] == chosen["kept"]
    assert choose_layers(more_draws, keep, ITEMS) == chosen


@pytest.mark.parametrize("keep", [*RULES, 0.5])
def test_a_path_need_not_be_nested(keep):
    paths = [[[0, 1, 2, 3], [0, 1, 2], [2, 3], [1]]]
    chosen = choose_layers(curve(paths, lattice(4)), keep, ITEMS)
    assert chosen["kept"] in paths[0]


def test_impossible_choices_are_refused():
    rows = stairs()
    with pytest.raises(ValueError, match="unknown rule 'deepest': keep is a fraction of the layers or one"):
        choose_layers(rows, "deepest", ITEMS)
    for keep in (0.0, 1.1):
        with pytest.raises(ValueError, match="above 0 and at most 1"):
            choose_layers(rows, keep, ITEMS)
    with pytest.raises(ValueError, match="no layer can be removed"):
        choose_layers(curve([[[0]]], lattice(1)), "best_accuracy", ITEMS)
    with pytest.raises(ValueError, match="n_validation must be at least 1"):
        choose_layers(rows, "one_standard_error", 0)
    for keep in (0.5, "one_standard_error"):
        with pytest.raises(ValueError, match="no row of the intact model"):
            choose_layers(rows[1:], keep, ITEMS)
