"""choose: accuracy against layers removed for every order, and which layers each entry of `prune` keeps."""

from functools import partial

from slim.config import load
from slim.subsets.curves import curve, write_curves
from slim.subsets.depth_rules import choices
from slim.subsets.lattice import masks_of
from slim.subsets.on_demand import lattice_with
from slim.utils.grid import runs
from slim.utils.io import read_json, write_jsons, written_aside
from stages import run


def choose() -> None:
    params = load()
    lattice_of = partial(lattice_with, target=params.choose.target, runtime=params.runtime.model_dump())
    orders = {name: read_json(f"data/orders/{name}.json")["runs"] for name in params.strategies}
    orders |= {name: read_json(f"data/fused/{name}.json")["runs"] for name in params.fusions}
    masks = {
        one: masks_of(path for order in orders.values() for path in order[one]["paths"])
        for one in runs(**params.grid.model_dump())
    }
    lattices = {one: lattice_of(one, reached) for one, reached in masks.items()}
    curves = {
        name: {one: curve(order[one]["paths"], lattice) for one, lattice in lattices.items()}
        for name, order in orders.items()
    }
    items = {one: len(lattice.labels["validation"]) for one, lattice in lattices.items()}
    write_jsons({name: choices(entry, curves, items) for name, entry in params.prune.items()}, "data/choices")
    with written_aside("data/curves") as folder:
        for name, rows in curves.items():
            write_curves(name, rows, folder / f"{name}.csv")
    with written_aside("data/paths") as folder:
        for one, lattice in lattices.items():
            lattice.only(masks[one]).save(folder / f"{one}.npz")


if __name__ == "__main__":
    run(choose)
