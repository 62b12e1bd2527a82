"""Comparisons are the bootstrap of the subsets that they name."""

import numpy as np
import pandas as pd
import pytest

from slim.evaluation.metrics.hierarchical import hierarchical_difference
from slim.evaluation.metrics.intervals import mcnemar
from slim.evaluation.metrics.multiple import holm
from slim.ranking.removal_order import path
from slim.report.tables import _read as read
from slim.report.tables.comparisons import chosen, comparisons
from slim.report.tables.curves import curves
from slim.report.tables.depths import depths
from slim.subsets.curves import curve
from slim.subsets.lattice import mask_of
from tests import builders
from tests._synthetic import DATASETS, FUSIONS, RULES, STRATEGIES
from tests.tables.made_up import CELLS, exhaustive


def _curves(paths, lattices):
    """strategy -> paths, the same in every run."""
    frames = [
        pd.DataFrame(curve(found, lattice)).assign(
            dataset=run.split("/")[0], seed=int(run.split("/")[1]), strategy=name
        )
        for run, lattice in lattices.items()
        for name, found in paths.items()
    ]
    return curves(frames, ["random_forest"])


def _noisy(layers, seed, items=400):
    """A lattice of the same items in every seed, with luck of its own in each."""
    rng = np.random.default_rng(seed)
    found = exhaustive(layers, items=items)
    for split in ("validation", "test"):
        right = rng.random((1 << layers, items)) < (0.4 + 0.1 * np.bitwise_count(np.arange(1 << layers)))[:, None]
        found.predictions[split][:] = np.where(right, found.labels[split], 1 - found.labels[split])
    return found


PATHS = {
    "random_forest": [path([0, 1, 2, 3])], "greedy": [path([1, 0, 3, 2])], "weight_entropy": [path([3, 2, 1, 0])],
    "random": [path([2, 0, 1, 3]), path([3, 1, 0, 2])],
}  # fmt: skip


def test_comparisons_are_the_bootstrap_of_the_subsets_they_name():
    found = {f"d/{seed}": _noisy(4, seed) for seed in range(3)}
    table = comparisons(_curves(PATHS, found), found, resamples=4000)
    assert list(table.columns) == [
        "dataset", "strategy", "reference", "rule", "difference", "low", "high", "p", "p_holm", "test", "seeds", "n",
    ]  # fmt: skip
    row = table.set_index(["dataset", "strategy", "reference", "rule"]).loc["d", "weight_entropy", "greedy", "half"]
    first = np.array([lattice.correct(mask_of([0, 1]), "test") for lattice in found.values()])
    second = np.array([lattice.correct(mask_of([2, 3]), "test") for lattice in found.values()])
    expected = hierarchical_difference(first, second, resamples=4000, seed=9)
    assert row["difference"] == pytest.approx(expected.difference)
    assert (row["low"], row["high"]) == pytest.approx((expected.low, expected.high), abs=0.01)
    assert row["p"] == pytest.approx(expected.p, abs=0.05)
    assert (row["test"], row["seeds"], row["n"]) == ("bootstrap", 3, 400)
    turned = table.set_index(["dataset", "strategy", "reference", "rule"])["difference"]
    assert turned["d", "greedy", "random_forest", "half"] == -turned["d", "random_forest", "greedy", "half"]


def test_draws_of_random_are_averaged():
    found = {"d/0": _noisy(4, 0)}
    table = comparisons(_curves(PATHS, found), found, resamples=200)
    row = table.set_index(["dataset", "strategy", "reference", "rule"]).loc["d", "random", "greedy", "half"]
    draws = [found["d/0"].accuracy(mask_of(kept), "test") for kept in ([1, 3], [0, 2])]
    assert row["difference"] == pytest.approx(np.mean(draws) - found["d/0"].accuracy(mask_of([2, 3]), "test"))
    assert row["test"] == "bootstrap"  # half a truth is none that McNemar's test could count


def test_a_single_seed_is_tested_by_mcnemar():
    found = {"d/0": _noisy(4, 0)}
    table = comparisons(_curves(PATHS, found), found, resamples=200)
    for dataset in ("d", "all"):
        row = table.set_index(["dataset", "strategy", "reference", "rule"]).loc[
            dataset, "weight_entropy", "greedy", "half"
        ]
        correct = [found["d/0"].correct(mask_of(kept), "test") for kept in ([0, 1], [2, 3])]
        assert (row["test"], row["p"]) == ("mcnemar", mcnemar(*correct).p)


def test_holm_counts_the_strategies_of_the_same_question(lattices, lines):
    table = comparisons(lines, lattices, resamples=300)
    assert set(table["dataset"]) == {*DATASETS, "all"} and table["dataset"].iloc[-1] == "all"
    for _, found in table.groupby(["dataset", "reference", "rule"]):
        assert len(found) == len(STRATEGIES) - 1
        assert found["p_holm"].tolist() == holm(found["p"].tolist())
    means = table[table["dataset"] != "all"].groupby(["strategy", "reference", "rule"])["difference"].mean()
    pooled = table[table["dataset"] == "all"].set_index(["strategy", "reference", "rule"])["difference"]
    assert pooled.sort_index().to_numpy() == pytest.approx(means.sort_index().to_numpy())
    assert set(table.loc[table["dataset"] == "all", "n"]) == {800}


def test_half_and_best_are_where_the_rules_look(lines, data):
    recipes = depths(read.read_recipes(STRATEGIES, RULES, data), FUSIONS)
    for ours, rule in {"half": "fixed", "best_accuracy": "best_accuracy"}.items():
        both = chosen(lines, ours).merge(recipes[recipes["rule"] == rule], on=["dataset", "seed", "strategy", "draw"])
        assert len(both) == CELLS * (len(STRATEGIES) + 9)
        assert (both["kept_x"] == both["kept_y"]).all()


def test_seeds_of_other_items_and_missing_seeds():
    found = {"d/0": _noisy(4, 0), "d/1": builders.lattice(4, masks=list(range(16)), seed=3, items=400)}
    with pytest.raises(ValueError, match="not tested on the same items"):
        comparisons(_curves(PATHS, found), found, resamples=100)
    found = {f"d/{seed}": _noisy(4, seed) for seed in range(2)}
    lines = _curves(PATHS, found)
    lines = lines[(lines["strategy"] != "weight_entropy") | (lines["seed"] == 0)]
    assert set(comparisons(lines, found, resamples=100)["strategy"]) == {"random_forest", "greedy", "random"}
    nothing = comparisons(lines[lines["strategy"] == "random"], found, resamples=100)
    assert nothing.empty and "p_holm" in nothing
