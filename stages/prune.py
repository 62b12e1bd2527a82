"""prune DATASET STRATEGY FOLDER: accuracy against layers removed, and how many to remove.

FOLDER is where the strategy's order lies: orders (from rank) or fused (from fuse).
"""

from slim.files import read_json
from slim.lattice import Lattice
from slim.params import load
from slim.pruning import curve
from slim.recipes import recipes, write
from stages import run


def prune(dataset: str, strategy: str, folder: str) -> None:
    params = load()
    ranked = read_json(f"data/{folder}/{dataset}/{strategy}.json")["seeds"]
    curves, lattices = {}, {}
    for seed in map(str, params.grid.seeds):
        lattices[seed] = Lattice.load(f"data/lattice/{dataset}/{seed}.npz")
        curves[seed] = curve(ranked[seed]["paths"], lattices[seed])
    rules = params.prune.model_dump()
    write(dataset, strategy, curves, recipes(rules, curves, lattices), f"data/prune/{dataset}/{strategy}")


if __name__ == "__main__":
    run(prune)
