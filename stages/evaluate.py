"""evaluate [DATASET SEED]: every recipe on test, reloaded in this fresh process, for every dataset and seed.

With a dataset and a seed, only that run is measured, into the work cache.
"""

from slim.config import load
from slim.evaluation.runs import RunEvaluation, unknown_models
from slim.utils.grid import runs
from slim.utils.io import write_arrays, write_json, written_aside
from stages import run


def evaluate(*only: str) -> None:
    params = load()
    how = {"runtime": params.runtime.model_dump(), **params.evaluate.model_dump()}
    recipes = {"prune": params.prune, "distill": params.distill, "compress": params.compress}
    for folder in unknown_models("models", recipes):
        print(f"{folder} belongs to no recipe of params.yaml and is left out: remove it", flush=True)
    wanted = ["/".join(only)] if only else runs(**params.grid.model_dump())
    measured = {one: RunEvaluation(one, **how).measure_all(recipes, params.baselines) for one in wanted}
    if only:
        return
    with written_aside("data/metrics") as metrics, written_aside("data/predictions") as predictions:
        for one, (records, arrays) in measured.items():
            write_json(records, metrics / f"{one}.json")
            write_arrays(arrays, predictions / f"{one}.npz")


if __name__ == "__main__":
    run(evaluate)
