"""Iterative signals: by hand on a shrunken model, each subset once, and paths against brute force."""

from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import pytest

import slim.ranking.iterative
from slim.modeling.splits import Split
from slim.modeling.transformer import keep_layers
from slim.ranking.collect import collect
from slim.ranking.iterative import IterativeScores, observer, scores_along_paths
from slim.ranking.layer_statistics import LayerStatistics
from slim.ranking.removal_order import ranking
from slim.ranking.signals import BASELINES
from slim.subsets.lattice import layers_of
from slim.utils.registry import find, names
from tests import pico
from tests.builders import lattice, statistics, subsets

LAYERS, FULL = 4, 0b1111
TRAIN = Split(pico.texts(24), pico.labels(24))
QUICK = {"cv": 2, "n_components": 4}
STRATEGIES = {
    name: {"prune_first": "high" if name == "weight_sparsity" else "low"} | (QUICK if name.startswith("mi_") else {})
    for name in names("ranking/signals")
}
SIGNALS = [name for name in STRATEGIES if name not in BASELINES]
FUSIONS = {"mean_rank": {}, "greedy": {}, "ridge": {"rows": "trajectories"}}


@pytest.fixture(scope="module")
def teacher():
    return pico.classifier(layers=LAYERS)


@pytest.fixture(autouse=True)
def _in_an_empty_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


@cache
def collected_by_hand(*kept: int) -> LayerStatistics:
    teacher = pico.classifier(layers=LAYERS)
    batches = teacher.batches(TRAIN.inputs, batch_size=8, by_length=False)
    return collect(keep_layers(teacher.model, list(kept)), batches, TRAIN.labels, teacher.runtime)


def scores_by_hand(name: str, seen: LayerStatistics) -> np.ndarray:
    options = {option: value for option, value in STRATEGIES[name].items() if option != "prune_first"}
    return find("ranking/signals", name)(seen, **options)


def statistics_of(teacher):
    intact = collected_by_hand(*range(LAYERS))
    return observer(teacher, TRAIN, intact, batch_size=8, work="work")


def test_of_the_intact_model_the_scores_are_exactly_the_one_shot_ones(teacher):
    intact = collected_by_hand(*range(LAYERS))
    scores = IterativeScores(observer(teacher, TRAIN, intact, batch_size=8, work="work"), STRATEGIES)
    assert scores.names == SIGNALS
    for name, options in STRATEGIES.items():
        if name in SIGNALS:
            once = ranking(scores_by_hand(name, intact), options["prune_first"])["scores"][0]
            assert scores(FULL)[name].tolist() == once


@pytest.mark.parametrize("mask", [0b0001, 0b0101, 0b1110])
def test_of_a_subset_they_are_those_of_the_shrunken_model_with_the_intact_predictions(teacher, mask):
    by_hand = collected_by_hand(*layers_of(mask))
    intact = collected_by_hand(*range(LAYERS))
    assert (by_hand.predictions != intact.predictions).any()
    expected = replace(by_hand, predictions=intact.predictions)
    scores = IterativeScores(statistics_of(teacher), STRATEGIES)
    for _ in range(2):  # from the model, then from the disk
        for name in SIGNALS:
            sign = -1 if STRATEGIES[name]["prune_first"] == "high" else 1
            assert scores(mask)[name].tolist() == (sign * scores_by_hand(name, expected)).tolist()
        scores = IterativeScores(statistics_of(teacher), STRATEGIES)
    assert scores.stacked(mask).shape == (mask.bit_count(), len(SIGNALS))


def test_weights_are_not_kept_and_what_is_kept_is_small(teacher):
    statistics_of(teacher)(0b0111)
    (kept,) = Path("work").glob("*.npz")
    with np.load(kept) as archive:
        assert {"weights", "predictions"}.isdisjoint(archive.files) and "pooled" in archive.files


def counted(monkeypatch, stop_at: int | None = None) -> list[int]:
    """The number of layers of each model when it is measured; the given one is killed."""
    sizes: list[int] = []
    really = slim.ranking.iterative.collect

    def counting(model, *rest):
        if len(sizes) == stop_at:
            raise KeyboardInterrupt
        sizes.append(model.config.num_hidden_layers)
        return really(model, *rest)

    monkeypatch.setattr(slim.ranking.iterative, "collect", counting)
    return sizes


