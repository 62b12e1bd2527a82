"""evaluate DATASET SEED: every model on test, reloaded in this fresh process, beside its teacher and its control."""

from slim.classifier import Classifier
from slim.evaluation import Evaluator
from slim.files import write_jsons
from slim.linear_floor import linear_floor
from slim.params import load
from slim.texts import read_split
from stages import run


def evaluate(dataset: str, seed: str) -> None:
    params = load()
    wanted = params.evaluate
    train, validation, test = (read_split(f"data/datasets/{dataset}", s) for s in ("train", "validation", "test"))
    evaluator = Evaluator(test, validation, wanted.resamples, wanted.level, wanted.calibration_bins)

    def saved(folder: str):  # type: ignore[no-untyped-def]
        options = params.runtime.model_dump() | {"max_tokens": params.model.max_tokens, "seed": int(seed)}
        return evaluator.saved(Classifier.load(folder, **options), folder)

    floor = evaluator.judge(*linear_floor(train, [test, validation], **wanted.floor.model_dump()))
    teacher = saved(f"models/teacher/{dataset}/{seed}")
    judged = {"linear_floor": evaluator.against_teacher(floor, teacher), "teacher": teacher}
    for student in params.students:
        found = {
            model: evaluator.against_teacher(saved(f"models/{model}/{dataset}/{seed}/{student}"), teacher)
            for model in ("pruned", "hard_labels", "distilled")
        }
        found["distilled"] = evaluator.compare(found["distilled"], found["hard_labels"], "over_control", "over_control_p")
        judged |= {f"{model}_{student}": one.with_(model=model, student=student) for model, one in found.items()}
    same = {"dataset": dataset, "seed": int(seed), "student": "", "strategy": ""}
    write_jsons({name: same | {"model": name} | one.record for name, one in judged.items()}, f"data/metrics/{dataset}/{seed}")


if __name__ == "__main__":
    run(evaluate)
