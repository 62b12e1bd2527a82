"""distill DATASET SEED STUDENT TARGET: a pruned model recovers, from its teacher or (the control) from labels alone.

TARGET is distilled or hard_labels; both see the same texts, in the same order, for as many steps.
"""

from slim.classifier import Classifier
from slim.files import read_arrays, read_json
from slim.losses.distillation import Distillation
from slim.params import load
from slim.texts import read_split
from slim.training import Schedule
from stages import run


def distill(dataset: str, seed: str, student: str, target: str) -> None:
    params = load()
    wanted = params.distill
    data, pruned = f"data/datasets/{dataset}", f"models/pruned/{dataset}/{seed}/{student}"
    learner = Classifier.load(pruned, seed=int(seed), **params.runtime.model_dump())
    training, validation = read_split(data, "train"), read_split(data, "validation")
    epochs = learner.train(
        training,
        validation,
        Schedule(**wanted.schedule(), seed=int(seed)),
        files=[f"{data}/train.parquet", f"{data}/validation.parquet", f"{pruned}/model.safetensors"],
        objective=Distillation(wanted.temperature, alpha={"distilled": wanted.alpha, "hard_labels": 0.0}[target]),
        teacher=read_arrays(f"data/logits/{dataset}/{seed}.npz")["train"],
    )
    recipe = read_json(f"{pruned}/recipe.json")
    learner.save(f"models/{target}/{dataset}/{seed}/{student}", validation.texts, epochs=epochs, recipe=recipe)


if __name__ == "__main__":
    run(distill)
