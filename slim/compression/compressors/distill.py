"""Training a compressed model again with its teacher; without the teacher's weight in the loss, fine-tuning it."""

from typing import TYPE_CHECKING

from slim.utils.option_types import Count, CountOrZero, LearningRate, NotNegative, Positive, Warmup, Weight

if TYPE_CHECKING:
    from slim.compression.context import Context
    from slim.modeling.classifier import Classifier


def distill(
    model: "Classifier",
    context: "Context",
    *,
    temperature: Positive = 2.0,
    alpha: Weight = 0.5,
    hidden_states: NotNegative = 0.0,
    attention_relations: NotNegative = 0.0,
    transfer: CountOrZero = 0,
    epochs: Positive = 1.0,
    min_steps: CountOrZero = 0,
    batch_size: Count = 32,
    learning_rate: LearningRate = 1e-4,
    warmup: Warmup = 0.1,
    weight_decay: NotNegative = 0.01,
) -> "Classifier":
    """The model after training on alpha * soft + (1 - alpha) * hard labels (arXiv:1503.02531), AdamW, linear schedule.

    `hidden_states` and `attention_relations` are weights of further terms (arXiv:1909.10351, arXiv:2012.15828);
    `transfer`: at most so many unlabelled inputs, labelled by the teacher, are added to train; `epochs` counts passes
    over all of them, but at least `min_steps` optimizer steps are made. With alpha, hidden_states and
    attention_relations 0 it is the control: fine-tuning without a teacher, for as many steps.
    """
    import copy

    from slim.training.distillation import TransferSet, distill_classifier
    from slim.training.losses.distillation import Distillation
    from slim.training.trainer import Schedule

    needs_teacher = hidden_states > 0 or attention_relations > 0
    objective = Distillation(
        temperature,
        alpha,
        hidden_states,
        attention_relations,
        kept=tuple(context.teacher_layers),
        teacher=context.teacher.model if needs_teacher else None,
    )
    schedule = Schedule(epochs, batch_size, learning_rate, warmup, weight_decay, context.seed, min_steps)
    student = model.with_model(copy.deepcopy(model.model))
    inputs = TransferSet(context.train, context.unlabelled if transfer else [], context.teacher_logits)
    distill_classifier(student, objective, schedule, inputs, transfer, context.work)
    return student
