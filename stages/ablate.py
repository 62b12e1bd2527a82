"""ablate DATASET SEED: what the teacher predicts with every subset of its layers."""

from slim.config import load
from slim.modeling.classifier import Classifier
from slim.modeling.splits import read_split
from slim.subsets.ablation import measure
from stages import run


def ablate(dataset: str, seed: str) -> None:
    params = load()
    teacher = Classifier.load(f"models/teacher/{dataset}/{seed}", seed=int(seed), **params.runtime.model_dump())
    splits = {name: read_split(f"data/datasets/{dataset}", name) for name in ("validation", "test")}
    measure(teacher, splits, **params.ablate.model_dump()).save(f"data/lattice/raw/{dataset}/{seed}.npz")


if __name__ == "__main__":
    run(ablate)
