"""The training loop: the Hugging Face Trainer, configured."""

import shutil
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from math import ceil
from pathlib import Path
from typing import Any

import numpy as np
import torch
from datasets import Dataset, concatenate_datasets
from torch import Tensor
from torch.optim import Optimizer
from torch.utils.data import DataLoader
from transformers import Trainer, TrainerCallback, TrainingArguments, get_constant_schedule
from transformers.trainer_pt_utils import get_length_grouped_indices

from slim.modeling.architecture import Batch, Model
from slim.modeling.batching import collator, lengths, prepared
from slim.modeling.classifier import Classifier
from slim.modeling.device import Runtime, broadcast, keep_first_process, process_rank, processes, wait_for_all
from slim.modeling.splits import Input, Split
from slim.modeling.transformer import Processor, forward_logits
from slim.training.cross_entropy import cross_entropy

Objective = Callable[[Model, Batch], tuple[Tensor, Tensor]]
"""(model, a batch with `labels` and whatever columns were added) -> (mean loss, logits [n, classes])."""


def cross_entropy_objective(model: Model, batch: Batch) -> tuple[Tensor, Tensor]:
    """The objective without a teacher."""
    logits = forward_logits(model, batch)
    return cross_entropy(logits, batch["labels"]), logits


SAVE_EVERY_SECONDS = 120.0
GROUPED = 16
"""Batches whose texts are drawn together and sorted by length: more leave less padding and less chance."""


@dataclass(frozen=True)
class Schedule:
    """How long and how fast to train."""

    epochs: float
    batch_size: int
    learning_rate: float
    """Peak of AdamW's learning rate; linear warm-up, then linear decay to zero."""
    warmup: float
    """Fraction of all steps spent warming up."""
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
    inputs: Sequence[Input], labels: np.ndarray, processor: Processor, max_tokens: int, **columns: np.ndarray
) -> Dataset:
    """Prepared, labelled inputs for `train`; further columns (a teacher's logits, say) reach the objective."""
    more = Dataset.from_dict({"labels": labels} | columns)
    return concatenate_datasets([prepared(inputs, processor, max_tokens), more], axis=1)


def train_classifier(
    classifier: Classifier,
    training: Split,
    validation: Split | None,
    schedule: Schedule,
    work: str | Path,
    objective: Objective = cross_entropy_objective,
    optimizer: Optimizer | None = None,
    **columns: np.ndarray,
) -> list[dict[str, float]]:
    """Train a classifier in place; it ends as the epoch with the best validation accuracy. Returns the log of epochs.

    `work` is the folder for the checkpoints of this very training: a killed run resumes from what it finds there, so
    the caller must name it by everything that the result depends on. The finished run removes it. `columns`
    [inputs, ...] reach the objective with the inputs. Without `validation` the model ends as the last step left it.
    Of several processes only the first returns. Raises ValueError when they do not divide a batch.
    """
    processor, max_tokens = classifier.processor, classifier.max_tokens
    return train(
        classifier.model,
        processor,
        examples(training.inputs, training.labels, processor, max_tokens, **columns),
        validation and examples(validation.inputs, validation.labels, processor, max_tokens),
        schedule,
        classifier.runtime,
        Path(work),
        objective,
        optimizer,
    )


def train(
    model: Model,
    processor: Processor,
    training: Dataset,
    validation: Dataset | None,
    schedule: Schedule,
    runtime: Runtime,
    checkpoints: Path,
    objective: Objective = cross_entropy_objective,
    optimizer: Optimizer | None = None,
) -> list[dict[str, float]]:
    """Train the model in place; it ends as the checkpoint with the best validation accuracy. Returns the log.

    Batches hold texts of similar length. A run that was killed resumes from `checkpoints`, which the finished run
    removes; at most a few minutes of work are lost. Without `validation` the model ends as the last step left it.
    `optimizer`: one with a constant rate in place of AdamW; gradients then reach it as they are.

    Every batch is split over the processes, and their gradients are those of the whole. All but the first process
    end here. Raises ValueError when the batch does not divide among them.
    """
    if schedule.batch_size % processes():
        raise ValueError(
            f"batches of {schedule.batch_size} texts cannot be split over {processes()} processes: choose a "
            f"batch_size that they divide, or launch fewer"
        )
    trainer = _Trainer(
        objective,
        model=model,
        args=_arguments(
            schedule, len(training), runtime, checkpoints, epochwise=validation is not None, clipped=not optimizer
        ),
        train_dataset=training,
        eval_dataset=validation,
        data_collator=collator(processor),
        compute_metrics=lambda answers: {
            "accuracy": float((answers.predictions.argmax(-1) == answers.label_ids).mean())
        },
        callbacks=[_SaveEverySeconds(SAVE_EVERY_SECONDS)],
        optimizers=(optimizer, optimizer and get_constant_schedule(optimizer)),
    )
    checkpoint = _resumable(checkpoints)
    trainer.train(resume_from_checkpoint=str(checkpoint) if checkpoint else None)
    keep_first_process()
    shutil.rmtree(checkpoints, ignore_errors=True)
    # The Trainer wraps `forward` in its autocast; left on, the model would answer in bfloat16 whatever is asked of it.
    trainer.accelerator.unwrap_model(model, keep_fp32_wrapper=False)
    model.eval()
    return [_without_clock(entry) for entry in trainer.state.log_history if "eval_accuracy" in entry]


