"""Numbers as people read them; what was not measured is an empty string, never a zero and never `nan`."""

from collections.abc import Callable
from typing import Any

import pandas as pd


def number(value: Any, spec: str) -> str:
    """A number in a format, with a true minus sign and no negative zero."""
    if pd.isna(value):
        return ""
    text = format(value, spec)
    zero = not any(digit in text for digit in "123456789")
    return text.replace("-", "+" if spec.startswith("+") else "") if zero else text.replace("-", "−")


def percent(fraction: Any) -> str:
    """A fraction in percent, one decimal, without the sign: 0.8512 is 85.1."""
    return "" if pd.isna(fraction) else number(100 * fraction, ".1f")


def points(difference: Any) -> str:
    """A difference of fractions in percentage points, with its sign: -0.0125 is −1.2."""
    return "" if pd.isna(difference) else number(100 * difference, "+.1f")


def interval(low: Any, high: Any, form: Callable[[Any], str] = percent) -> str:
    """An interval in brackets, its ends written by `form`."""
    return "" if pd.isna(low) or pd.isna(high) else f"[{form(low)}, {form(high)}]"


def megabytes(size: Any) -> str:
    """Bytes as MB (10^6 bytes), one decimal; below 1 MB two."""
    return "" if pd.isna(size) else number(size / 1e6, ",.1f" if size >= 1e6 else ".2f")


def p_value(p: Any) -> str:
    """A p-value, three decimals: `p = 0.034`, `p < 0.001`."""
    return "p < 0.001" if p < 0.001 else f"p = {number(p, '.3f')}"


def words(name: object) -> str:
    """A name of params.yaml in running text: random_forest is `random forest`."""
    return str(name).replace("_", " ")


def rounded(value: float) -> float:
    """Six significant digits, as in the tables."""
    return float(f"{value:.6g}")
