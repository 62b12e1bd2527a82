"""Numbers as tables print them, and as the ledger keeps them."""

import numpy as np

TIES = "accuracies tie when they print alike, in percent with one decimal, as the paper prints them"


def printed(share: float) -> float:
    """A share in percent, as tables print it."""
    return float(format(100 * share, ".1f"))


def rounded(value: float) -> float:
    return float(f"{value:.6g}")


def present(numbers: dict[str, float]) -> dict[str, float]:
    return {name: value for name, value in numbers.items() if np.isfinite(value)}
