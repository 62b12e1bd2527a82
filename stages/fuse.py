"""fuse FUSION: the twelve signals of every run's teacher become one removal order."""

from slim.family import find
from slim.files import write_json
from slim.lattice import Lattice
from slim.orders import read_signals
from slim.params import load
from slim.runs import runs
from stages import run


def fuse(fusion: str) -> None:
    params = load()
    combine, options = find("fusions", fusion), params.fusions[fusion]
    fused = {}
    for r in runs(**params.grid.model_dump()):
        names, signals = read_signals("data/orders", list(params.strategies), r)
        fused[r] = combine(signals, names, Lattice.load(f"data/lattice/{r}.npz"), **options)
    paths = {r: {"scores": [found.scores], "paths": [found.path]} for r, found in fused.items()}
    fits = {r: found.fit for r, found in fused.items()}
    write_json({"strategy": fusion, "runs": paths, "fit": fits}, f"data/fused/{fusion}.json")


if __name__ == "__main__":
    run(fuse)
