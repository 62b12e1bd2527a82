"""recover DATASET SEED BUDGET: what retained sets predict after a short training, each trained once."""

from slim.config import load
from slim.modeling.classifier import Classifier
from slim.modeling.splits import read_split
from slim.modeling.transformer import layers
from slim.subsets.recovery import masks_to_train, recovered
from slim.training.trainer import Schedule
from slim.utils.work_cache import checkpoint_folder
from stages import run


def recover(dataset: str, seed: str, budget: str) -> None:
    params = load()
    wanted, how_long = params.recover, params.budgets[budget]
    data, folder = f"data/datasets/{dataset}", f"models/teacher/{dataset}/{seed}"
    teacher = Classifier.load(folder, seed=int(seed), **params.runtime.model_dump())
    train, validation, test = (read_split(data, split) for split in ("train", "validation", "test"))
    found = recovered(
        teacher,
        train,
        {"validation": validation, "test": test},
        masks_to_train(
            len(layers(teacher.model)), how_long.sizes or wanted.sizes, how_long.sets or wanted.sets, wanted.seed
        ),
        Schedule(**wanted.schedule(how_long), seed=int(seed)),
        checkpoint_folder(
            ["recovered", wanted.schedule(how_long), params.runtime.model_dump(), int(seed)],
            [*(f"{data}/{split}.parquet" for split in ("train", "validation", "test")), f"{folder}/model.safetensors"],
            ["slim.subsets.recovery"],
        ),
    )
    found.save(f"data/lattice/{budget}/{dataset}/{seed}.npz")


if __name__ == "__main__":
    run(recover)
