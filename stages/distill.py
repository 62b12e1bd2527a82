"""distill DATASET SEED STUDENT TARGET: a pruned model recovers, from its teacher or (the control) from labels alone.

TARGET is distilled or hard_labels; both take as many steps of as many texts.
"""

from slim.config import load
from slim.modeling.classifier import Classifier
from slim.modeling.splits import read_split
from slim.training.distillation import Lesson, read_material, teach
from slim.utils.io import read_json
from stages import run


def distill(dataset: str, seed: str, student: str, target: str) -> None:
    params = load()
    data, here = f"data/datasets/{dataset}", f"{dataset}/{seed}"
    pruned, teacher = f"models/pruned/{here}/{student}", f"models/teacher/{here}"
    learner = Classifier.load(pruned, seed=int(seed), **params.runtime.model_dump())
    recipe, lesson = read_json(f"{pruned}/recipe.json"), Lesson(**params.distill.lesson())
    teach(
        learner,
        {"distilled": lesson, "hard_labels": lesson.control()}[target],
        read_material(data, f"data/logits/{here}.npz"),
        teacher=Classifier.load(teacher, seed=int(seed), **params.runtime.model_dump()).model,
        kept=recipe["kept"],
        files=[f"{pruned}/model.safetensors", f"{teacher}/model.safetensors"],
        seed=int(seed),
    )
    learner.save(f"models/{target}/{here}/{student}", read_split(data, "validation").inputs, recipe=recipe)


if __name__ == "__main__":
    run(distill)
