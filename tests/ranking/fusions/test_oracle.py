"""The oracle is the best subset of each size."""

from itertools import combinations

from slim.ranking.fusion import run_fusion
from slim.subsets.lattice import mask_of
from tests.builders import lattice
from tests.fusion_inputs import fuse, fusion_input, noise


def test_the_oracle_is_the_best_subset_of_each_size_and_may_not_be_nested():
    best = {0b0111, 0b1001, 0b0100}
    found = lattice(4, lambda mask: 0.9 if mask in best else 0.5 + 0.01 * mask.bit_count())
    result = fuse("oracle", fusion_input(noise(), found))
    assert result.path == [[0, 1, 2, 3], [0, 1, 2], [0, 3], [2]]
    assert result.fit["evaluations"] == 15
    found = lattice(5)
    for kept in fuse("oracle", fusion_input(noise(5), found)).path:
        everything = [mask_of(other) for other in combinations(range(5), len(kept))]
        highest = max(found.accuracy(mask, "validation") for mask in everything)
        assert found.accuracy(mask_of(kept), "validation") == highest


def test_of_sizes_that_were_not_measured_in_full_nobody_knows_the_best():
    inputs = fusion_input(noise(3), lattice(3, masks=[0b111, 0b110, 0b101, 0b100, 0b010, 0b001]))
    result = fuse("oracle", inputs)
    assert [len(kept) for kept in result.path] == [3, 1] and result.fit["evaluations"] == 4
    _, left_out = run_fusion("oracle", {"one/0": inputs}, {})
    assert left_out == [
        "oracle in one/0: without its subsets of 2 layers, since not every one of them was measured "
        "(ablate.max_subsets)"
    ]