def test_no_subset_is_measured_twice_and_a_killed_run_goes_on_with_the_next(teacher, monkeypatch):
    table = LAYERS, lambda masks: lattice(LAYERS)
    with monkeypatch.context() as once:
        sizes = counted(once, stop_at=3)
        with pytest.raises(KeyboardInterrupt):
            scores_along_paths(IterativeScores(statistics_of(teacher), STRATEGIES), *table, FUSIONS)
        assert len(sizes) == 3
    sizes = counted(monkeypatch)
    found = scores_along_paths(IterativeScores(statistics_of(teacher), STRATEGIES), *table, FUSIONS)
    reached = found["weight_entropy"].keys() - {str(FULL)}
    assert len(sizes) == len(reached) - 3 and LAYERS not in sizes
    sizes.clear()
    assert scores_along_paths(IterativeScores(statistics_of(teacher), STRATEGIES), *table, FUSIONS) == found
    other = {"weight_entropy": {"prune_first": "low", "bins": 8}}
    changed = IterativeScores(statistics_of(teacher), other)(int(min(reached)))["weight_entropy"]
    assert sizes == [] and changed.tolist() != found["weight_entropy"][min(reached)]


def test_every_signals_walk_is_that_of_brute_force_over_all_subsets(teacher):
    everywhere = IterativeScores(statistics_of(teacher), STRATEGIES)
    all_scores = {mask: everywhere(mask) for mask in subsets(LAYERS)}
    found = scores_along_paths(
        IterativeScores(statistics_of(teacher), STRATEGIES), LAYERS, lambda masks: lattice(LAYERS), {}
    )
    reached, differing = {FULL}, 0
    for name in SIGNALS:
        kept = list(range(LAYERS))
        while len(kept) > 1:
            mask = sum(1 << layer for layer in kept)
            reached.add(mask)
            scores = all_scores[mask][name]
            assert found[name][str(mask)] == scores.tolist()
            differing += scores.tolist() != all_scores[FULL][name][kept].tolist()
            kept.remove(kept[max(i for i in range(len(kept)) if scores[i] == scores.min())])
    assert differing > len(SIGNALS)  # otherwise one-shot would pass too
    assert all(set(table) == set(map(str, reached)) for table in found.values())


def test_layers_that_begin_alike_share_their_mutual_information(teacher, monkeypatch):
    """Of the eight layers of 0111, 0011 and 1011, four differ in what comes before them or in themselves."""
    calls = []
    really = find("ranking/signals", "mi_task_relevance")
    module = "slim.ranking.signals.mi_task_relevance.mi_task_relevance"
    monkeypatch.setattr(module, lambda seen: calls.extend(seen.pooled) or really(seen))
    scores = IterativeScores(statistics_of(teacher), {"mi_task_relevance": {"prune_first": "low"}})
    for mask in (0b0111, 0b0011, 0b1011):
        expected = really(statistics_of(teacher)(mask))
        assert scores(mask)["mi_task_relevance"].tolist() == expected.tolist()
    assert len(calls) == 4


def test_subsets_that_only_a_fusion_reaches_are_measured_too(capsys):
    seen = {mask: statistics(mask.bit_count(), seed=mask) for mask in subsets(LAYERS)}
    strategies = {name: {"prune_first": "low"} for name in ("activation_inhibition", "attention_weight")}

    def reached(**fusions: dict[str, str]) -> set[int]:
        scores = IterativeScores(seen.__getitem__, strategies)
        found = scores_along_paths(scores, LAYERS, lambda masks: lattice(LAYERS), fusions)
        assert (
            list(found) == list(strategies)
            and found["attention_weight"].keys() == found["activation_inhibition"].keys()
        )
        return set(map(int, found["attention_weight"]))

    alone = reached()
    assert len(alone) < len(reached(ridge={"rows": "leave_one_out"})) < len(seen)
    assert reached(ridge={"rows": "lattice"}) == {mask for mask in seen if mask.bit_count() > 1}
    assert not capsys.readouterr().out
    assert reached(ridge={"rows": "other_datasets"}) == alone
    assert capsys.readouterr().out.startswith("ridge: the subsets of its own path are not measured")
