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
    from slim.modeling.architecture import Model
    from slim.modeling.classifier import Classifier


def distill(
    model: "Classifier",
    context: "Context",
    *,
    temperature: Positive = 2.0,
    alpha: Weight = 0.5,
    losses: Mapping[Loss, NotNegative] | None = None,
    transfer: CountOrZero = 0,
    augment: CountOrZero = 0,
    epochs: Positive = 1.0,
    min_steps: CountOrZero = 0,
    batch_size: Count = 32,
    learning_rate: LearningRate = 1e-4,
    warmup: Warmup = 0.1,
    weight_decay: NotNegative = 0.01,
    bits: Literal[4] | None = None,
    block_size: BlockSize = 64,
    initial: Literal["model", "encoder"] = "model",
    trainable: Literal["all", "cores"] = "all",
) -> "Classifier":
    """The model after training on alpha * soft + (1 - alpha) * hard labels (arXiv:1503.02531), AdamW, linear schedule.

    `losses`: weights of further losses, files of slim/training/losses/. The teacher labels what is added to train: at
    most `transfer` unlabelled inputs, and `augment` altered copies of every text (slim/training/augmentation.py).
    `epochs` counts passes over all of them, but at least `min_steps` optimizer steps are made. With alpha 0 and no
    further loss it is the control: fine-tuning without a teacher, on train alone, for as many steps. `bits`: the
    student learns with its weights rounded as `quantize` with these `bits` and `block_size` rounds them, and is saved
    with the exact ones. `initial: encoder`: it starts from what its layers and tokens were in the pretrained encoder,
    under a fresh head, as a small model that is trained directly does. `trainable: cores`: of all weights only those
    cores move that `cur` made (the healing of arXiv:2501.04211). Raises ValueError where further losses would compare
    the layers of a student and a teacher that read other tokens, for altered copies of images, and without a core.
    """
    import copy
    from contextlib import nullcontext
    from dataclasses import replace

    from slim.training.distillation import TransferSet, distill_classifier, only
    from slim.training.objective import DistillationObjective
    from slim.training.trainer import Schedule

    weights = dict(losses or {})
    teacher = context.teacher if any(weights.values()) else None
    if teacher and _vocabulary(teacher) != _vocabulary(model):
        raise ValueError(
            "losses compare layers token by token, and the student has another vocabulary than its teacher: "
            "leave them out, or distill before trim_vocabulary"
        )
    objective = DistillationObjective(
        temperature, alpha, weights, tuple(context.teacher_layers), teacher and teacher.model
    )
    inputs = TransferSet(context.train, context.unlabelled[:transfer], context.teacher_logits)
    texts = (1 + augment) * len(context.train.inputs) + len(inputs.unlabelled)
    schedule = Schedule(epochs, batch_size, learning_rate, warmup, weight_decay, context.seed, min_steps)
    schedule = replace(schedule, steps=schedule.length(texts))  # as many with a teacher as without
    if augment and objective.has_teacher:
        inputs = inputs.with_altered(augment, context.teacher, context.seed, context.work)
    student = model.with_model(_encoder(model, context) if initial == "encoder" else copy.deepcopy(model.model))
    with only(student.model, r"\.core\.weight$") if trainable == "cores" else nullcontext():
        distill_classifier(student, objective, schedule, inputs, context.work, block_size if bits else None)
    return student


def _encoder(student: "Classifier", context: "Context") -> "Model":
    """The pretrained encoder cut to the layers, tokens and positions of a student, under a fresh head."""
    from slim.modeling.embeddings import keep_embeddings
    from slim.modeling.load_checks import positions
    from slim.modeling.transformer import keep_layers

    encoder = context.encoder(student.labels)
    model = keep_layers(encoder.model, context.teacher_layers) if context.teacher_layers else encoder.model
    own, known = _vocabulary(student), _vocabulary(encoder)
    if own == known:
        return model
    return keep_embeddings(
        model, [known[token] for token in sorted(own, key=own.__getitem__)], positions(student.model)
    )


def _vocabulary(classifier: "Classifier") -> dict[str, int]:
    """Token -> id; of images none."""
    vocabulary: dict[str, int] = getattr(classifier.processor, "get_vocab", dict)()
    return vocabulary
