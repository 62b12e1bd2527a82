"""distill RECIPE [DATASET SEED]: a model trained with its teacher or, as a control, alone, for every dataset and seed.

With a dataset and a seed, only that model is computed, into the work cache.
"""

from slim.compression.recipe import Recipe, build_all
from slim.config import load, recipe
from slim.utils.grid import runs
from stages import run


def distill(name: str, *only: str) -> None:
    params = load()
    wanted = Recipe(**recipe("distill", name, params.distill, params.distillation))
    build_all(wanted, runs(**params.grid.model_dump()), only, params.runtime.model_dump(), params.launcher)


if __name__ == "__main__":
    run(distill)
