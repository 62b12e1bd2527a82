"""Numbers as people read them; what was not measured is an empty string, never a zero and never `nan`."""

from typing import Any

import pandas as pd


def number(value: Any, spec: str) -> str:
    """A number in a format, with a true minus sign and no negative zero."""
    if pd.isna(value):
        return ""
    text = format(value, spec)
    zero = not any(digit in text for digit in "123456789")
    return text.replace("-", "+" if spec.startswith("+") else "") if zero else text.replace("-", "−")


def percent(share: Any) -> str:
    """A share as percent, one decimal, without the sign: 0.8512 is 85.1."""
    return "" if pd.isna(share) else number(100 * share, ".1f")


def points(difference: Any) -> str:
    """A difference of shares in percentage points, with its sign: -0.0125 is −1.2."""
    return "" if pd.isna(difference) else number(100 * difference, "+.1f")


def interval(low: Any, high: Any, form: Any = percent) -> str:
    """An interval in brackets, ends written by `form`."""
    return "" if pd.isna(low) or pd.isna(high) else f"[{form(low)}, {form(high)}]"


def megabytes(size: Any) -> str:
    """Bytes as MB (10^6 bytes), one decimal."""
    return "" if pd.isna(size) else number(size / 1e6, ",.1f")


def times(ratio: Any) -> str:
    """A ratio, two decimals."""
    return number(ratio, ".2f")


def probability(p: Any) -> str:
    """A p-value, three decimals: 0.034, < 0.001."""
    return "< 0.001" if p < 0.001 else number(p, ".3f")


def chance(p: Any) -> str:
    """A p-value in running text: `p = 0.034`, `p < 0.001`."""
    return f"p {probability(p)}" if p < 0.001 else f"p = {probability(p)}"


def words(name: str) -> str:
    """A name of the grid in running text: random_forest is `random forest`."""
    return name.replace("_", " ")
