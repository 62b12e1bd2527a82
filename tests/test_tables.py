"""The tables of the exact analysis: their columns, known answers on tiny lattices, and agreement with one another."""

import time

import numpy as np
import pandas as pd
import pytest
from scipy.stats import spearmanr

from slim.lattice import mask_of
from slim.metrics.hierarchical import hierarchical_difference
from slim.metrics.intervals import mcnemar
from slim.metrics.multiple import holm
from slim.orders import path, ranking
from slim.pruning import curve
from slim.runs import runs
from slim.search import beam, greedy_within
from slim.tables import _read as read
from slim.tables._paths import best_on_test, half, mean_regret, removed_at
from slim.tables._read import _in_use
from slim.tables.comparisons import chosen, comparisons
from slim.tables.curves import curves
from slim.tables.depths import depths
from slim.tables.interactions import interactions
from slim.tables.orders import orders
from slim.tables.ranks import groups, ranks
from slim.tables.search import evaluations_for, search
from slim.tables.sensitivity import one_shot, sensitivity
from slim.tables.shapley import shapley
from slim.tables.signal_correlations import signal_correlations
from slim.tables.signals import signals
from slim.tables.weights import weights
from tests import builders
from tests._synthetic import CONTROLS, DATASETS, FUSIONS, GIVEN, RULES, SEEDS, SIGNALS, write_all

STRATEGIES = (*SIGNALS, *CONTROLS, *FUSIONS)
LAYERS = 6
CELLS = len(DATASETS) * len(SEEDS)


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    folder = tmp_path_factory.mktemp("data")
    write_all(folder)
    return folder


@pytest.fixture(scope="module")
def lattices(data):
    return read.read_lattices(runs(DATASETS, SEEDS), data / "lattice" / "raw")


@pytest.fixture(scope="module")
def lines(data):
    return curves(read.read_curves(DATASETS, STRATEGIES, data), FUSIONS)


@pytest.fixture(scope="module")
def ranked(data):
    return read.read_orders(GIVEN, data), read.read_fused({fusion: {} for fusion in FUSIONS}, data)


def exhaustive(layers=4, accuracy_of=None, **more):
    return builders.lattice(layers, accuracy_of, masks=list(range(1 << layers)), **more)


# orders


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


# depths


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


# signals


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


# weights


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


# shapley and interactions


def test_shapley_of_an_additive_lattice():
    """Each layer adds its own share to .1: that is its value by every measure, and no pair interacts."""
    worth = [0.1, 0.2, 0.05, 0.3]
    add = lambda mask: 0.1 + sum(w for layer, w in enumerate(worth) if mask >> layer & 1)  # noqa: E731
    found = {"d/3": exhaustive(4, add, test_accuracy_of=lambda mask: 1 - add(mask))}
    table = shapley(found)
    assert list(table.columns) == ["dataset", "seed", "layer", "shapley", "shapley_test", "leave_one_out", "alone"]
    assert table[["dataset", "seed"]].drop_duplicates().to_numpy().tolist() == [["d", 3]]
    for column, sign in {"shapley": 1, "shapley_test": -1, "leave_one_out": 1, "alone": 1}.items():
        assert table[column].to_numpy() == pytest.approx(sign * np.array(worth), abs=1e-9), column
    pairs = interactions(found)
    assert list(pairs.columns) == ["dataset", "seed", "first", "second", "interaction"]
    assert len(pairs) == 6 and (pairs["first"] < pairs["second"]).all()
    assert pairs["interaction"].to_numpy() == pytest.approx(0, abs=1e-9)


def test_shapley_shares_out_what_the_layers_add(lattices):
    table = shapley(lattices)
    assert len(table) == CELLS * LAYERS
    for (dataset, seed), found in table.groupby(["dataset", "seed"]):
        lattice = lattices[f"{dataset}/{seed}"]
        for column, split in {"shapley": "validation", "shapley_test": "test"}.items():
            assert found[column].sum() == pytest.approx(
                lattice.accuracy(lattice.full, split) - lattice.accuracy(0, split)
            )


def test_a_lattice_with_holes_has_no_shapley_rows():
    holes = {"d/0": builders.lattice(4), "d/1": exhaustive(4)}
    assert set(shapley(holes)["seed"]) == set(interactions(holes)["seed"]) == {1}
    assert shapley({"d/0": builders.lattice(4)}).empty


# search


