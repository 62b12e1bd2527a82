"""extract_signals DATASET SEED: one instrumented pass of the teacher over a slice of train."""

from slim.config import load
from slim.modeling.classifier import Classifier
from slim.modeling.splits import read_split
from slim.ranking.collect import collect
from stages import run


def extract_signals(dataset: str, seed: str) -> None:
    params = load()
    teacher = Classifier.load(f"models/teacher/{dataset}/{seed}", seed=int(seed), **params.runtime.model_dump())
    train = read_split(f"data/datasets/{dataset}", "train").head(params.extract_signals.texts)
    texts = teacher.batches(train.inputs, batch_size=params.extract_signals.batch_size, by_length=False)
    collect(teacher.model, texts, train.labels, teacher.runtime).save(f"data/signals/one_shot/{dataset}/{seed}.npz")


if __name__ == "__main__":
    run(extract_signals)
