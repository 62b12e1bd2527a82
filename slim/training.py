"""The one training loop: the Hugging Face Trainer, configured."""

import shutil
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import ceil
from pathlib import Path
from typing import Any

import numpy as np
from datasets import Dataset
from torch import Tensor
from transformers import DataCollatorWithPadding, Trainer, TrainerCallback, TrainingArguments

from slim.batches import tokenized
from slim.losses.hard_labels import hard_labels
from slim.models import Batch, Model, Tokenizer, classified
from slim.runtime import Runtime
from slim.texts import Text

Objective = Callable[[Model, Batch], tuple[Tensor, Tensor]]
"""(model, a batch with `labels` and whatever columns were added) -> (mean loss, logits [n, classes])."""


def by_labels(model: Model, batch: Batch) -> tuple[Tensor, Tensor]:
    """The objective without a teacher."""
    logits = classified(model, batch)
    return hard_labels(logits, batch["labels"]), logits


SAVE_EVERY_SECONDS = 120.0


@dataclass(frozen=True)
class Schedule:
    """How long and how fast to train."""

    epochs: float
    batch_size: int
    learning_rate: float
    """Peak of AdamW's learning rate; linear warm-up, then linear decay to zero."""
    warmup: float
    """Share of all steps spent warming up."""
    weight_decay: float
    seed: int
    min_steps: int = 0
    """At least so many optimizer steps, however few texts there are."""
    steps: int | None = None
    """Exactly so many, whatever `epochs` and `min_steps` say."""

    def length(self, texts: int) -> int:
        """Optimizer steps for so many training texts."""
        return self.steps or max(self.min_steps, ceil(self.epochs * ceil(texts / self.batch_size)))


def examples(
    texts: Sequence[Text], labels: np.ndarray, tokenizer: Tokenizer, max_tokens: int, **columns: np.ndarray
) -> Dataset:
    """Tokenized, labelled texts for `train`; further columns (a teacher's logits, say) reach the objective."""
    rows: dict[str, Any] = tokenized(texts, tokenizer, max_tokens)
    rows["length"] = [len(ids) for ids in rows["input_ids"]]
    return Dataset.from_dict(rows | {"labels": labels} | columns)


def train(
    model: Model,
    tokenizer: Tokenizer,
    training: Dataset,
    validation: Dataset | None,
    schedule: Schedule,
    runtime: Runtime,
    checkpoints: Path,
    objective: Objective = by_labels,
) -> list[dict[str, float]]:
    """Train the model in place; it ends as the checkpoint with the best validation accuracy. Returns the log.

    Batches hold texts of like length. A run that was killed resumes from `checkpoints`, which the finished run
    removes; at most a few minutes of work are lost. Without `validation` there is nothing to choose between: the
    model ends as the last step left it, and no epoch is kept.
    """
    trainer = _Trainer(
        objective,
        model=model,
        args=_arguments(schedule, len(training), runtime, checkpoints, epochwise=validation is not None),
        train_dataset=training,
        eval_dataset=validation,
        data_collator=DataCollatorWithPadding(tokenizer),
        compute_metrics=lambda found: {"accuracy": float((found.predictions.argmax(-1) == found.label_ids).mean())},
        callbacks=[_SaveNowAndThen(SAVE_EVERY_SECONDS)],
    )
    resumable = last_complete(checkpoints)
    if resumable:
        print(f"resuming from {resumable}", flush=True)
    trainer.train(resume_from_checkpoint=str(resumable) if resumable else None)
    shutil.rmtree(checkpoints, ignore_errors=True)
    # The Trainer wraps `forward` in its autocast; left on, the model would answer in bfloat16 whatever is asked of it.
    trainer.accelerator.unwrap_model(model, keep_fp32_wrapper=False)
    model.eval()
    return [_without_clock(entry) for entry in trainer.state.log_history if "eval_accuracy" in entry]


def _arguments(
    schedule: Schedule, texts: int, runtime: Runtime, checkpoints: Path, *, epochwise: bool
) -> TrainingArguments:
    return TrainingArguments(
        output_dir=str(checkpoints),
        max_steps=schedule.length(texts),
        per_device_train_batch_size=schedule.batch_size,
        per_device_eval_batch_size=2 * schedule.batch_size,
        learning_rate=schedule.learning_rate,
        warmup_steps=schedule.warmup,  # a value below one is a share of all steps
        weight_decay=schedule.weight_decay,
        lr_scheduler_type="linear",
        optim="adamw_torch_fused",
        train_sampling_strategy="group_by_length",
        remove_unused_columns=False,
        bf16=runtime.bf16,
        use_cpu=runtime.device.type == "cpu",
        seed=schedule.seed,
        data_seed=schedule.seed,
        eval_strategy="epoch" if epochwise else "no",
        save_strategy="epoch" if epochwise else "no",
        load_best_model_at_end=epochwise,
        metric_for_best_model="accuracy",
        save_total_limit=2,
        logging_strategy="epoch",
        disable_tqdm=False,  # the Trainer would hide its bar because other messages of the library are hidden
        report_to=[],
        dataloader_pin_memory=False,
    )


def _without_clock(entry: dict[str, Any]) -> dict[str, float]:
    """A log entry less what the clock says, so that the same run writes the same bytes."""
    return {name: value for name, value in entry.items() if not name.endswith(("runtime", "per_second"))}


class _Trainer(Trainer):
    """The Trainer with an objective of ours."""

    objective: Objective

    def __init__(self, objective: Objective, **options: Any) -> None:
        super().__init__(**options)
        self.objective = objective

    def compute_loss(
        self, model: Model, inputs: dict[str, Tensor], return_outputs: bool = False, num_items_in_batch: Any = None
    ) -> Any:
        # Validation has no columns of a teacher, and is judged by the labels in every run alike.
        loss, logits = (self.objective if model.training else by_labels)(model, inputs)
        return (loss, {"logits": logits}) if return_outputs else loss


def last_complete(checkpoints: Path) -> Path | None:
    """The checkpoint furthest on that was written to its end; those that a kill left half-written are removed."""
    for half in checkpoints.glob("checkpoint-*"):
        if not (half / COMPLETE).exists():
            shutil.rmtree(half)
    found = checkpoints.glob("checkpoint-*")
    return max(found, key=lambda folder: int(folder.name.removeprefix("checkpoint-")), default=None)


COMPLETE = "complete"
"""The file that marks a checkpoint as written to its end."""


class _SaveNowAndThen(TrainerCallback):
    """Asks for a checkpoint when the last is older than some seconds, so that long epochs can be resumed too."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self.last = time.monotonic()

    def on_step_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        if time.monotonic() - self.last > self.seconds:
            control.should_save = True

    def on_save(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        (Path(args.output_dir) / f"checkpoint-{state.global_step}" / COMPLETE).touch()
        self.last = time.monotonic()
