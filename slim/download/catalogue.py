"""What a dataset of the hub is called there, how it is laid out, and under which terms: one YAML file a dataset."""

import re
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

COMMIT = r"[0-9a-f]{40}"
MOVING = ("main", "refs/convert/parquet")
"""Revisions whose content may change; the second is the hub's own conversion of what is not Parquet."""

Pattern = Annotated[str, Field(pattern=r"^[^/].*\.parquet$")]
"""Parquet files of a repository, with * for any run of characters; nothing else is ever fetched."""


class Entry(BaseModel):
    """A dataset of the hub."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    hub: Annotated[str, Field(pattern=r"^[\w.-]+/[\w.-]+$")]
    """`owner/name`."""
    revision: str
    """A commit hash, which never changes, or one of MOVING, said outright."""
    config: str | None = None
    """Which of its configurations the files belong to, where it has several."""
    files: dict[Literal["train", "validation", "test"], Annotated[list[Pattern], Field(min_length=1)]]
    """Original split -> where its rows are."""
    test: Literal["test", "validation"] = "test"
    """The original split that test rows come from; `validation` where the labels of the test split are withheld."""
    text: Annotated[list[str], Field(min_length=1)]
    """Columns that make up the text, in order."""
    join: str = " "
    """What stands between them."""
    text_pair: str | None = None
    """Column of the second text, where texts come in pairs."""
    label: str = "label"
    labels: Annotated[list[str], Field(min_length=2)] | None = None
    """Names of the classes by their number; without, those that the files themselves carry."""
    licence: str
    rows: dict[Literal["train", "validation", "test"], Annotated[int, Field(ge=1)]] = {}
    """How many rows each original split should have; another number is said, not refused."""
    homepage: str
    paper: str | None = None

    @field_validator("revision")
    @classmethod
    def _fixed_or_outright(cls, revision: str) -> str:
        if revision not in MOVING and not re.fullmatch(COMMIT, revision):
            raise ValueError(
                f"'{revision}' may change without notice: give a commit hash (40 hexadecimal digits), "
                f"or say {' or '.join(MOVING)} outright"
            )
        return revision

    @model_validator(mode="after")
    def _splits_suffice(self) -> "Entry":
        if "train" not in self.files:
            raise ValueError("files.train is missing: without rows to learn from there is no dataset")
        if self.test not in self.files:
            remedy = ", or say `test: validation`" if "validation" in self.files else ""
            raise ValueError(f"files.{self.test} is missing, and test rows are never taken from train: add it{remedy}")
        if self.labels and len(set(self.labels)) < len(self.labels):
            raise ValueError("labels names a class twice")
        return self

    @property
    def moving(self) -> bool:
        """Whether the revision may have other rows tomorrow."""
        return self.revision in MOVING

    def origin(self, split: Literal["train", "validation", "test"]) -> list[str]:
        """Where the rows of a split of ours are; none for a validation split that is cut from train."""
        if split == "test":
            return self.files[self.test]
        return [] if split == self.test else self.files.get(split, [])


def read_entry(path: str | Path) -> Entry:
    """A file of the catalogue. Raises ValueError, in one line, that names the key and what it may be."""
    if not Path(path).is_file():
        raise ValueError(f"{path} does not exist: write it (catalogue/agnews.yaml is an example), or correct the path")
    try:
        content = yaml.safe_load(Path(path).read_text(encoding="utf-8"))
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise ValueError(f"{path} is not YAML: {' '.join(str(error).split())}") from error
    if not isinstance(content, dict):
        raise ValueError(f"{path} describes no dataset: catalogue/agnews.yaml is an example")
    try:
        return Entry(**content)
    except ValidationError as error:
        raise ValueError(f"{path}: {_said(error)}") from error


def _said(error: ValidationError) -> str:
    """The first mistake, in one line."""
    mistake = error.errors()[0]
    place = ".".join(str(part) for part in mistake["loc"])
    if mistake["type"] == "extra_forbidden":
        near = get_close_matches(place, list(Entry.model_fields), n=1)
        return f"{place}: unknown key; " + (f"did you mean '{near[0]}'?" if near else "remove it")
    if mistake["type"] == "missing":
        return f"{place} is missing"
    said = str(mistake["ctx"]["error"]) if mistake["type"] == "value_error" else f"{mistake['msg']}"
    got = "" if mistake["type"] == "value_error" else f", got {mistake['input']!r}"
    return f"{place + ': ' if place else ''}{said}{got}"
