"""Signals by layer, their correlations, and what fusions make of them."""

import numpy as np
import pytest
from scipy.stats import spearmanr

from slim.report.tables import _read as read
from slim.report.tables.signal_correlations import signal_correlations
from slim.report.tables.signals import signals
from slim.report.tables.weights import weights
from tests._synthetic import DATASETS, FUSIONS, SEEDS, SIGNALS
from tests.tables.made_up import CELLS, LAYERS


def test_signals_are_the_twelve_and_standardised(ranked):
    table = signals(ranked[0])
    assert list(table.columns) == ["dataset", "seed", "family", "strategy", "layer", "score", "z"]
    assert set(table["strategy"]) == set(SIGNALS) and len(table) == CELLS * len(SIGNALS) * LAYERS
    z = table.groupby(["dataset", "seed", "strategy"])["z"]
    assert z.mean().to_numpy() == pytest.approx(0, abs=1e-9)
    assert z.std(ddof=0).to_numpy() == pytest.approx(1)


def test_a_flat_signal_has_no_deviation_and_no_correlation():
    made = {"up": [1.0, 2.0, 3.0], "down": [9.0, 4.0, 1.0], "flat": [5.0] * 3}
    table = signals({"strategy": name, "runs": {"d/0": {"scores": [of]}}} for name, of in made.items())
    assert table.loc[table["strategy"] == "flat", "z"].tolist() == [0.0] * 3
    rho = signal_correlations(table).set_index(["first", "second"])["rho"]
    assert len(rho) == 9
    assert (rho["up", "up"], rho["up", "down"]) == pytest.approx((1, -1))
    assert rho["flat"].isna().all() and rho[:, "flat"].isna().all()


def test_correlations_are_spearmans_and_means_over_the_seeds_that_have_one(ranked):
    table = signals(ranked[0])
    found = signal_correlations(table).set_index(["dataset", "first", "second"])["rho"]
    assert len(found) == len(DATASETS) * len(SIGNALS) ** 2
    of = table[table["dataset"] == "kind"].pivot_table(index=["seed", "layer"], columns="strategy", values="score")
    pair = ["gradient_fisher", "weight_entropy"]
    expected = [spearmanr(of.loc[seed, pair]).statistic for seed in SEEDS]
    assert found["kind", *pair] == pytest.approx(np.mean(expected))
    flat = table.assign(score=table["score"].where((table["seed"] != 0) | (table["strategy"] != pair[0]), 1.0))
    assert signal_correlations(flat).set_index(["dataset", "first", "second"])["rho"]["kind", *pair] == pytest.approx(
        np.mean(expected[1:])
    )


def test_weights_are_all_weights(data):
    records = read.read_fits(FUSIONS, data)
    table = weights(records)
    assert list(table.columns) == ["dataset", "seed", "fusion", "kind", "signal", "weight"]
    assert len(table) == CELLS * 2 * len(SIGNALS)
    assert dict(table[["fusion", "kind"]].drop_duplicates().to_numpy().tolist()) == {
        "linear_regression": "coefficients",
        "random_forest": "importances",
    }
    first = next(record for record in records if record["fusion"] == "random_forest")
    of = table[(table["fusion"] == "random_forest") & (table["dataset"] == first["dataset"])]
    of = of[of["seed"] == first["seed"]].set_index("signal")["weight"]
    assert of.to_dict() == first["fit"]["importances"]
