"""prune RECIPE [DATASET SEED]: a model without the layers that its order removes first, for every dataset and seed.

With a dataset and a seed, only that model is computed, into the work cache.
"""

from slim.compression.recipe import Recipe, build_all
from slim.config import load, recipe
from slim.utils.grid import runs
from stages import run


def prune(name: str, *only: str) -> None:
    params = load()
    wanted = Recipe(**recipe("prune", name, params.prune))
    build_all(wanted, runs(**params.grid.model_dump()), only, params.runtime.model_dump())


if __name__ == "__main__":
    run(prune)
