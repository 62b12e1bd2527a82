"""remeasure DATASET SEED: the signals, measured again on the model that each removal leaves."""

from slim.config import load
from slim.modeling.classifier import Classifier
from slim.modeling.splits import read_split
from slim.ranking.iterative import IterativeScores, observer, scores_along_paths
from slim.ranking.layer_statistics import LayerStatistics
from slim.subsets.lattice import Lattice
from slim.utils.io import write_json
from slim.utils.work_cache import work_folder
from stages import run


def remeasure(dataset: str, seed: str) -> None:
    params = load()
    data, folder = f"data/datasets/{dataset}", f"models/teacher/{dataset}/{seed}"
    teacher = Classifier.load(folder, seed=int(seed), **params.runtime.model_dump())
    item = {"dataset": dataset, "seed": seed}
    statistics_of = observer(
        teacher,
        read_split(data, "train").head(params.extract_signals.texts),
        LayerStatistics.load(f"data/signals/one_shot/{dataset}/{seed}.npz"),
        batch_size=params.extract_signals.batch_size,
        work=work_folder("remeasure", item, [data, folder], apart_from=["strategies", "fuse", "fusions"]),
    )
    lattice = Lattice.load(f"data/lattice/{params.fuse.target}/{dataset}/{seed}.npz")
    table = scores_along_paths(IterativeScores(statistics_of, params.strategies), lattice, params.fusions)
    write_json(table, f"data/signals/iterative/{dataset}/{seed}.json")


if __name__ == "__main__":
    run(remeasure)
