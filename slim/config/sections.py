"""The parts of params.yaml, each a frozen, documented model."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from slim.utils.registry import names

Share = Annotated[float, Field(gt=0, le=1)]
Count = Annotated[int, Field(ge=1)]


class Section(BaseModel):
    """A part of params.yaml: read-only, unknown keys refused, numbers in quotes not taken for numbers."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class Grid(Section):
    """What the run is repeated over."""

    datasets: Annotated[list[str], Field(min_length=1)]
    """Names of entries of `datasets`."""
    seeds: Annotated[list[Annotated[int, Field(ge=0)]], Field(min_length=1)]
    """One teacher, one statistics, one lattice and so on a seed."""


class Runtime(Section):
    """How every model is run; it decides the last bits of every number."""

    threads: Count = 2
    """Of each process."""
    precision: Literal["auto", "fp32", "bf16"] = "auto"
    """auto: bfloat16 autocast where the CPU or GPU multiplies it in hardware."""
    batch_size: Count = 64
    """Texts in a batch wherever nothing is trained."""
    max_tokens: Annotated[int, Field(ge=4)] = 64
    """Texts are cut at this many tokens, special ones included."""


class Shape(Section):
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
    def _possible(self) -> "Shape":
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
    config: Shape = Shape()
    """random: the architecture and its sizes."""
    seed: Annotated[int, Field(ge=0)] = 0
    """random: of the weights."""

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


class Packaged(Section):
    """Public benchmark data inside an archive of the package index."""

    source: Literal["packaged"]
    path: str
    """The file of the catalogue that describes it."""
    train_rows: Count | None = None
    """All rows where absent, here and below."""
    validation_rows: Count | None = None
    test_rows: Count | None = None
    unlabelled_rows: Annotated[int, Field(ge=0)] | None = None
    """Further texts without a label, for teachers to label."""
    validation_fraction: Share = 0.1
    """Of train, where `validation_rows` is absent."""
    seed: Annotated[int, Field(ge=0)] = 0
    """Of the validation split and of the rows that are kept; the test split is always the same."""


class Digits(Section):
    """The images of digits that come with scikit-learn."""

    source: Literal["digits"]
    path: str
    """The lock file that pins scikit-learn."""
    test_fraction: Share = 0.25
    validation_fraction: Share = 0.15
    """Of what is not test."""
    seed: int = 0


class Files(Section):
    """Your own CSV, TSV, JSONL or Parquet."""

    source: Literal["files"]
    path: str
    """The folder that they lie in."""
    train: str = "train.csv"
    test: str = "test.csv"
    validation: str | None = None
    """Cut from train when absent."""
    unlabelled: str | None = None
    """Further texts without a label, for teachers to label."""
    validation_fraction: Share = 0.1
    text: str = "text"
    text_pair: str | None = None
    """Column of the second text, where texts come in pairs."""
    image: str | None = None
    """Column of the names of image files in the folder, where images are classified."""
    label: str = "label"
    delimiter: Annotated[str, Field(min_length=1, max_length=1)] | None = None
    """What separates the fields of a CSV, where that is no comma (of a TSV, no tab)."""
    clean: bool = False
    """Rid texts of HTML, entities and escaped line breaks."""
    bad_rows: Literal["drop", "refuse"] = "drop"
    """What happens to rows without a text or label, or with more or fewer fields than the header."""
    max_classes: Annotated[int, Field(ge=2)] = 150
    """More labels look like a number to predict, or an id, and are refused."""
    train_rows: Count | None = None
    validation_rows: Count | None = None
    test_rows: Count | None = None
    unlabelled_rows: Count | None = None
    seed: int = 0


class Hub(Section):
    """A dataset of the Hugging Face hub."""

    source: Literal["hub"]
    path: str
    """The file of the catalogue that describes it."""
    train_rows: Count | None = None
    """All rows where absent, here and below."""
    validation_rows: Count | None = None
    """Where the hub has no validation split: cut from train, a tenth of it when absent."""
    test_rows: Count | None = None
    balanced: bool = True
    """As many rows of every class; else in the proportions of the classes."""
    pinned: bool = False
    """Refuse a revision that may change."""
    seed: Annotated[int, Field(ge=0)] = 0


class Training(Section):
    """AdamW with a linear schedule."""

    epochs: Annotated[float, Field(gt=0)] = 3
    min_steps: Annotated[int, Field(ge=0)] = 0
    """At least so many optimizer steps, so that a small dataset is passed more often."""
    batch_size: Count = 32
    learning_rate: Annotated[float, Field(gt=0, lt=1)] = 2e-5
    warmup: Annotated[float, Field(ge=0, lt=1)] = 0.1
    """Share of the steps over which the learning rate rises."""
    weight_decay: Annotated[float, Field(ge=0)] = 0.01


class Ablate(Section):
    """Which layer subsets are measured."""

    max_subsets: Count = 4096
    """All 2^L are, if they are no more than this."""
    subsets: list[list[Annotated[int, Field(ge=0)]]] = []
    """Retained layers of further subsets, for models with more layers."""


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

    epochs: Annotated[float, Field(gt=0)] | None = None
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


class Recover(Section):
    """The short training of retained sets, and which sets are trained."""

    sizes: Annotated[list[Count], Field(min_length=1)] = [1, 2, 3]
    """How many layers the sets keep."""
    sets: Count = 20
    """At most so many of each size, drawn with `seed`."""
    seed: Annotated[int, Field(ge=0)] = 0
    batch_size: Count = 32
    learning_rate: Annotated[float, Field(gt=0, lt=1)] = 2e-4
    warmup: Annotated[float, Field(ge=0, lt=1)] = 0.1
    weight_decay: Annotated[float, Field(ge=0)] = 0.01

    def schedule(self, budget: Budget) -> dict[str, Any]:
        """The training schedule of a budget."""
        how = {name: getattr(self, name) for name in Training.model_fields if hasattr(self, name)}
        return how | {"epochs": budget.epochs or 1.0, "steps": budget.steps}


class Evaluate(Section):
    """Intervals."""

    resamples: Annotated[int, Field(ge=100)] = 2000
    level: Annotated[float, Field(gt=0.5, lt=1)] = 0.95
    calibration_bins: Annotated[int, Field(ge=2)] = 15
