"""What a fusion is for: its regret beside greedy's at as many measured subsets, strategies at half of the layers, and
what is left of both after a short training.

After `make benchmark`: `python -m benchmarks.fusion runs/benchmark > results/fusion.md`.
"""

import contextlib
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from slim.config import Params, load
from slim.ranking.rankings import rankings
from slim.ranking.signals import BASELINES
from slim.report.numbers import interval, number, percent, points, words
from slim.report.tables.recovery import NONE, Run, recovered, recovered_regret, recovery_correlations
from slim.subsets.lattice import Lattice, best_first
from slim.utils.grid import runs

KINDS = {
    "other_datasets": "the other datasets",
    "leave_one_out": "each layer left out once",
    "trajectories": "the paths of the signals",
    "lattice": "every subset",
}
"""What a fusion learns from, by how many subsets have to be measured on the dataset at hand."""


def markdown(rows: Iterable[Sequence[str]]) -> str:
    """A table: the first row names the columns."""
    head, *body = [list(row) for row in rows]
    rule = [":--", *["--:"] * (len(head) - 1)]
    return "\n".join(f"| {' | '.join(row)} |" for row in [head, rule, *body])


def regrets(search: pd.DataFrame) -> str:
    """A row a kind of removals and a fusion: means over datasets, seeds and sizes."""
    rows = [["learned from", "subsets measured", "fusion", "regret", "greedy's at as many", "better, worse of runs"]]
    for kind, name in KINDS.items():
        for method, of in search[search["rows"] == kind].groupby("method"):
            change = (of["test_regret"] - of["greedy_test_regret"]).round(9)
            rows.append([
                name, number(of["evaluations"].mean(), ".0f"), words(method), percent(of["test_regret"].mean()),
                percent(of["greedy_test_regret"].mean()), f"{(change < 0).sum()}, {(change > 0).sum()} of {len(of)}",
            ])  # fmt: skip
    return markdown(rows)


def at_half(compared: pd.DataFrame) -> str:
    """A row a strategy, pooled over datasets, against greedy at half of the layers."""
    of = compared[(compared["dataset"] == "all") & (compared["reference"] == "greedy") & (compared["rule"] == "half")]
    rows = [["strategy", "minus greedy", "interval", "verdict", "stable"]]
    for row in of.sort_values("difference", ascending=False).to_dict("records"):
        ends = interval(row["low"], row["high"], points)
        rows.append([words(row["strategy"]), points(row["difference"]), ends, row["verdict"], str(row["stable"])])
    return markdown(rows)


def read_recovered(params: Params, budget: str) -> list[Run]:
    """The runs whose sets of layers were trained for a budget."""
    done = [
        run
        for run in runs(params.grid.datasets, params.grid.seeds)
        if Path(f"data/lattice/{budget}/{run}.npz").is_file()
    ]
    ranked = {
        name: rankings(name, options, "one_shot", done, "data/signals/one_shot")["runs"]
        for name, options in params.strategies.items()
    }
    return [
        Run(
            run.split("/")[0],
            int(run.split("/")[1]),
            Lattice.load(f"data/lattice/raw/{run}.npz"),
            {budget: Lattice.load(f"data/lattice/{budget}/{run}.npz")},
            # Nothing was measured again after a removal.
            {name: of[run] | ({} if name in BASELINES else {"remeasured": {}}) for name, of in ranked.items()},
        )
        for run in done
    ]


