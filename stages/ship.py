"""ship: the model to hand over, of every dataset the best seed on validation, each with its card."""

import shutil
from pathlib import Path

from slim.config import load
from slim.modeling.manifest import read_manifest
from slim.shipping.model_card import model_card, read_tables
from slim.shipping.pick import candidates
from slim.utils.io import read_json, write_text, written_aside
from stages import run


def ship() -> None:
    params = load()
    recipe, tables, base = params.ship.recipe, read_tables(), read_json("models/base/card.json")
    with written_aside("shipped") as aside:
        for dataset in params.grid.datasets:
            seed = candidates(tables["results"], dataset).set_index("recipe")["seed"][recipe]
            folder, data = Path(f"models/{recipe}/{dataset}/{seed}"), read_json(f"data/datasets/{dataset}/card.json")
            shutil.copytree(folder, aside / dataset)
            card = model_card(recipe, dataset, seed, tables, read_manifest(folder), data, base)
            write_text(card, aside / dataset / "README.md")


if __name__ == "__main__":
    run(ship)