def test_search_has_its_columns_and_every_fusion(lattices, ranked):
    table = search(lattices, ranked[1])
    assert list(table.columns) == [
        "dataset", "seed", "method", "rows", "width", "evaluations", "test_regret", "test_regret_half",
        "greedy_test_regret",
    ]  # fmt: skip
    one = table[(table["dataset"] == "kind") & (table["seed"] == 1)]
    assert set(one["method"]) == {"greedy", "beam", "random", *FUSIONS}
    assert one.loc[one["method"] == "greedy", "evaluations"].tolist() == [0, 6, 11, 15, 18, 20]
    forest = one[one["method"] == "random_forest"].set_index("rows")
    assert forest["evaluations"].to_dict() == {
        "trajectories": 62, "leave_one_out": 7, "lattice": 63, "other_datasets": 0,
    }  # fmt: skip
    lattice = lattices["kind/1"]
    at_7 = mean_regret(greedy_within(lattice, 7)[0], lattice, best_on_test(lattice))
    assert forest.loc["leave_one_out", "greedy_test_regret"] == pytest.approx(at_7)
    assert one.loc[~one["method"].isin(FUSIONS), "greedy_test_regret"].isna().all()


def test_searching_everything_regrets_only_what_validation_gets_wrong(lattices):
    """The widest beam is the oracle: its regret is what choosing on validation costs."""
    table = search(lattices, [])
    lattice = lattices["library/0"]
    of = table[(table["dataset"] == "library") & (table["seed"] == 0)]
    widest = of[of["method"] == "beam"].iloc[-1]
    assert (widest["width"], widest["evaluations"]) == (32, 62)
    expected = mean_regret(beam(lattice, 1000)[0], lattice, best_on_test(lattice))
    assert widest["test_regret"] == pytest.approx(expected)
    random = of[of["method"] == "random"].set_index("evaluations")
    assert random.loc[62, "test_regret"] == pytest.approx(expected)
    assert random.loc[6, "test_regret"] > random.loc[62, "test_regret"]
    assert len(random) == random.index.nunique()


def test_greedy_regrets_nothing_where_layers_add_up_and_needs_one_round_less():
    """With additive worths the first round already tells the order: L evaluations bring no regret."""
    add = lambda mask: 0.1 + sum(0.1 * (layer + 1) for layer in range(4) if mask >> layer & 1)  # noqa: E731
    table = search({"d/0": exhaustive(4, lambda mask: add(mask) / 2)}, [])
    needed = evaluations_for(table, 1e-9).set_index("method")["evaluations"]
    assert needed["greedy"] == 4
    assert needed["beam"] == 9  # width 1 is greedy, all the way
    assert needed["random"] == 14
    nobody = evaluations_for(table.assign(test_regret=1.0), 0.5)
    assert list(nobody.columns) == ["dataset", "seed", "method", "rows", "evaluations"]
    assert nobody["evaluations"].isna().all()


def test_a_lattice_with_holes_has_no_search_rows():
    nested = [0b1111, 0b0111, 0b0011, 0b0001]
    assert search({"d/0": builders.lattice(4, masks=nested)}, []).empty


def test_twelve_layers_are_analysed_in_seconds():
    lattice = exhaustive(12, items=50)
    start = time.perf_counter()
    shapley({"d/0": lattice}), interactions({"d/0": lattice}), search({"d/0": lattice}, [])
    assert time.perf_counter() - start < 45


# sensitivity


def _record(**more):
    return {"strategy": "activation_energy", "options": {"site": "output"}} | more


def test_turned_round_is_minus_one_and_the_same_is_one():
    worth = {0b111: 0.9, 0b110: 0.8, 0b101: 0.6, 0b011: 0.7, 0b100: 0.5, 0b010: 0.4, 0b001: 0.3}
    found = {"d/0": builders.lattice(3, worth.__getitem__)}
    scores = [1.0, 2.0, 3.0]
    record = _record(
        runs={"d/0": ranking(scores, "low")},
        variants=[
            {"option": "site", "value": "update", "runs": {"d/0": ranking(scores, "high")}},
            {"option": "site", "value": "none", "runs": {"d/0": ranking(scores, "low")}},
        ],
    )
    table = sensitivity([record], [], found)
    assert list(table.columns) == [
        "dataset", "seed", "family", "strategy", "option", "value", "default", "tau", "test_regret",
        "default_regret", "evaluations",
    ]  # fmt: skip
    turned, same = (table[table["value"] == value].iloc[0] for value in ("update", "none"))
    assert (turned["tau"], same["tau"]) == (-1, 1)
    assert same["test_regret"] == same["default_regret"] == pytest.approx(0)  # keeps {1, 2}, then {2}
    assert turned["test_regret"] == pytest.approx((0.1 + 0.2) / 2)  # keeps {0, 1}, then {0}
    assert (turned["default"], turned["family"]) == ("output", "activation")
    assert table["evaluations"].isna().all()


