"""Signals measured again: by hand on a shrunken model, each set once, and walks against brute force."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import slim.ranking.iterative
from slim.modeling.splits import Split
from slim.modeling.transformer import keep_layers
from slim.ranking.collect import collect
from slim.ranking.iterative import Remeasured, observer, orders_by_remeasuring
from slim.ranking.layer_statistics import LayerStatistics
from slim.ranking.removal_order import ranking
from slim.ranking.signals import CONTROLS
from slim.subsets.lattice import layers_of
from slim.utils.registry import find, names
from tests import pico
from tests.builders import lattice, statistics, subsets

LAYERS, FULL = 4, 0b1111
TRAIN = Split(pico.texts(24), pico.labels(24))
STRATEGIES = {
    name: {"prune_first": "high" if name == "weight_sparsity" else "low"} for name in names("ranking/signals")
}
SIGNALS = [name for name in STRATEGIES if name not in CONTROLS]
FUSIONS = {"mean_rank": {}, "greedy": {}, "ridge": {"rows": "trajectories"}}


@pytest.fixture
def teacher(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("input").write_text("x")
    return pico.classifier(layers=LAYERS)


def seen_by_hand(teacher, kept: list[int]) -> LayerStatistics:
    batches = teacher.batches(TRAIN.inputs, batch_size=8, by_length=False)
    return collect(keep_layers(teacher.model, kept), batches, TRAIN.labels, teacher.runtime)


def observed_in(teacher, **options):
    intact = seen_by_hand(teacher, list(range(LAYERS)))
    return observer(teacher, TRAIN, intact, **{"batch_size": 8, "files": ["input"]} | options)


def test_of_the_intact_model_the_scores_are_exactly_the_one_shot_ones(teacher):
    intact = seen_by_hand(teacher, list(range(LAYERS)))
    remeasured = Remeasured(observer(teacher, TRAIN, intact, batch_size=8, files=["input"]), STRATEGIES)
    assert remeasured.names == SIGNALS
    for name, options in STRATEGIES.items():
        if name in SIGNALS:
            once = ranking(find("ranking/signals", name)(intact), options["prune_first"])["scores"][0]
            assert remeasured(FULL)[name].tolist() == once


@pytest.mark.parametrize("mask", [0b0001, 0b0101, 0b1110])
def test_of_a_subset_they_are_those_of_the_shrunken_model_with_the_intact_predictions(teacher, mask):
    by_hand = seen_by_hand(teacher, layers_of(mask))
    intact = seen_by_hand(teacher, list(range(LAYERS)))
    assert (by_hand.predictions != intact.predictions).any()
    expected = replace(by_hand, predictions=intact.predictions)
    remeasured = Remeasured(observed_in(teacher), STRATEGIES)
    for _ in range(2):  # from the model, then from the disk
        for name in SIGNALS:
            sign = -1 if STRATEGIES[name]["prune_first"] == "high" else 1
            assert remeasured(mask)[name].tolist() == (sign * find("ranking/signals", name)(expected)).tolist()
        remeasured = Remeasured(observed_in(teacher), STRATEGIES)
    assert remeasured.stacked(mask).shape == (mask.bit_count(), len(SIGNALS))


def test_weights_are_not_kept_and_what_is_kept_is_small(teacher):
    observed_in(teacher)(0b0111)
    (kept,) = Path(".ckpt").rglob("*.npz")
    with np.load(kept) as archive:
        assert {"weights", "predictions"}.isdisjoint(archive.files) and "pooled" in archive.files


def counted(monkeypatch, stop_at: int | None = None) -> list[int]:
    """The number of layers of each model that is observed, as it is observed; killed at the given one."""
    sizes: list[int] = []
    really = slim.ranking.iterative.collect

    def counting(model, *rest):
        if len(sizes) == stop_at:
            raise KeyboardInterrupt
        sizes.append(model.config.num_hidden_layers)
        return really(model, *rest)

    monkeypatch.setattr(slim.ranking.iterative, "collect", counting)
    return sizes


def test_no_set_is_observed_twice_and_a_killed_run_goes_on_with_the_next(teacher, monkeypatch):
    table = lattice(LAYERS)
    with monkeypatch.context() as once:
        sizes = counted(once, stop_at=3)
        with pytest.raises(KeyboardInterrupt):
            orders_by_remeasuring(Remeasured(observed_in(teacher), STRATEGIES), table, FUSIONS)
        assert len(sizes) == 3
    sizes = counted(monkeypatch)
    found = orders_by_remeasuring(Remeasured(observed_in(teacher), STRATEGIES), table, FUSIONS)
    reached = found["weight_entropy"].keys() - {str(FULL)}
    assert len(sizes) == len(reached) - 3 and LAYERS not in sizes
    sizes.clear()
    assert orders_by_remeasuring(Remeasured(observed_in(teacher), STRATEGIES), table, FUSIONS) == found
    other = {"weight_entropy": {"prune_first": "low", "bins": 8}}
    changed = Remeasured(observed_in(teacher), other)(int(min(reached)))["weight_entropy"]
    assert sizes == [] and changed.tolist() != found["weight_entropy"][min(reached)]
    Path("input").write_text("another teacher")
    Remeasured(observed_in(teacher), STRATEGIES)(0b0011)
    Remeasured(observed_in(teacher, batch_size=4), STRATEGIES)(0b0011)
    assert sizes == [2, 2]


def test_every_signals_walk_is_that_of_brute_force_over_all_subsets(teacher):
    everywhere = Remeasured(observed_in(teacher), STRATEGIES)
    all_scores = {mask: everywhere(mask) for mask in subsets(LAYERS)}
    found = orders_by_remeasuring(Remeasured(observed_in(teacher), STRATEGIES), lattice(LAYERS), {})
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
    remeasured = Remeasured(observed_in(teacher), {"mi_task_relevance": {"prune_first": "low"}})
    for mask in (0b0111, 0b0011, 0b1011):
        expected = really(observed_in(teacher)(mask))
        assert remeasured(mask)["mi_task_relevance"].tolist() == expected.tolist()
    assert len(calls) == 4


def test_sets_that_only_a_fusion_reaches_are_measured_too(capsys):
    seen = {mask: statistics(mask.bit_count(), seed=mask) for mask in subsets(LAYERS)}
    strategies = {name: {"prune_first": "low"} for name in ("activation_inhibition", "attention_weight")}

    def reached(**fusions: dict[str, str]) -> set[int]:
        found = orders_by_remeasuring(Remeasured(seen.__getitem__, strategies), lattice(LAYERS), fusions)
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
    assert capsys.readouterr().out.startswith("ridge: its own path is not measured again")
