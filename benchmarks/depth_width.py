"""Whole layers or narrower ones: which is faster for one text, and which is more accurate at equal time?

After `make widths`, from the root of the repository: `python -m benchmarks.depth_width runs/widths movie_reviews 0 >
results/widths/depth_width.md`: the models of one dataset and seed, in PyTorch and in ONNX Runtime (float32).
"""

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from benchmarks.fusion import markdown
from benchmarks.sweeps import KEPT
from slim.compression.onnx.export import export
from slim.modeling.formats import load_model
from slim.modeling.splits import read_split
from slim.report.numbers import megabytes, percent
from slim.shipping.latency import answering, machine, short_and_long, summary
from slim.utils.timing import interleaved

THREADS, ROUNDS, BATCH = 1, 200, 32
RUNTIME = {"seed": 0, "threads": THREADS, "precision": "fp32", "batch_size": BATCH}
DEPTH, WIDTHS = "layers_{}_tuned", ("fisher_{}_tuned", "heads_{}_tuned")
"""Whole layers; and dimensions of heads with neurons, or whole heads with neurons."""
TEACHER = "teacher"


def names() -> list[str]:
    """The recipes that are timed."""
    return [TEACHER, *(each.format(size) for each in (DEPTH, *WIDTHS) for size in KEPT)]


def timed(models: Mapping[str, Any], texts: list[str]) -> dict[str, dict[str, float]]:
    """Recipe -> p50 and p90 of the seconds of a short text, p50 of a long one, and texts a second in a batch."""
    cases = {case: [text] for case, text in short_and_long(texts).items()} | {"batch": texts[:BATCH]}
    rows: dict[str, dict[str, float]] = {name: {} for name in models}
    for case, some in cases.items():
        calls = {name: answering(model, some) for name, model in models.items()}
        for name, seconds in interleaved(calls, ROUNDS // 10 if case == "batch" else ROUNDS).items():
            rows[name] |= {f"{case}_{key}": value for key, value in summary(seconds).items()}
    return rows


def faster_and_better(rows: pd.DataFrame) -> dict[str, str]:
    """Narrow recipe -> the most accurate one with fewer layers that is no slower for a short text, or none."""
    known = rows.set_index("recipe")
    deep = known.loc[[DEPTH.format(size) for size in KEPT]]
    found = {}
    for name in (each.format(size) for each in WIDTHS for size in KEPT):
        no_slower = deep[deep["short_p50"] <= known.loc[name, "short_p50"]]
        found[name] = "none" if no_slower.empty else str(no_slower["accuracy"].idxmax())
    return found


def page(tables: Mapping[str, pd.DataFrame], about: Mapping[str, Any], dataset: str) -> str:
    """Markdown: a table for each runtime, the teacher first, and how many narrow models a shallow one beats."""
    lines = [
        "# Fewer layers or narrower ones", "",
        f"Written by `python -m benchmarks.depth_width`, {dataset}, {about['threads']} thread, all models in turn, "
        f"{ROUNDS} rounds; {about['processor']} ({', '.join(about['instructions'])}). Accuracies (%) are means over "
        "the run's seeds.", "",
    ]  # fmt: skip
    head = ["recipe", "MB", "accuracy", "short p50, ms", "p90", "long p50, ms", "texts/s", "no slower, fewer layers"]
    for runtime, rows in tables.items():
        instead, known = faster_and_better(rows), rows.set_index("recipe")
        beaten = [
            name
            for name, other in instead.items()
            if other != "none" and known.loc[other, "accuracy"] >= known.loc[name, "accuracy"]
        ]
        table = [head]
        for row in rows.to_dict("records"):
            times = [f"{1e3 * row[key]:.2f}" for key in ("short_p50", "short_p90", "long_p50")]
            other = instead.get(row["recipe"], "")
            shown = f"{other} {percent(known.loc[other, 'accuracy'])}" if other in known.index else other
            rate = f"{BATCH / row['batch_p50']:.0f}"
            table.append([row["recipe"], megabytes(row["bytes"]), percent(row["accuracy"]), *times, rate, shown])
        lines += [
            f"## {runtime}", "",
            f"Of {len(instead)} narrow models, {len(beaten)} have one with fewer layers that is no slower for a short "
            "text and at least as accurate.", "",
            markdown(table), "",
        ]  # fmt: skip
    return "\n".join(lines)


def main(run: str, dataset: str, seed: str) -> None:
    """Print the page."""
    texts = list(read_split(Path(run, "data/datasets", dataset), "test").inputs)
    models: dict[str, Any] = {name: load_model(Path(run, "models", name, dataset, seed), RUNTIME) for name in names()}
    recipes = pd.read_csv(Path(run, "reports/recipes.csv"))
    known = recipes[(recipes["dataset"] == dataset) & recipes["recipe"].isin(names())].set_index("recipe")
    exported = {name: export(model, texts) for name, model in models.items()}
    tables = {}
    for runtime, some in (("PyTorch", models), ("ONNX Runtime", exported)):
        times = pd.DataFrame.from_dict(timed(some, texts), orient="index")
        tables[runtime] = known.loc[names(), ["bytes", "accuracy"]].join(times).rename_axis("recipe").reset_index()
    print(page(tables, machine(THREADS), dataset))


if __name__ == "__main__":
    main(*sys.argv[1:])
