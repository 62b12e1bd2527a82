"""finetune DATASET SEED: the pretrained encoder becomes a classifier, the teacher of all that follows."""

from slim.config import load
from slim.modeling.classifier import Classifier
from slim.modeling.device import processes
from slim.modeling.splits import class_names, read_split, read_unlabelled
from slim.training.trainer import Schedule, train_classifier
from slim.utils.io import write_arrays
from slim.utils.work_cache import checkpoint_folder
from stages import run


def finetune(dataset: str, seed: str) -> None:
    params = load()
    data = f"data/datasets/{dataset}"
    teacher = Classifier.load(
        "models/base",
        seed=int(seed),
        labels=class_names(data),
        **params.runtime.model_dump(),
    )
    training, validation = read_split(data, "train"), read_split(data, "validation")
    schedule = Schedule(**params.finetune.model_dump(), seed=int(seed))
    files = [f"{data}/train.parquet", f"{data}/validation.parquet", "models/base/model.safetensors"]
    work = checkpoint_folder([schedule, params.runtime.model_dump(), processes()], files, ["stages.finetune"])
    epochs = train_classifier(teacher, training, validation, schedule, work)
    teacher.save(f"models/teacher/{dataset}/{seed}", validation.inputs, epochs=epochs)
    texts = {"train": training.inputs, "unlabelled": read_unlabelled(data)}
    logits = {name: teacher.logits(each) for name, each in texts.items()}
    write_arrays(logits, f"data/logits/{dataset}/{seed}.npz")


if __name__ == "__main__":
    run(finetune)
