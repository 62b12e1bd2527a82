"""evaluate DATASET SEED: every model on test, reloaded in this fresh process, beside its teacher and its control."""

from slim.config import load
from slim.evaluation.baselines.tfidf_linear import tfidf_linear
from slim.evaluation.evaluate import Evaluator, compared
from slim.modeling.classifier import Classifier
from slim.modeling.splits import read_split
from slim.utils.io import write_jsons
from stages import run

MODELS = ("pruned", "hard_labels", "distilled")


def evaluate(dataset: str, seed: str) -> None:
    params = load()
    wanted, here = params.evaluate, f"{dataset}/{seed}"
    options = {"seed": int(seed), **params.runtime.model_dump()}
    train, validation, test = (read_split(f"data/datasets/{dataset}", s) for s in ("train", "validation", "test"))
    evaluator = Evaluator(test, validation, wanted.resamples, wanted.level, wanted.calibration_bins)
    floor = evaluator.judge(*tfidf_linear(train, [test, validation], **wanted.floor.model_dump()))
    folders = {s: {m: f"models/{m}/{here}/{s}" for m in MODELS} for s in params.students}
    teacher = evaluator.saved(Classifier.load(f"models/teacher/{here}", **options), f"models/teacher/{here}")
    students = {
        student: {model: evaluator.saved(Classifier.load(folder, **options), folder) for model, folder in each.items()}
        for student, each in folders.items()
    }
    rows = compared(evaluator, floor, teacher, students)
    named = {name: {"dataset": dataset, "seed": int(seed)} | row for name, row in rows.items()}
    write_jsons(named, f"data/metrics/{here}")


if __name__ == "__main__":
    run(evaluate)
