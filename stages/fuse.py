"""fuse FUSION: the signals, and what removals cost, become one removal order in every run."""

from functools import partial

from slim.config import load
from slim.ranking.fusion import run_fusion
from slim.ranking.fusion_input import read_fusion_inputs
from slim.subsets.on_demand import lattice_with
from slim.utils.io import write_json
from stages import run


def fuse(fusion: str) -> None:
    params = load()
    grid, strategies, options = params.grid, params.strategies, params.fusions[fusion]
    measured = partial(lattice_with, target=params.fuse.target, runtime=params.runtime.model_dump())
    cases = read_fusion_inputs("data/orders", measured, list(strategies), grid.datasets, grid.seeds)
    content, left_out = run_fusion(fusion, cases, options)
    for line in left_out:
        print(line, flush=True)
    write_json(content, f"data/fused/{fusion}.json")


if __name__ == "__main__":
    run(fuse)
