"""Compressors beside their plain controls at several sizes: accuracy against size, before and after the same training.

After `make repro PROFILE=compressors WORKERS=2`, from the root of the repository:
`python -m benchmarks.sweeps runs/compressors results/compressors`. `make sweep PROFILE=compressors` does both.
"""

import sys
from pathlib import Path
from typing import NamedTuple

import matplotlib
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from benchmarks.fusion import markdown
from slim.report.figures.style import INK, STYLE, panels, write_png
from slim.report.numbers import interval, megabytes, percent, points
from slim.report.tables.comparisons import ALL
from slim.utils.io import write_text


class Sweep(NamedTuple):
    """One method at several sizes."""

    before: str
    """What its recipe is called before training, `{}` for the size."""
    after: str
    """And at the end, whose bytes count."""
    sizes: tuple[int, ...]

    def names(self, of: str) -> list[str]:
        return [of.format(size) for size in self.sizes]


OF_WEIGHTS = {
    "cur": {
        "columns and rows (cur)": Sweep("cur_{}", "cur_{}_fused", (48, 96, 144)),
        "singular vectors (svd)": Sweep("svd_{}", "svd_{}_tuned", (48, 96, 144)),
    },
    "merge_ffn": {
        "neurons aligned": Sweep("merge_{}", "merge_{}_tuned", (2, 3, 4)),
        "plain mean": Sweep("mean_{}", "mean_{}_tuned", (2, 3, 4)),
        "random order": Sweep("random_{}", "random_{}_tuned", (3,)),
        "a copy of one": Sweep("anchor_{}", "anchor_{}_tuned", (3,)),
    },
    "share_channels": {
        "shared channels": Sweep("share_{}", "share_{}_half", (2, 3, 4)),
        "rounding": Sweep("round_{}", "round_{}_half", (2, 3, 4)),
        "singular vectors": Sweep("narrow_{}", "narrow_{}_half", (2, 3, 4)),
    },
}
KEPT = (30, 50, 70)
"""Percent of what is pruned that stays."""
OF_WIDTHS = {
    "solution_path": {
        "solution path": Sweep("path_{}", "path_{}_tuned", KEPT),
        "random": Sweep("random_{}", "random_{}_tuned", KEPT),
        "Fisher": Sweep("fisher_{}", "fisher_{}_tuned", KEPT),
        "magnitude": Sweep("magnitude_{}", "magnitude_{}_tuned", KEPT),
    },
    "heads and neurons": {
        "Taylor": Sweep("heads_{}", "heads_{}_tuned", KEPT),
        "random": Sweep("heads_random_{}", "heads_random_{}_tuned", KEPT),
    },
    "supernet": {
        "search by TPE": Sweep("elastic_{}", "elastic_{}_tuned", KEPT),
        "random search": Sweep("elastic_random_{}", "elastic_random_{}_tuned", KEPT),
    },
    "sparsify": {
        "Wanda": Sweep("wanda_{}", "wanda_{}_tuned", KEPT),
        "magnitude": Sweep("weights_{}", "weights_{}_tuned", KEPT),
    },
    "depth against width": {
        "whole layers": Sweep("layers_{}", "layers_{}_tuned", KEPT),
        "widths (Fisher)": Sweep("fisher_{}", "fisher_{}_tuned", KEPT),
    },
}
SWEEPS = {"compressors": OF_WEIGHTS, "widths": OF_WIDTHS, "widths_digits": OF_WIDTHS}
"""Profile -> compressor -> what is drawn beside it, itself first, its control second."""
COLOURS = ("#0072B2", "#C84B00", "#8A7A00", "#B8578F")
NOTE = (
    "Test accuracy (%) against size on disk as a share of the teacher's, means over datasets and seeds. Dashed: "
    "before training; solid: after the same short training. Horizontal line: the teacher."
)


def sweeps(profile: str, recipes: pd.DataFrame) -> Figure:
    """The table `recipes` of a run of a profile: a panel a compressor."""
    known = recipes[recipes["dataset"] == ALL].set_index("recipe")
    figure, grid = panels(list(SWEEPS[profile]), (4.4, 3.4), note=NOTE, columns=3)
    for axes, lines in zip(grid, SWEEPS[profile].values(), strict=True):
        _panel(axes, known, lines)
    return figure


