"""What is said of ranks, signals, choices and layers, in words."""

import numpy as np
import pandas as pd

from slim.report.section_sentences import layer_sentences, rank_sentences, sensitivity_sentences, signal_sentences
from slim.report.tables import _format as form


def test_ranks_in_words(tables):
    (sentence,) = rank_sentences(tables["ranks"], 0.95)
    first = tables["ranks"].iloc[0]
    assert f"{form.words(first['strategy'])} is in place 1 ({first['mean_rank']:.1f})" in sentence
    (alike,) = rank_sentences(tables["ranks"].assign(friedman_p=0.4), 0.95)
    assert "That is not shown" in alike and "They do" not in alike
    single = tables["ranks"].assign(friedman_p=np.nan, critical_difference=np.nan, blocks=1)
    (alone,) = rank_sentences(single, 0.95)
    assert "over 1 pair of" in alone and "one pair cannot show" in alone


def test_signals_that_give_the_same_order_are_named():
    names = ["up", "also_up", "down", "flat"]
    rho = {("up", "also_up"): 1.0, ("up", "down"): -1.0, ("also_up", "down"): -1.0}
    rows = [{"dataset": "d", "first": a, "second": b, "rho": rho.get((a, b), rho.get((b, a), float(a == b or "nan")))}
            for a in names for b in names]  # fmt: skip
    table = pd.DataFrame(rows)
    table.loc[(table["first"] == "flat") & (table["second"] == "flat"), "rho"] = np.nan
    expected = "d: 4 signals order the layers in 3 ways; the same order in every seed: also up and up."
    assert signal_sentences(table) == [expected]


def test_the_choice_that_matters_most_is_the_largest_change():
    rows = [
        ("a", "site", "update", 0.05, 0.01), ("a", "site", "update", 0.02, 0.01), ("b", "rows", "lattice", 0.01, 0.03),
    ]  # fmt: skip
    table = pd.DataFrame(rows, columns=["strategy", "option", "value", "test_regret", "default_regret"])
    (sentence,) = sensitivity_sentences(table)
    assert sentence.startswith("Of 2 single choices of definition, taken the other way, 1 lower regret")
    assert "1 raise it" in sentence and "site = update of a, +2.5 points on average [+1.0, +4.0]" in sentence
    assert sensitivity_sentences(table.assign(test_regret=np.nan)) == []


def test_layers_and_pairs_in_words():
    worth = pd.DataFrame({"dataset": "d", "seed": 0, "layer": [0, 1, 2], "shapley": [0.1, -0.02, 0.3]})
    pairs = pd.DataFrame({"dataset": "d", "seed": 0, "first": [0, 0, 1], "second": [1, 2, 2]})
    (sentence,) = layer_sentences(worth, pairs.assign(interaction=[0.2, -0.1, 0.0]))
    assert "layer 2 is worth most (+30.0 points) and layer 1 least (−2.0)" in sentence
    assert "0 and 1 need each other most (+20.0 points), 0 and 2 can best stand in for one another (−10.0)" in sentence
    (sentence,) = layer_sentences(worth, pairs.assign(interaction=[-0.1, -0.4, -0.3]))
    assert "no pair is worth more together than apart" in sentence
    (sentence,) = layer_sentences(worth, pairs.assign(interaction=[0.5, 0.2, 0.3]))
    assert "no pair can stand in for one another" in sentence