def test_variants_are_compared_with_one_shot_whatever_the_schedule():
    measured = ranking([3.0, 2.0, 1.0], "low")
    iterative = measured | {"paths": [path([0, 1, 2])], "remeasured": {"6": [1.0, 2.0]}}
    assert one_shot(iterative) == measured["paths"] != iterative["paths"]
    assert one_shot(measured) == measured["paths"]


def test_every_variant_of_every_strategy_has_its_row(lattices, ranked):
    table = sensitivity(*ranked, lattices)
    of = table.groupby(["strategy", "option"])["value"].agg(lambda values: sorted(set(values))).to_dict()
    assert of["activation_energy", "site"] == ["update"]
    assert of["mi_task_relevance", "estimator"] == ["neighbours"]
    assert of["random_forest", "rows"] == ["lattice", "leave_one_out", "other_datasets"]
    assert set(table.loc[table["option"] == "prune_first", "strategy"]) == set(SIGNALS) | set(CONTROLS)
    assert set(table.loc[table["option"] == "estimator", "default"]) == {"probe"}
    forest = table[table["strategy"] == "random_forest"]
    assert set(forest["default"]) == {"trajectories"}
    assert set(forest["evaluations"]) == {0, 7, 63} and forest["evaluations"].notna().all()
    assert table["tau"].between(-1, 1).all()
    turned = table[(table["option"] == "prune_first") & ~table["strategy"].isin(["random"])]
    assert turned["tau"].to_numpy() == pytest.approx(-1)


def test_the_value_in_use_is_the_given_one_else_the_functions_default():
    assert _in_use("signals", "activation_energy", {"site": "update"}, "site") == "update"
    assert _in_use("signals", "activation_energy", {}, "site") == "output"
    with pytest.raises(ValueError, match="takes no option 'prune_first'"):
        _in_use("signals", "activation_energy", {}, "prune_first")


# comparisons


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


# ranks


def _blocks(accuracy):
    """strategy -> its accuracy by block; two depths around it."""
    rows = [
        {"dataset": f"d{block}", "seed": 0, "strategy": name, "family": "other", "draw": 0, "removed": k,
         "test_accuracy": 0.99 if k == 0 else value + 0.1 * (k - 1.5)}
        for name, values in accuracy.items() for block, value in enumerate(values) for k in (0, 1, 2)
    ]  # fmt: skip
    return pd.DataFrame(rows)


def test_ranks_of_three_in_four_blocks():
    """Ranks 1 2 3, 1 2 3, 1 3 2 and 1.5 1.5 3."""
    table = ranks(_blocks({"a": [0.9, 0.9, 0.9, 0.8], "b": [0.8, 0.8, 0.7, 0.8], "c": [0.7, 0.7, 0.8, 0.1]}))
    assert list(table.columns) == [
        "strategy", "family", "mean_rank", "blocks", "strategies", "friedman_p", "critical_difference",
    ]  # fmt: skip
    assert table["strategy"].tolist() == ["a", "b", "c"]
    assert table["mean_rank"].tolist() == pytest.approx([4.5 / 4, 8.5 / 4, 11 / 4])
    assert (table["blocks"].iloc[0], table["strategies"].iloc[0]) == (4, 3)
    assert table["critical_difference"].iloc[0] == pytest.approx(2.343 * np.sqrt(3 * 4 / 24), abs=0.001)
    assert groups(table) == [["a", "b", "c"]]
    apart = table.assign(critical_difference=1.2)
    assert groups(apart) == [["a", "b"], ["b", "c"]]


def test_one_block_has_ranks_but_no_test():
    table = ranks(_blocks({"a": [0.5], "b": [0.6]}))
    assert table["strategy"].tolist() == ["b", "a"] and table["mean_rank"].tolist() == [1, 2]
    assert table["friedman_p"].isna().all() and table["critical_difference"].isna().all()
    assert groups(table) == []


def test_the_oracle_and_blocks_with_gaps_are_left_out():
    table = _blocks({"a": [0.5, 0.6], "b": [0.6, 0.5], "oracle": [0.9, 0.9]})
    assert set(ranks(table)["strategy"]) == {"a", "b"}
    less = table[(table["strategy"] != "a") | (table["dataset"] != "d0")]
    assert ranks(less)["blocks"].tolist() == [1, 1]


def test_ranks_over_the_made_up_runs(lines):
    table = ranks(lines)
    assert set(table["blocks"]) == {CELLS} and set(table["strategies"]) == {len(STRATEGIES) - 1}
    assert table["mean_rank"].mean() == pytest.approx(len(STRATEGIES) / 2)
    assert 0 < table["friedman_p"].iloc[0] < 1
