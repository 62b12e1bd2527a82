"""Training a compressed model again with its teacher; without the teacher's weight in the loss, fine-tuning it."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Literal

from slim.utils.option_types import (
    BlockSize,
    Count,
    CountOrZero,
    LearningRate,
    Loss,
    NotNegative,
    Positive,
    Warmup,
    Weight,
)

if TYPE_CHECKING:
    from slim.compression.context import Context
    from slim.modeling.classifier import Classifier


def distill(
    model: "Classifier",
    context: "Context",
    *,
    temperature: Positive = 2.0,
    alpha: Weight = 0.5,
    losses: Mapping[Loss, NotNegative] | None = None,
    transfer: CountOrZero = 0,
    epochs: Positive = 1.0,
    min_steps: CountOrZero = 0,
    batch_size: Count = 32,
    learning_rate: LearningRate = 1e-4,
    warmup: Warmup = 0.1,
    weight_decay: NotNegative = 0.01,
    bits: Literal[4] | None = None,
    block_size: BlockSize = 64,
) -> "Classifier":
    """The model after training on alpha * soft + (1 - alpha) * hard labels (arXiv:1503.02531), AdamW, linear schedule.

    `losses`: weights of further losses, files of slim/training/losses/; `transfer`: at most so many unlabelled
    inputs, labelled by the teacher, are added to train; `epochs` counts passes over all of them, but at least
    `min_steps` optimizer steps are made. With alpha 0 and no further loss it is the control: fine-tuning without a
    teacher, for as many steps. `bits`: the student learns with its weights rounded as `quantize` with these `bits` and
    `block_size` rounds them, and is saved with the exact ones. Raises ValueError where further losses would compare
    the layers of a student and a teacher that read other tokens.
    """
    import copy

    from slim.training.distillation import TransferSet, distill_classifier
    from slim.training.objective import DistillationObjective
    from slim.training.trainer import Schedule

    weights = dict(losses or {})
    teacher = context.teacher if any(weights.values()) else None
    if teacher and _vocabulary(teacher) != _vocabulary(model):
        raise ValueError(
            "losses compare layers token by token, and the student has another vocabulary than its teacher: "
            "leave them out, or distill before trim_vocabulary"
        )
    layers = tuple(context.teacher_layers)
    objective = DistillationObjective(temperature, alpha, weights, layers, teacher and teacher.model)
    schedule = Schedule(epochs, batch_size, learning_rate, warmup, weight_decay, context.seed, min_steps)
    student = model.with_model(copy.deepcopy(model.model))
    inputs = TransferSet(context.train, context.unlabelled if transfer else [], context.teacher_logits)
    distill_classifier(student, objective, schedule, inputs, transfer, context.work, block_size if bits else None)
    return student


def _vocabulary(classifier: "Classifier") -> dict[str, int]:
    """Token -> id; of images none."""
    vocabulary: dict[str, int] = getattr(classifier.processor, "get_vocab", dict)()
    return vocabulary
