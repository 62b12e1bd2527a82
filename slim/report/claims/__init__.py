"""The claims ledger: what arXiv:2501.03273 says, and whether this run can say it too. Every word follows from numbers.

A claim about nine datasets is tested on the paper's nine and no others: with fewer of them its verdict is "not
tested", and `here` says what the same rule gives on the datasets of this run.
"""

from collections.abc import Iterable, Mapping
from typing import Any

import pandas as pd

from slim.report.claims._paper import CONTENDERS, FACTOR, NINE, SIGNALS, STRATEGIES
from slim.report.claims._reading import REFUTED, SUPPORTED, UNTESTED
from slim.report.claims.distilled import distilled
from slim.report.claims.ends import ends
from slim.report.claims.equalled import equalled
from slim.report.claims.fusion_leads import fusion_leads
from slim.report.claims.ratio import ratio
from slim.report.claims.set_up import set_up

__all__ = [
    "CONTENDERS", "FACTOR", "NINE", "REFUTED", "SIGNALS", "STRATEGIES", "SUPPORTED", "UNTESTED", "claims", "sentences",
]  # fmt: skip


def claims(
    curves: pd.DataFrame, maxima: pd.DataFrame, results: pd.DataFrame, orders: pd.DataFrame
) -> list[dict[str, Any]]:
    """C1 to C7, from the tables of `slim.report.tables`; plain JSON values, the same for the same tables.

    id, claim: which, in other words than the paper's
    verdict: supported | not supported | not tested, of the claim as it was made
    here: `holds_on` which of the `of` datasets of this run, and the `verdict` of the same rule on these; for
        accuracies read as the paper does, and as `honest` with the depth chosen on validation (C2 to C4) or the
        interval of the difference above zero (C5)
    because: what was found; numbers: from what; datasets, seeds: those that had all the claim needs
    tie_rule, tolerance: when two numbers count as equal, and how far apart they may be beyond that
    """
    return [
        set_up(curves),
        fusion_leads(curves, maxima, "C2", "random_forest", 7, near=2),
        fusion_leads(curves, maxima, "C3", "linear_regression", 5),
        equalled(curves, maxima),
        distilled(results),
        ratio(results),
        ends(curves, orders),
    ]


def sentences(ledger: Iterable[Mapping[str, Any]]) -> list[str]:
    """One sentence a claim, in the order of the ledger."""
    return [f"{c['id']}, {c['claim']}: {c['verdict']}; {c['because']}." for c in ledger]
