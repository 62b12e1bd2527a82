"""Several ways to teach the same student, each beside a control that takes as many steps without a teacher."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from tqdm import tqdm

from slim.modeling.classifier import Classifier
from slim.modeling.splits import Split
from slim.modeling.transformer import Model, keep_layers, layers
from slim.training.distillation import Lesson, Material, steps, teach
from slim.utils.io import read_arrays, write_arrays
from slim.utils.work_cache import checkpoint_folder


def taught(
    student: Classifier,
    lessons: Mapping[str, Lesson],
    material: Material,
    test: Split,
    *,
    teacher: Model,
    kept: Sequence[int],
    files: Sequence[str | Path],
    seed: int,
) -> dict[str, np.ndarray]:
    """Test predictions of a student after every lesson and after its control, and the optimizer steps of each.

    Returns `labels` [n] and, for every lesson, <name>_predictions and <name>_control [n] and <name>_steps. Lessons
    whose controls are the same share one. Every result is kept as soon as it is there: a killed run goes on with
    the next.
    """
    wanted = [("predictions", name, lesson) for name, lesson in lessons.items()]
    wanted += [("control", name, lesson.control()) for name, lesson in lessons.items()]
    found = {"labels": test.labels}
    for role, name, lesson in tqdm(wanted, desc="teaching", unit="student"):
        count = steps(lesson, material)
        # Without a teacher the transfer texts matter through the number of steps alone.
        settings = ["taught", lesson if role == "predictions" else (count, _pace(lesson)), seed, student.max_tokens]
        inputs = [*material.files, *files]
        memo = checkpoint_folder([*settings, student.runtime], inputs, [__name__]).with_suffix(".npz")
        if not memo.exists():
            learner = student.with_model(keep_layers(student.model, range(len(layers(student.model)))))
            teach(learner, lesson, material, teacher=teacher, kept=kept, files=files, seed=seed)
            write_arrays({"predictions": learner.logits(test.inputs).argmax(-1).astype(np.int16)}, memo)
        found[f"{name}_{role}"] = read_arrays(memo)["predictions"]
        found[f"{name}_steps"] = np.array(count)
    return found


def _pace(lesson: Lesson) -> tuple[float, ...]:
    return lesson.batch_size, lesson.learning_rate, lesson.warmup, lesson.weight_decay
