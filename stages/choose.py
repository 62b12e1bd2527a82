"""choose: accuracy against layers removed for every order, and which layers each entry of `prune` keeps."""

from slim.config import load
from slim.subsets.curves import choose_layers, curve, write_curves
from slim.subsets.lattice import Lattice
from slim.utils.grid import runs
from slim.utils.io import read_json, write_jsons, written_aside
from stages import run


def choose() -> None:
    params = load()
    lattices = {
        r: Lattice.load(f"data/lattice/{params.choose.target}/{r}.npz") for r in runs(**params.grid.model_dump())
    }
    orders = {name: read_json(f"data/orders/{name}.json")["runs"] for name in params.strategies}
    orders |= {name: read_json(f"data/fused/{name}.json")["runs"] for name in params.fusions}
    curves = {
        name: {r: curve(found[r]["paths"], lattice) for r, lattice in lattices.items()}
        for name, found in orders.items()
    }
    with written_aside("data/curves") as folder:
        for name, rows in curves.items():
            write_curves(name, rows, folder / f"{name}.csv")
    choices = {
        name: {
            r: {"order": entry["order"], "keep": entry["keep"]}
            | choose_layers(curves[entry["order"]][r], entry["keep"], len(lattice.labels["validation"]))
            for r, lattice in lattices.items()
        }
        for name, entry in params.prune.items()
    }
    write_jsons(choices, "data/choices")


if __name__ == "__main__":
    run(choose)
