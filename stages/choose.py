"""choose: accuracy against layers removed for every order, and which layers each entry of `prune` keeps."""

from slim.config import load
from slim.subsets.curves import curve, write_curves
from slim.subsets.depth_rules import choices
from slim.subsets.lattice import Lattice
from slim.utils.grid import runs
from slim.utils.io import read_json, write_jsons, written_aside
from stages import run


def choose() -> None:
    params = load()
    target, every = params.choose.target, runs(**params.grid.model_dump())
    lattices = {one: Lattice.load(f"data/lattice/{target}/{one}.npz") for one in every}
    orders = {name: read_json(f"data/orders/{name}.json")["runs"] for name in params.strategies}
    orders |= {name: read_json(f"data/fused/{name}.json")["runs"] for name in params.fusions}
    curves = {
        name: {one: curve(order[one]["paths"], lattice) for one, lattice in lattices.items()}
        for name, order in orders.items()
    }
    items = {one: len(lattice.labels["validation"]) for one, lattice in lattices.items()}
    write_jsons({name: choices(entry, curves, items) for name, entry in params.prune.items()}, "data/choices")
    with written_aside("data/curves") as folder:
        for name, rows in curves.items():
            write_curves(name, rows, folder / f"{name}.csv")


if __name__ == "__main__":
    run(choose)
