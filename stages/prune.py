"""prune STRATEGY FOLDER: accuracy against layers removed, and how many to remove.

FOLDER is where the strategy's order lies: orders (from rank) or fused (from fuse).
"""

from slim.config import load
from slim.subsets.choices import recipes, write
from slim.subsets.curves import curve
from slim.subsets.lattice import Lattice
from slim.utils.grid import runs
from slim.utils.io import read_json
from stages import run


def prune(strategy: str, folder: str) -> None:
    params = load()
    wanted = params.prune
    ranked = read_json(f"data/{folder}/{strategy}.json")["runs"]
    lattices = {r: Lattice.load(f"data/lattice/{wanted.target}/{r}.npz") for r in runs(**params.grid.model_dump())}
    curves = {r: curve(ranked[r]["paths"], lattice) for r, lattice in lattices.items()}
    write(strategy, curves, recipes(wanted.rules(), curves, lattices), f"data/prune/{strategy}")


if __name__ == "__main__":
    run(prune)