def spreads(runs: Sequence[Run], budget: str) -> str:
    """A row a size: how far apart the test accuracies of the sets of that size lie, and how much of that is known."""
    table, rho = recovered(runs), recovery_correlations(runs)
    rows = [
        ["layers", "budget", "sets", "best", "mean", "worst", "best minus mean", "rho of raw", "rho of validation"]
    ]
    for size in sorted(table["layers"].unique()):
        for name in (NONE, budget):
            of = table[(table["layers"] == size) & (table["budget"] == name)].groupby(["dataset", "seed"])
            accuracy, known = of["test_accuracy"], rho[(rho["layers"] == size) & (rho["budget"] == name)]
            best, mean, worst = accuracy.max().mean(), accuracy.mean().mean(), accuracy.min().mean()
            by = {key: known.loc[known["predictor"] == key, "rho"].mean() for key in PREDICTORS}
            rows.append([
                str(size), words(name), number(accuracy.size().mean(), ".0f"), percent(best), percent(mean),
                percent(worst), percent(best - mean), *(number(by[key], ".2f") for key in PREDICTORS),
            ])  # fmt: skip
    return markdown(rows)


PREDICTORS = ("raw_accuracy", "recovered_validation")
"""Validation accuracy before training, and after it: Spearman's correlation of both with test accuracy."""


def regret_of_validations_best(lattice: Lattice, size: int) -> float:
    """Test regret (fraction) of the set of a size that is best on validation after the same training."""
    masks = lattice.of_size(size)
    chosen = best_first(lattice, masks, "validation")[0]
    return max(lattice.accuracy(mask, "test") for mask in masks) - lattice.accuracy(chosen, "test")


def regrets_after(runs: Sequence[Run], params: Params, budget: str) -> str:
    """A row a strategy: test regret by size, before and after training, means over runs; the best after it first."""
    table = recovered_regret(runs, params.fusions)
    table = table[
        (table["schedule"] == "one_shot") & table["layers"].isin(table.loc[table["budget"] == budget, "layers"])
    ]
    mean = table.pivot_table(index="strategy", columns=["layers", "budget"], values="test_regret")
    columns = [(size, name) for size in sorted(table["layers"].unique()) for name in (NONE, budget)]
    mean = mean.sort_values(columns[-1])
    rows = [["strategy", *(f"{size} layers, {words(name)}" for size, name in columns)]]
    best = [np.mean([regret_of_validations_best(run.budgets[name], size) for run in runs]) for size, name in columns]
    rows += [["the best on validation after that budget", *map(percent, best)]]
    rows += [[words(name), *(percent(row[column]) for column in columns)] for name, row in mean.iterrows()]
    return markdown(rows)


def after_training(params: Params) -> Iterable[str]:
    """The paragraphs of a budget that trained sets of layers."""
    for budget, how in params.budgets.items():
        if found := read_recovered(params, budget):
            where = ", ".join(f"{run.dataset} {run.seed}" for run in found)
            length = f"{how.epochs:g} epochs" if how.epochs else f"{how.steps} steps"
            yield f"## After {length} of training\n"
            yield f"Sets of layers, each trained on the true labels: {where}. Test accuracy in %, means over runs.\n"
            yield spreads(found, budget) + "\n"
            yield "Test regret in points: below the best set of that size. Strategies see what was measured before.\n"
            yield regrets_after(found, params, budget) + "\n"


def main(folder: str) -> None:
    """Print the page."""
    search, compared = (
        pd.read_csv(Path(folder, "reports", f"{name}.csv")) for name in ("search", "strategy_comparisons")
    )
    found = search[["dataset", "seed"]].drop_duplicates()
    where = f"{', '.join(sorted(found['dataset'].unique()))}; {found['seed'].nunique()} seeds"
    print(f"# What a fusion of signals is for\n\n{where}.\n\n## Equal evaluations, without training\n")
    print(
        "Test regret in points: below the best subset of each size, mean over sizes, seeds and datasets. "
        "Greedy that has measured nothing takes the layers as they come.\n"
    )
    print(f"{regrets(search)}\n\n## Half of the layers, without training\n")
    print("Points of test accuracy, intervals over seeds and test items; verdicts after Holm's correction.\n")
    print(at_half(compared) + "\n")
    with contextlib.chdir(folder):
        print("\n".join(after_training(load())).rstrip())


if __name__ == "__main__":
    main(*sys.argv[1:])
