"""compress DATASET SEED STUDENT: the teacher without the layers that the student's best strategy removes."""

from slim.classifier import Classifier
from slim.compressors.drop_layers import drop_layers
from slim.params import load
from slim.recipes import best_recipe
from slim.texts import read_split
from stages import run


def compress(dataset: str, seed: str, student: str) -> None:
    params = load()
    teacher = Classifier.load(f"models/teacher/{dataset}/{seed}", seed=int(seed), **params.runtime.model_dump())
    recipe = best_recipe(f"data/prune/{dataset}", params.students[student], params.distill.depth, seed)
    pruned = teacher.with_model(drop_layers(teacher.model, kept=recipe["kept"]))
    validation = read_split(f"data/datasets/{dataset}", "validation")
    pruned.save(f"models/pruned/{dataset}/{seed}/{student}", validation.texts, recipe=recipe)


if __name__ == "__main__":
    run(compress)
