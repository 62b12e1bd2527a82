"""What `rank` writes under both schedules, and the variants of a signal's definition."""

import json

import numpy as np
import pytest

from slim.ranking.rankings import alternatives_of, rankings
from slim.ranking.removal_order import ranking
from slim.ranking.signals import BASELINES
from slim.subsets.lattice import layers_of
from slim.utils.io import write_json
from slim.utils.registry import find, names
from tests.builders import statistics, subsets

RUNS = ["library/0", "section/1"]
LOW, HIGH = {"prune_first": "low"}, {"prune_first": "high"}


@pytest.fixture
def measured(tmp_path):
    """A folder of one LayerStatistics a run."""
    for seed, run in enumerate(RUNS):
        statistics(seed=seed).save(tmp_path / f"{run}.npz")
    return tmp_path


@pytest.fixture
def tables(tmp_path):
    """A folder of one table a run: every signal on every subset of four layers, drawn anew for each."""
    for seed, run in enumerate(RUNS):
        rng = np.random.default_rng(seed)
        drawn = {name: {str(m): rng.normal(size=m.bit_count()).tolist() for m in subsets(4)} for name in ("a", "b")}
        write_json({"weight_magnitude": drawn["a"], "attention_weight": drawn["b"]}, tmp_path / f"{run}.json")
    return tmp_path


@pytest.mark.parametrize("strategy", names("ranking/signals"))
def test_one_shot_rankings_are_those_of_the_scores_in_every_run_and_json(strategy, measured):
    written = rankings(strategy, HIGH, "one_shot", RUNS, measured)
    assert list(written["runs"]) == RUNS
    for seed, run in enumerate(RUNS):
        assert written["runs"][run] == ranking(find("ranking/signals", strategy)(statistics(seed=seed)), "high")
    assert json.loads(json.dumps(written)) == written


def test_variants_are_every_categorical_choice_one_at_a_time():
    assert alternatives_of("weight_magnitude", LOW) == [("prune_first", "high")]
    assert alternatives_of("activation_energy", HIGH | {"site": "update"}) == [
        ("prune_first", "low"),
        ("site", "output"),
    ]
    estimators = [("prune_first", "high"), ("estimator", "nearest_neighbors"), ("estimator", "binned")]
    assert alternatives_of("mi_task_relevance", LOW | {"cv": 3}) == estimators
    assert [alternatives_of(baseline, LOW) for baseline in BASELINES] == [[]] * len(BASELINES)


@pytest.mark.parametrize("strategy", ["activation_inhibition", "mi_task_relevance"])
def test_a_variant_is_the_strategy_with_that_option(strategy, measured):
    options = LOW | ({"cv": 2, "n_components": 4} if strategy.startswith("mi_") else {})
    written = rankings(strategy, options, "one_shot", RUNS, measured)
    assert [(variant["option"], variant["value"]) for variant in written["variants"]] == alternatives_of(
        strategy, options
    )
    for variant in written["variants"]:
        alone = rankings(strategy, options | {variant["option"]: variant["value"]}, "one_shot", RUNS, measured)
        assert variant["runs"] == alone["runs"] != written["runs"]


def test_the_other_end_costs_no_second_measurement(measured, monkeypatch):
    calls = []
    really = find("ranking/signals", "weight_magnitude")
    monkeypatch.setattr(
        "slim.ranking.signals.weight_magnitude.weight_magnitude", lambda seen: calls.append(1) or really(seen)
    )
    rankings("weight_magnitude", LOW, "one_shot", RUNS, measured)
    assert len(calls) == len(RUNS)


@pytest.mark.parametrize(
    ("scores", "expected"),
    [
        ([1.0, 2.0], r"scores of shape \(2,\) for 4 layers: return one score a layer"),
        ([[1.0], [2.0], [3.0], [4.0]], r"scores of shape \(4, 1\) for 4 layers"),
        (3.0, r"scores of shape \(\) for 4 layers"),
        (np.zeros((0, 4)), r"scores of shape \(0, 4\) for 4 layers"),
        ([1.0, 2.0, np.nan, 3.0], "no finite score of layer 2"),
        ([[1.0, 2.0, 3.0, 4.0], [1.0, 2.0, 3.0, np.inf]], "no finite score of layer 3"),
        (None, r"scores of shape \(\) for 4 layers|float"),
        ({"a": 1}, "float"),
        (["a", "b", "c", "d"], "could not convert"),
    ],
)
def test_scores_that_are_not_one_finite_number_a_layer_are_refused(scores, expected, measured, monkeypatch):
    monkeypatch.setattr("slim.ranking.signals.weight_magnitude.weight_magnitude", lambda seen: scores)
    with pytest.raises(ValueError, match=rf"^strategies\.weight_magnitude: .*({expected})") as refusal:
        rankings("weight_magnitude", LOW, "one_shot", RUNS, measured)
    assert "\n" not in str(refusal.value)


def test_iterative_rankings_walk_the_scores_of_the_layers_left(tables):
    written = rankings("attention_weight", LOW, "iterative", RUNS, tables)
    assert written["variants"] == [] and list(written["runs"]) == RUNS
    for run in RUNS:
        one, kept = written["runs"][run], [0, 1, 2, 3]
        table = json.loads((tables / f"{run}.json").read_text())["attention_weight"]
        assert one["remeasured"] == table and one["scores"] == [table["15"]]
        for step in one["paths"][0]:
            assert step == kept
            kept = [layer for layer in kept if layer != kept[int(np.argmin(table[str(sum(1 << i for i in kept))]))]]
    assert written["runs"][RUNS[0]]["paths"] != written["runs"][RUNS[1]]["paths"]


def test_scores_that_do_not_change_make_iterative_the_same_as_one_shot(measured):
    options = HIGH | {"bins": 16}
    shot = rankings("weight_entropy", options, "one_shot", RUNS, measured)["runs"]
    for run in RUNS:
        scores = np.array(shot[run]["scores"][0])
        write_json(
            {"weight_entropy": {str(m): scores[layers_of(m)].tolist() for m in subsets(4)}},
            measured / f"{run}.json",
        )
    walked = rankings("weight_entropy", options, "iterative", RUNS, measured)["runs"]
    for run in RUNS:
        assert {key: walked[run][key] for key in ("scores", "paths")} == shot[run]


@pytest.mark.parametrize("baseline", BASELINES)
def test_baselines_rank_alike_under_both_schedules(baseline, measured, tables):
    shot, walked = (rankings(baseline, LOW, schedule, RUNS, measured) for schedule in ("one_shot", "iterative"))
    assert shot == walked and shot["variants"] == []


def test_what_was_not_measured_is_refused_in_one_line(tables):
    with pytest.raises(
        ValueError, match=r"^weight_entropy was not measured after each removal in library/0: run `dvc"
    ):
        rankings("weight_entropy", LOW, "iterative", RUNS, tables)
    write_json({}, tables / "library/0.json")
    with pytest.raises(ValueError, match="random was not measured after each removal in library/0"):
        rankings("random", LOW, "iterative", RUNS, tables)
    with pytest.raises(ValueError, match="unknown schedule 'twice': choose from one_shot, iterative"):
        rankings("random", LOW, "twice", RUNS, tables)
