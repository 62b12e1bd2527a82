"""How labels are spelled: one class written in several ways, and words that say that there is no label."""

import re
import unicodedata
from collections.abc import Iterable

MISSING = ["#N/A", "#NA", "<NA>", "N/A", "NA", "NULL", "NaN", "NaT", "None", "n/a", "nan", "null"]
"""What programs write where there is no value; people who mean a class of that name say so in `missing`."""


def without_point(label: str) -> str:
    """A label as every format gives it: `1.0` is 1, since missing neighbours turn whole numbers into floats."""
    if number := re.fullmatch(r"([+-]?[0-9]+)\.0*", label):
        return "0" if re.fullmatch(r"[+-]0+", number[1]) else number[1]
    return label


def alike(labels: Iterable[str]) -> list[list[str]]:
    """Labels that differ by case, blanks or invisible characters only, group by group, sorted."""
    groups: dict[str, list[str]] = {}
    for label in sorted(labels):
        groups.setdefault(bare(label), []).append(label)
    return [group for group in groups.values() if len(group) > 1]


def bare(label: str) -> str:
    """What is left of a label when case, blanks and invisible characters do not count."""
    folded = unicodedata.normalize("NFKC", label).casefold()
    return "".join(mark for mark in folded if mark.isprintable() and not mark.isspace())
