"""fuse DATASET FUSION: the twelve signals of every seed's teacher become one removal order."""

from slim.family import find
from slim.files import write_json
from slim.lattice import Lattice
from slim.orders import read_signals
from slim.params import load
from stages import run


def fuse(dataset: str, fusion: str) -> None:
    params = load()
    combine, options = find("fusions", fusion), params.fusions[fusion]
    fused = {}
    for seed in map(str, params.grid.seeds):
        names, signals = read_signals(f"data/orders/{dataset}", list(params.strategies), seed)
        fused[seed] = combine(signals, names, Lattice.load(f"data/lattice/{dataset}/{seed}.npz"), **options)
    write_json(
        {
            "strategy": fusion,
            "seeds": {seed: {"scores": [f.scores], "paths": [f.path]} for seed, f in fused.items()},
            "fit": {seed: f.fit for seed, f in fused.items()},
        },
        f"data/fused/{dataset}/{fusion}.json",
    )


if __name__ == "__main__":
    run(fuse)
