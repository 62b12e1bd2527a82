"""compress DATASET SEED STUDENT: the teacher without the layers that the student does not keep."""

from slim.compression.compressors.drop_layers import drop_layers
from slim.config import load
from slim.modeling.classifier import Classifier
from slim.modeling.splits import read_split
from slim.utils.io import read_json
from stages import run


def compress(dataset: str, seed: str, student: str) -> None:
    params = load()
    teacher = Classifier.load(f"models/teacher/{dataset}/{seed}", seed=int(seed), **params.runtime.model_dump())
    recipe = read_json(f"data/recipes/{student}/{dataset}/{seed}.json")
    pruned = teacher.with_model(drop_layers(teacher.model, kept=recipe["kept"]))
    validation = read_split(f"data/datasets/{dataset}", "validation")
    pruned.save(f"models/pruned/{dataset}/{seed}/{student}", validation.inputs, recipe=recipe)


if __name__ == "__main__":
    run(compress)