def _panel(axes: Axes, known: pd.DataFrame, lines: dict[str, Sweep]) -> None:
    teacher = known.loc["teacher"].to_dict()
    axes.axhline(100 * teacher["accuracy"], color=INK, linewidth=0.8)
    for colour, (label, sweep) in zip(COLOURS, lines.items(), strict=False):
        share = known.loc[sweep.names(sweep.after), "bytes"] / teacher["bytes"]
        for of, dashes, name in ((sweep.before, "--", None), (sweep.after, "-", label)):
            heights = 100 * known.loc[sweep.names(of), "accuracy"]
            axes.plot(100 * share, heights, "o", linestyle=dashes, color=colour, label=name, markersize=4)
    axes.set(xlabel="size (% of the teacher's)", ylabel="test accuracy (%)")
    axes.legend(frameon=False, fontsize=8)


def page(profile: str, recipes: pd.DataFrame, comparisons: pd.DataFrame) -> str:
    """What each compressor is worth beside its control, in a sentence and a table of all sizes."""
    known = recipes[recipes["dataset"] == ALL].set_index("recipe")
    pooled = comparisons[(comparisons["dataset"] == ALL) & (comparisons["against"] == "control")].set_index("recipe")
    rows = [["recipe", "MB", "before", "after", "control", "minus control", "verdict", "stable"]]
    sentences = []
    for compressor, lines in SWEEPS[profile].items():
        for place, sweep in enumerate(lines.values()):
            for before, after in zip(sweep.names(sweep.before), sweep.names(sweep.after), strict=True):
                against = _against(pooled, after)
                accuracies = [percent(known.loc[name, "accuracy"]) for name in (before, after)]
                rows.append([after, megabytes(known.loc[after, "bytes"]), *accuracies, *against])
            if place == 0:
                sentences.append(f"- {_said(compressor, pooled, sweep)}")
    seeds = int(known["seeds"].min())
    return "\n".join([
        f"# The profile {profile}: several sizes of each compressor", "",
        f"Written by `make sweep PROFILE={profile}`: {recipes['dataset'].nunique() - 1} datasets, {seeds} seeds; "
        "accuracies in % and differences in points are means over datasets, intervals over seeds and test items. The "
        "verdicts are corrected for all recipes of the run.", "",
        *sentences, "", "![Accuracy against size](sweeps.png)", "", markdown(rows), "",
    ])  # fmt: skip


def _against(pooled: pd.DataFrame, recipe: str) -> list[str]:
    """The control of a recipe, the difference to it, the verdict and whether that is stable."""
    if recipe not in pooled.index:
        return [""] * 4
    row = pooled.loc[recipe]
    gap = f"{points(row['difference'])} {interval(row['low'], row['high'], points)}"
    return [str(row["reference"]), gap, *("" if pd.isna(row[key]) else str(row[key]) for key in ("verdict", "stable"))]


def _said(compressor: str, pooled: pd.DataFrame, sweep: Sweep) -> str:
    """At how many sizes a compressor is better or worse than its control."""
    verdicts = pooled.loc[sweep.names(sweep.after), "verdict"].fillna("a reading").tolist()
    counts = ", ".join(f"{verdict} at {verdicts.count(verdict)}" for verdict in dict.fromkeys(verdicts))
    return f"{compressor} against its control, of {len(verdicts)} sizes: {counts}."


def main(run: str, results: str) -> None:
    """Write sweeps.md and sweeps.png."""
    profile = Path(run).name
    recipes, comparisons = (pd.read_csv(Path(run, "reports", f"{name}.csv")) for name in ("recipes", "comparisons"))
    with matplotlib.rc_context(STYLE):
        write_png(sweeps(profile, recipes), Path(results, "sweeps.png"))
    write_text(page(profile, recipes, comparisons), Path(results, "sweeps.md"))


if __name__ == "__main__":
    main(*sys.argv[1:])
