"""benchmark: how fast the models of the first dataset and seed answer here; apart from what no machine may change."""

from pathlib import Path

from slim.config import load
from slim.modeling.splits import read_split
from slim.shipping.benchmark import TEACHER, measure, page
from slim.shipping.latency import machine
from slim.utils.grid import runs
from slim.utils.io import write_json, write_text
from stages import run


def benchmark() -> None:
    params = load()
    first, how = runs(**params.grid.model_dump())[0], params.benchmark
    texts = read_split(f"data/datasets/{first.split('/')[0]}", "test").inputs
    folders = {n: Path(f"models/{n}/{first}") for n in (TEACHER, *params.prune, *params.distill, *params.compress)}
    about = machine(how.threads) | {"run": first, "batch": how.batch_size}  # before it is busy
    runtime = params.runtime.model_dump() | {"seed": 0, "threads": how.threads}
    table = measure(folders, texts, runtime, rounds=how.rounds, batch=how.batch_size)
    write_text(table.to_csv(index=False, float_format="%.6g"), "reports/latency.csv")
    write_json(about, "reports/latency.json")
    write_text(page(table, about), "reports/latency.md")


if __name__ == "__main__":
    run(benchmark)
