"""The page of chains: its rows, their order and the model that all are compared with."""

from types import SimpleNamespace

import numpy as np

from benchmarks import chains


def record(small_validation, right):
    return {"parameters": 8e6, "before": 0.5, "validation": 0.8, "test": 0.8, "small_validation": small_validation,
            "correct": [True] * right + [False] * (100 - right)}  # fmt: skip


def test_rows_come_by_validation_and_differ_from_every_other_layer():
    other = chains.Chain(None, chains.ROUNDED)
    records = {chains.REFERENCE.name: [record(0.7, 80)] * 3, other.name: [record(0.9, 85)] * 3}
    text = chains.page(records, [0.86, 0.85, 0.84], "movies")
    first, second = text.splitlines()[-2:]
    assert first.startswith("| greedy's, rounded in training | 8.00M | 50.0 | 80.0 | 80.0 | 90.0 | 85.0 | +5.0 [")
    assert second == "| 0 2 4 | 8.00M | 50.0 | 80.0 | 80.0 | 70.0 | 80.0 |  |"
    assert "teachers' test accuracies: 86.0, 85.0, 84.0" in text


def test_a_name_says_all_that_differs_and_no_two_chains_share_one():
    assert len({chain.name for chain in chains.CHAINS}) == len(chains.CHAINS)
    shrunk = chains.Chain((0, 1), {"alpha": 1.0}, (("merge_ffn", {"layers": 2}),))
    assert shrunk.name == "0 1, merge_ffn 2, alpha=1"


def test_greedy_removes_the_layer_that_costs_least(monkeypatch):
    """Layer 2 is worth most, then 0."""
    worth = np.array([2.0, 1.0, 3.0])
    monkeypatch.setattr(chains, "keep_layers", lambda _, kept: kept)
    monkeypatch.setattr(chains, "accuracy", lambda kept, _: worth[kept].sum())
    config = SimpleNamespace(num_hidden_layers=3)
    teacher = SimpleNamespace(model=SimpleNamespace(config=config), with_model=lambda kept: kept)
    assert chains.greedy_layers(teacher, None, 1) == [2]
    assert chains.greedy_layers(teacher, None, 2) == [0, 2]
