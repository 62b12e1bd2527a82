"""fuse FUSION: the signals, and what removals cost, become one removal order in every run."""

from slim.config import load
from slim.ranking.cases import read_cases
from slim.ranking.fusions._fused import fused
from slim.utils.io import write_json
from stages import run


def fuse(fusion: str) -> None:
    params = load()
    grid, strategies, options = params.grid, params.strategies, params.fusions[fusion]
    lattices = f"data/lattice/{params.fuse.target}"
    cases = read_cases("data/orders", lattices, list(strategies), grid.datasets, grid.seeds)
    content, left_out = fused(fusion, cases, options)
    for line in left_out:
        print(line, flush=True)
    write_json(content, f"data/fused/{fusion}.json")


if __name__ == "__main__":
    run(fuse)
