"""Signals measured again against signals measured once."""

from dataclasses import replace

import numpy as np
import pytest

from slim.report.study.schedules import COLUMNS as SCHEDULES
from slim.report.study.schedules import schedules
from slim.subsets.lattice import mask_of
from tests.builders import lattice, subsets
from tests.study.planted import QUICK, UP, additive, at, chosen, only, ranking


def test_signals_that_say_the_same_again_change_nothing(pair):
    table = schedules(pair, chosen(pair), **QUICK)
    assert list(table.columns) == SCHEDULES
    assert len(table) == 2 * (2 + 2 + 2)  # signals, the fusions that look at signals, and the two pooled lines
    steady = at(table, strategy="gradient_fisher")
    assert steady["tau"].tolist() == [1, 1] and steady[["difference", "difference_low"]].abs().to_numpy().max() == 0
    assert not {"greedy", "oracle", "random"} & set(table["strategy"])


def test_measuring_again_that_turns_a_bad_order_helps(pair):
    bad = [4.0, 3.0, 2.0, 1.0]  # keeps layer 0 longest, which is worth least
    again = {mask: [float(layer if mask != 15 else bad[layer]) for layer in range(4) if mask >> layer & 1]
             for mask in subsets(4)}  # fmt: skip
    run = replace(pair[0], rankings={**pair[0].rankings, "gradient_fisher": ranking(bad, again)})
    table = schedules([run], chosen([run], {}), **QUICK)
    row = only(table, strategy="gradient_fisher")
    once = [0.19, 0.16, 0.10][::1]
    best, first = additive(UP[:4]), [mask_of(kept) for kept in ([0, 1, 2], [0, 1], [0])]
    most = [best(mask_of(kept)) for kept in ([1, 2, 3], [2, 3], [3])]
    once = np.mean([m - best(mask) for m, mask in zip(most, first, strict=True)])
    assert row["one_shot_regret"] == pytest.approx(once, abs=1e-3)
    assert row["difference"] == pytest.approx(row["iterative_regret"] - row["one_shot_regret"])
    assert row["difference_high"] < 0 and row["tau"] < 1
    pooled = only(table, family="all", strategy="signals")
    assert pooled["difference"] == pytest.approx(at(table, family="gradient")["difference"].sum() / 2)


def test_where_sizes_were_not_measured_in_full_only_the_orders_are_compared(pair):
    run = replace(pair[0], raw=lattice(4, additive(UP[:4]), masks=[15, 14, 12, 8]))
    row = only(schedules([run], chosen([run], {}), **QUICK), strategy="gradient_fisher")
    assert row["tau"] == 1 and row[["one_shot_regret", "difference", "difference_low"]].isna().all()
