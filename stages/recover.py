"""recover DATASET SEED BUDGET: what retained sets predict after a short training, each trained once."""

from slim.config import load
from slim.modeling.classifier import Classifier
from slim.modeling.splits import read_split
from slim.modeling.transformer import layers
from slim.subsets.recovery import masks_to_train, recovered
from slim.training.trainer import Schedule
from slim.utils.work_cache import work_folder
from stages import run


def recover(dataset: str, seed: str, budget: str) -> None:
    params = load()
    wanted, how_long = params.recover, params.budgets[budget]
    data, folder = f"data/datasets/{dataset}", f"models/teacher/{dataset}/{seed}"
    teacher = Classifier.load(folder, seed=int(seed), **params.runtime.model_dump())
    item = {"dataset": dataset, "seed": seed, "budget": budget}
    which = [f"{section}.{key}" for section in ("recover", f"budgets.{budget}") for key in ("sizes", "sets", "seed")]
    sizes, sets = how_long.sizes or wanted.sizes, how_long.sets or wanted.sets
    found = recovered(
        teacher,
        read_split(data, "train"),
        {split: read_split(data, split) for split in ("validation", "test")},
        masks_to_train(len(layers(teacher.model)), sizes, sets, wanted.seed),
        Schedule(**wanted.schedule(how_long), seed=int(seed)),
        work=work_folder("recover", item, [data, folder], apart_from=which),
    )
    found.save(f"data/lattice/{budget}/{dataset}/{seed}.npz")


if __name__ == "__main__":
    run(recover)
