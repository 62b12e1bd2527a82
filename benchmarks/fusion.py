"""What a fusion is for: its regret beside greedy's at as many measured subsets, and strategies at half of the layers.

From the committed tables of `make benchmark`: `python -m benchmarks.fusion > results/fusion.md`.
"""

from collections.abc import Iterable, Sequence
from pathlib import Path

import pandas as pd

from slim.report.numbers import interval, number, percent, points, words

TABLES = Path("results/benchmark/reports")
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


def main() -> None:
    """Print the page."""
    search, compared = (pd.read_csv(TABLES / f"{name}.csv") for name in ("search", "strategy_comparisons"))
    runs = search[["dataset", "seed"]].drop_duplicates()
    where = f"{', '.join(sorted(runs['dataset'].unique()))}; {runs['seed'].nunique()} seeds"
    print(f"# What a fusion of signals is for\n\n{where}; without recovery after removal.\n\n## Equal evaluations\n")
    print(
        "Test regret in points: below the best subset of each size, mean over sizes, seeds and datasets. "
        "Greedy that has measured nothing takes the layers as they come.\n"
    )
    print(f"{regrets(search)}\n\n## Half of the layers\n")
    print("Points of test accuracy, intervals over seeds and test items; verdicts after Holm's correction.\n")
    print(at_half(compared))


if __name__ == "__main__":
    main()
