"""remeasure DATASET SEED: the signals, measured again on the model that each removal leaves."""

from functools import partial

from slim.config import load
from slim.modeling.classifier import Classifier
from slim.modeling.splits import read_split
from slim.ranking.iterative import IterativeScores, observer, scores_along_paths
from slim.ranking.layer_statistics import LayerStatistics
from slim.subsets.on_demand import lattice_with
from slim.utils.io import write_json
from slim.utils.work_cache import work_folder
from stages import run


def remeasure(dataset: str, seed: str) -> None:
    params = load()
    data, folder = f"data/datasets/{dataset}", f"models/teacher/{dataset}/{seed}"
    item, runtime = {"dataset": dataset, "seed": seed}, params.runtime.model_dump()
    teacher = Classifier.load(folder, seed=int(seed), **runtime)
    intact = LayerStatistics.load(f"data/signals/one_shot/{dataset}/{seed}.npz")
    statistics_of = observer(
        teacher,
        read_split(data, "train").head(params.extract_signals.texts),
        intact,
        batch_size=params.extract_signals.batch_size,
        work=work_folder("remeasure", item, [data, folder], apart_from=["strategies", "fuse", "fusions"]),
    )
    measured = partial(lattice_with, f"{dataset}/{seed}", target=params.fuse.target, runtime=runtime)
    scores = IterativeScores(statistics_of, params.strategies)
    table = scores_along_paths(scores, intact.layers, measured, params.fusions)
    write_json(table, f"data/signals/iterative/{dataset}/{seed}.json")


if __name__ == "__main__":
    run(remeasure)