def _arguments(
    schedule: Schedule, texts: int, runtime: Runtime, checkpoints: Path, *, epochwise: bool, clipped: bool
) -> TrainingArguments:
    arguments = TrainingArguments(
        output_dir=str(checkpoints),
        max_steps=schedule.length(texts),
        per_device_train_batch_size=schedule.batch_size // processes(),
        per_device_eval_batch_size=2 * schedule.batch_size,
        accelerator_config={"split_batches": True},  # those of validation, too, are split over all processes
        learning_rate=schedule.learning_rate,
        warmup_steps=schedule.warmup,  # a value below one is a fraction of all steps
        weight_decay=schedule.weight_decay,
        max_grad_norm=1.0 if clipped else 0.0,
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
        dataloader_pin_memory=runtime.device.type == "cuda",
    )
    arguments._n_gpu = min(arguments.n_gpu, 1)  # else the Trainer would copy the model to every GPU it sees
    return arguments


def _without_clock(entry: dict[str, Any]) -> dict[str, float]:
    """A log entry without its times, so that the same run writes the same bytes."""
    return {name: value for name, value in entry.items() if not name.endswith(("runtime", "per_second"))}


class _Trainer(Trainer):
    """The Trainer with another objective and other batches."""

    objective: Objective

    def get_train_dataloader(self) -> DataLoader:
        """This process's part of every batch; the Trainer's own differ with the number of processes."""
        assert isinstance(self.train_dataset, Dataset)
        size, seed = self.args.train_batch_size * processes(), self.args.seed
        batches = LengthGroupedBatches(lengths(self.train_dataset), size, seed, lambda: self.state.global_step)
        pinned = self.args.dataloader_pin_memory
        return DataLoader(self.train_dataset, batch_sampler=batches, collate_fn=self.data_collator, pin_memory=pinned)

    def __init__(self, objective: Objective, **options: Any) -> None:
        super().__init__(**options)
        self.objective = objective

    def compute_loss(
        self, model: Model, inputs: dict[str, Tensor], return_outputs: bool = False, num_items_in_batch: Any = None
    ) -> Any:
        # Validation has no columns of a teacher, and is measured by its labels in every run.
        loss, logits = (self.objective if model.training else cross_entropy_objective)(model, inputs)
        return (loss, {"logits": logits}) if return_outputs else loss


class LengthGroupedBatches:
    """This process's part of the batches of every epoch, as positions of texts of similar length.

    Which texts a batch holds depends on the seed and the epoch alone: not on the number of processes, and not on
    whether the run was resumed in between.
    """

    def __init__(self, lengths: np.ndarray, batch_size: int, seed: int, step: Callable[[], int]) -> None:
        self.lengths = lengths
        """[texts], in tokens."""
        self.batch_size = batch_size
        """Texts of a batch, over all processes."""
        self.seed = seed
        self.step = step
        """Returns how many batches were trained on before."""

    def __len__(self) -> int:
        return ceil(len(self.lengths) / self.batch_size)

    def __iter__(self) -> Iterator[list[int]]:
        epoch = self.step() // len(self)
        if epoch == 0 and process_rank() > 0:
            torch.manual_seed(self._state(epoch, process_rank()))  # other dropout
        for batch in self._batches(epoch):
            # Every process must have a text; where a batch has too few, each takes all of them.
            yield batch[process_rank() :: processes()] if len(batch) >= processes() else batch

    def _batches(self, epoch: int) -> list[list[int]]:
        """All positions in the batches of an epoch, which come in random order.

        The grouping has the longest first, over and over: where long texts are of other classes than short ones, the
        last steps would see few classes.
        """
        state = self._state(epoch)
        order = get_length_grouped_indices(
            self.lengths, self.batch_size, GROUPED, generator=torch.Generator().manual_seed(state)
        )
        batches = [order[start : start + self.batch_size] for start in range(0, len(order), self.batch_size)]
        return [batches[i] for i in np.random.default_rng(state).permutation(len(batches))]

    def _state(self, *parts: int) -> int:
        return int(np.random.SeedSequence([self.seed, *parts]).generate_state(1)[0])


def _resumable(checkpoints: Path) -> Path | None:
    """The checkpoint that all processes resume from: the last that the first process finds."""
    last = last_complete(checkpoints) if process_rank() == 0 else None
    step = broadcast(_step(last) if last else -1)
    if step < 0:
        return None
    if process_rank() == 0:
        print(f"resuming from {last}", flush=True)
    return checkpoints / f"checkpoint-{step}"


def _step(checkpoint: Path) -> int:
    return int(checkpoint.name.removeprefix("checkpoint-"))


def last_complete(checkpoints: Path) -> Path | None:
    """The checkpoint furthest on that was written to its end; those that a kill left half-written are removed."""
    for half in checkpoints.glob("checkpoint-*"):
        if not (half / COMPLETE).exists():
            shutil.rmtree(half)
    return max(checkpoints.glob("checkpoint-*"), key=_step, default=None)


COMPLETE = "complete"
"""The file that marks a checkpoint as written to its end."""


class _SaveEverySeconds(TrainerCallback):
    """Asks for a checkpoint when the last is older than some seconds, so that long epochs can be resumed too."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self.last = time.monotonic()

    def on_step_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        if broadcast(time.monotonic() - self.last > self.seconds):  # clocks differ
            control.should_save = True

    def on_save(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        wait_for_all()  # for what each process has to write
        if process_rank() == 0:
            (Path(args.output_dir) / f"checkpoint-{state.global_step}" / COMPLETE).touch()
        self.last = time.monotonic()
