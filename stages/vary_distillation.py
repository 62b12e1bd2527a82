"""vary_distillation DATASET SEED: one student taught in every way of `distillations`, each beside its control."""

from slim.config import load
from slim.modeling.classifier import Classifier
from slim.modeling.splits import read_split
from slim.training.distillation import Lesson, read_material
from slim.training.variants import taught
from slim.utils.io import read_json, write_arrays
from stages import run


def vary_distillation(dataset: str, seed: str) -> None:
    params = load()
    data, here = f"data/datasets/{dataset}", f"{dataset}/{seed}"
    student = f"models/pruned/{here}/{next(iter(params.students))}"
    options = {"seed": int(seed), **params.runtime.model_dump()}
    found = taught(
        Classifier.load(student, **options),
        {name: Lesson(**params.distill.lesson(changes)) for name, changes in params.distillations.items()},
        read_material(data, f"data/logits/{here}.npz"),
        read_split(data, "test"),
        teacher=Classifier.load(f"models/teacher/{here}", **options).model,
        kept=read_json(f"{student}/recipe.json")["kept"],
        files=[f"{student}/model.safetensors", f"models/teacher/{here}/model.safetensors"],
        seed=int(seed),
    )
    write_arrays(found, f"data/distillations/{here}.npz")


if __name__ == "__main__":
    run(vary_distillation)
