"""The parts of params.yaml, each a frozen, documented model."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from slim.utils.option_types import AtLeastTwo, Count, CountOrZero, LearningRate, NotNegative, Positive, Seed, Warmup
from slim.utils.registry import names


class Section(BaseModel):
    """A part of params.yaml: read-only, unknown keys refused, numbers in quotes not taken for numbers."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class Grid(Section):
    """What the run is repeated over."""

    datasets: Annotated[list[str], Field(min_length=1)]
    """Names of entries of `datasets`."""
    seeds: Annotated[list[Seed], Field(min_length=1)]
    """One teacher, one statistics, one lattice and so on a seed."""


class Runtime(Section):
    """How every model is run; it decides the last bits of every number."""

    threads: Count = 2
    """Of each process."""
    precision: Literal["auto", "fp32", "bf16"] = "auto"
    """auto: bfloat16 autocast where the CPU or GPU multiplies it in hardware."""
    batch_size: Count = 64
    """Texts in a batch wherever nothing is trained."""


class RandomModel(Section):
    """What a model of random weights is like; vocabulary and special tokens are its tokenizer's, if it has one."""

    model_type: str = "bert"
    """The architecture: a file of slim/modeling/architectures/."""
    num_hidden_layers: Count = 12
    hidden_size: Count = 256
    num_attention_heads: Count = 4
    num_key_value_heads: Count | None = None
    """Where keys and values have heads of their own: fewer than queries."""
    intermediate_size: Count = 1024
    max_position_embeddings: Count | None = None
    """512 where absent and texts are read."""
    image_size: Count | None = None
    """Pixels a side, where images are read; likewise the next."""
    patch_size: Count | None = None

    @model_validator(mode="after")
    def _possible(self) -> "RandomModel":
        known = [name.replace("_", "-") for name in names("modeling/architectures")]
        if self.model_type not in known:
            raise ValueError(f"architecture '{self.model_type}' is not supported: choose one of {', '.join(known)}")
        if self.hidden_size % self.num_attention_heads:
            raise ValueError(f"hidden_size {self.hidden_size} does not divide into {self.num_attention_heads} heads")
        if bool(self.image_size) != bool(self.patch_size):
            raise ValueError("image_size and patch_size go together: give both, or neither where texts are read")
        if self.image_size and self.patch_size and self.image_size % self.patch_size:
            raise ValueError(f"images of {self.image_size} pixels do not divide into patches of {self.patch_size}")
        if self.num_attention_heads % (self.num_key_value_heads or 1):
            raise ValueError(
                f"{self.num_attention_heads} heads do not divide into groups of {self.num_key_value_heads}"
            )
        return self


class ModelSource(Section):
    """The encoder that teachers start from."""

    source: Literal["packaged", "folder", "hub", "random"] = "packaged"
    """packaged: inside an installed package; folder: a local folder that `save_pretrained` wrote; hub: a repository
    of the Hugging Face hub; random: random weights."""
    path: str
    """What DVC watches: the folder, and for every other source the lock file that pins what fetches it."""
    name: str = ""
    """packaged: the package; hub: the repository, as in google-bert/bert-base-uncased; random: the package whose
    tokenizer is used."""
    sha256: str | None = None
    """What model.safetensors must hash to."""
    revision: Annotated[str, Field(pattern=r"^[0-9a-f]{40}$")] | None = None
    """hub: the commit, in full, since a branch may change."""
    config: RandomModel = RandomModel()
    """random: the architecture and its sizes."""
    seed: Seed = 0
    """random: of the weights."""
    fine_tuned: bool = False
    """Whether it is a classifier of the data's classes already, so that nothing is trained: the teacher as it is."""
    labels: Annotated[list[str], Field(min_length=2)] | None = None
    """fine_tuned: names of its outputs, in order, where its config has none or others than the data."""

    @model_validator(mode="after")
    def _complete(self) -> "ModelSource":
        images = self.source == "random" and self.config.image_size is not None
        if images and self.name:
            raise ValueError("name does not go with a config of images, which have no tokenizer: drop it")
        if (
            not self.name
            and not images
            and self.source
            in (
                what := {
                    "packaged": "the package that carries the model",
                    "hub": "the repository, as in google-bert/bert-base-uncased",
                    "random": "the package whose tokenizer is used",
                }
            )
        ):
            raise ValueError(f"name is missing: {what[self.source]}")
        if self.source == "hub" and not self.revision:
            raise ValueError("revision is missing: the commit, in full, from the history of the repository")
        for key, source in (("revision", "hub"), ("config", "random"), ("seed", "random")):
            if key in self.model_fields_set and self.source != source:
                raise ValueError(f"{key} goes with source {source} only: drop it")
        if self.sha256 and self.source == "random":
            raise ValueError("sha256 does not go with source random: drop it")
        return self

    @model_validator(mode="after")
    def _fine_tuned(self) -> "ModelSource":
        if self.fine_tuned and self.source == "random":
            raise ValueError("fine_tuned does not go with source random, whose head is random too: drop it")
        if self.labels and not self.fine_tuned:
            raise ValueError("labels go with `fine_tuned: true` only: add that, or drop them")
        if self.labels and len(set(self.labels)) < len(self.labels):
            raise ValueError("labels names a class twice")
        return self


