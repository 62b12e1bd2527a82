"""finetune DATASET SEED: the pretrained encoder becomes a classifier, the teacher of all that follows."""

from slim.config import load
from slim.modeling.classifier import Classifier
from slim.modeling.device import keep_first_process
from slim.modeling.fine_tuned import is_fine_tuned
from slim.modeling.splits import class_names, read_split, read_unlabelled
from slim.training.linear_probe import probe
from slim.training.trainer import Schedule, train_classifier
from slim.utils.io import write_arrays
from slim.utils.work_cache import work_folder
from stages import run


def finetune(dataset: str, seed: str) -> None:
    params = load()
    data, options = f"data/datasets/{dataset}", params.finetune.of(params.datasets[dataset]).model_dump()
    how = params.runtime.model_dump() | {"max_tokens": options.pop("max_tokens"), "seed": int(seed)}
    fine_tuned = is_fine_tuned("models/base", data)
    teacher = Classifier.load("models/base", labels=class_names(data), **how)
    train, validation = read_split(data, "train"), read_split(data, "validation")
    step = {"stage": "finetune", "recipe": "teacher", "method": "finetune", "options": dict(options)}
    if fine_tuned:
        keep_first_process()
        step, epochs = step | {"method": "fine_tuned", "options": {}}, []
    else:
        if options.pop("linear_probe"):
            probe(teacher, train)
        work = work_folder("finetune", {"dataset": dataset, "seed": seed}, [data, "models/base"])
        epochs = train_classifier(teacher, train, validation, Schedule(**options, seed=int(seed)), work)
    teacher.save(f"models/teacher/{dataset}/{seed}", validation.inputs, steps=[step], epochs=epochs)
    inputs = {"train": train.inputs, "unlabelled": read_unlabelled(data)}
    logits = {name: teacher.logits(each) for name, each in inputs.items()}
    write_arrays(logits, f"data/logits/{dataset}/{seed}.npz")


if __name__ == "__main__":
    run(finetune)
