"""benchmark: how fast the models of the first dataset and seed answer here; apart from what no machine may change."""

from pathlib import Path

import matplotlib
import pandas as pd

from slim.config import load
from slim.evaluation.runs import fitted
from slim.modeling.splits import read_split
from slim.report.figures.size_accuracy import TIME, size_accuracy
from slim.report.figures.style import STYLE, write_png
from slim.shipping.benchmark import TEACHER, measure, page, with_times
from slim.shipping.latency import machine
from slim.utils.grid import runs
from slim.utils.io import write_json, write_text
from stages import run


def benchmark() -> None:
    params = load()
    first, how = runs(**params.grid.model_dump())[0], params.benchmark
    (dataset, seed), data = first.split("/"), Path("data/datasets", first.split("/")[0])
    folders = {n: Path(f"models/{n}/{first}") for n in (TEACHER, *params.prune, *params.distill, *params.compress)}
    about = machine(how.threads) | {"run": first, "batch": how.batch_size}  # before it is busy
    runtime = params.runtime.model_dump() | {"seed": 0, "threads": how.threads}
    baselines = {name: fitted(entry, data, int(seed), how.threads) for name, entry in params.baselines.items()}
    texts, options = read_split(data, "test").inputs, {"rounds": how.rounds, "batch": how.batch_size}
    table = measure(folders, texts, runtime, baselines=baselines, **options)
    times = with_times(pd.read_csv("reports/recipes.csv"), table, dataset)
    write_text(table.to_csv(index=False, float_format="%.6g"), "reports/latency.csv")
    write_json(about, "reports/latency.json")
    write_text(page(table, about), "reports/latency.md")
    with matplotlib.rc_context(STYLE):
        write_png(size_accuracy(times, TIME), "reports/latency.png")


if __name__ == "__main__":
    run(benchmark)
