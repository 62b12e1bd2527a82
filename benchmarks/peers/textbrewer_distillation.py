"""TextBrewer (Apache-2.0): its distillation of the same student from the same teacher's logits (arXiv:2002.12620)."""

import copy
from tempfile import TemporaryDirectory
from types import SimpleNamespace
from typing import Any

import numpy as np
import torch
from textbrewer import DistillationConfig, GeneralDistiller, TrainingConfig
from torch import Tensor, nn
from torch.utils.data import DataLoader
from transformers import get_linear_schedule_with_warmup

from slim.modeling.batching import collator
from slim.modeling.classifier import Classifier
from slim.modeling.splits import Split
from slim.training.trainer import Schedule, examples


class _Student(nn.Module):
    """The student, which does not see the teacher's column."""

    def __init__(self, model: nn.Module) -> None:
        super().__init__()
        self.model = model

    def forward(self, teacher: Tensor, **batch: Tensor) -> Any:
        return self.model(**batch)


class _Answers(nn.Module):
    """A teacher of another vocabulary: its logits, computed once, come with the batch."""

    def forward(self, teacher: Tensor, **_: Tensor) -> Any:
        return SimpleNamespace(logits=teacher)


def textbrewer_distillation(
    start: Classifier, train: Split, logits: np.ndarray, schedule: Schedule, temperature: float, alpha: float
) -> Classifier:
    """A student after `schedule`, AdamW, with the tool's loss of soft labels and the hard labels' cross-entropy."""
    torch.manual_seed(schedule.seed)
    student = _Student(copy.deepcopy(start.model))
    table = examples(train.inputs, train.labels, start.processor, start.max_tokens, teacher=logits)
    order = torch.Generator().manual_seed(schedule.seed)
    collate = collator(start.processor)
    batches = DataLoader(
        table, schedule.batch_size, True, collate_fn=lambda rows: dict(collate(rows)), generator=order
    )
    steps = schedule.length(len(table))
    optimizer = torch.optim.AdamW(student.parameters(), schedule.learning_rate, weight_decay=schedule.weight_decay)
    rates = {"num_warmup_steps": int(schedule.warmup * steps), "num_training_steps": steps}
    how = DistillationConfig(temperature=temperature, kd_loss_weight=alpha, hard_label_weight=1 - alpha)
    with TemporaryDirectory() as folder:
        training = TrainingConfig(output_dir=folder, log_dir=None, device="cpu", ckpt_steps=steps)
        GeneralDistiller(
            training,
            how,
            _Answers(),
            student,
            lambda _, out: {"logits": out.logits},
            lambda _, out: {"logits": out.logits, "losses": out.loss},
        ).train(optimizer, batches, None, get_linear_schedule_with_warmup, rates, num_steps=steps)
    return start.with_model(student.model.eval())