class Optimizer(Section):
    """AdamW with a linear schedule."""

    batch_size: Count = 32
    learning_rate: LearningRate = 2e-5
    warmup: Warmup = 0.1
    weight_decay: NotNegative = 0.01


class Finetune(Optimizer):
    """How teachers are trained; the entry of a dataset may give some of it values of its own."""

    epochs: Positive = 3
    min_steps: CountOrZero = 0
    """At least so many optimizer steps, so that a small dataset is passed more often."""
    max_tokens: Annotated[int, Field(ge=4)] = 64
    """Texts are cut at this many tokens, special ones included; for the teacher and all that is made from it."""
    linear_probe: bool = False
    """Whether the head starts as a logistic regression on the frozen encoder, not at random (arXiv:2202.10054)."""

    def of(self, entry: Mapping[str, Any]) -> "Finetune":
        """With the values that an entry of `datasets` gives instead."""
        return Finetune(**{**self.model_dump(), **entry.get("finetune", {})})


class Ablate(Section):
    """Which layer subsets are measured."""

    max_subsets: Count = 4096
    """All 2^L are, if they are no more than this."""
    sample: CountOrZero = 10
    """Of deeper models: how many random ones of every size, beside those that `greedy` tries."""
    seed: Seed = 0
    """Of the sample."""


class ExtractSignals(Section):
    """The slice of train that is observed."""

    texts: Count = 500
    batch_size: Count = 32


class Rank(Section):
    """When signals are measured, for single signals and fusions alike."""

    schedule: Literal["one_shot", "iterative"] = "one_shot"
    """one_shot: on the intact model; iterative: again on the shrunken model after every removal."""


class Fuse(Section):
    """What fusions learn from."""

    target: str = "raw"
    """raw: accuracies without recovery; or an entry of `budgets`: accuracies after that training."""


class Choose(Section):
    """Which accuracies the curves show, and so which layers a recipe keeps."""

    target: str = "raw"
    """As in `fuse`."""


class Budget(Section):
    """How long recovery trains, by epochs or by steps."""

    epochs: Positive | None = None
    steps: Count | None = None
    sizes: Annotated[list[Count], Field(min_length=1)] | None = None
    """How many layers the sets of this budget keep, where that is not `recover.sizes`."""
    sets: Count | None = None
    """At most so many of each size, where that is not `recover.sets`."""

    @model_validator(mode="after")
    def _one(self) -> "Budget":
        if (self.epochs is None) == (self.steps is None):
            raise ValueError("give either epochs or steps")
        return self


class Recover(Optimizer):
    """The short training of retained sets, and which sets are trained."""

    sizes: Annotated[list[Count], Field(min_length=1)] = [1, 2, 3]
    """How many layers the sets keep."""
    sets: Count = 20
    """At most so many of each size, drawn with `seed`."""
    seed: Seed = 0
    learning_rate: LearningRate = 2e-4

    def schedule(self, budget: Budget) -> dict[str, Any]:
        """The training schedule of a budget."""
        how = {name: getattr(self, name) for name in Optimizer.model_fields}
        return how | {"epochs": budget.epochs or 1.0, "steps": budget.steps}


class Benchmark(Section):
    """How long models are timed."""

    threads: Count = 1
    rounds: Count = 200
    """How often each model answers one text; a tenth of it in batches."""
    batch_size: Count = 32


class Ship(Section):
    """What is handed over."""

    recipe: str
    """The model that is copied, with its card, to shipped/."""


class Evaluate(Section):
    """Intervals."""

    resamples: Annotated[int, Field(ge=100)] = 2000
    level: Annotated[float, Field(gt=0.5, lt=1)] = 0.95
    calibration_bins: AtLeastTwo = 15
