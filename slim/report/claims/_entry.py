"""One claim of the ledger, in words and numbers, from its readings."""

from typing import Any

from slim.report.claims._paper import NINE
from slim.report.claims._reading import Reading


def entry(
    id_: str, claim: str, reading: Reading, honest: Reading | None = None, *, seeds: list[int],
    numbers: dict[str, Any], says: str, tie_rule: str, nine: bool = True, more: str = "",
) -> dict[str, Any]:  # fmt: skip
    """One claim of the ledger; `nine`: whether it speaks of the paper's nine datasets."""
    here = reading.here() | ({"honest": honest.here()} if honest else {})
    parts = [_why_untested(reading) if nine else "", _found(reading, honest, says), more]
    return {
        "id": id_, "claim": claim, "verdict": reading.verdict(NINE) if nine else here["verdict"],
        "because": "; ".join(part for part in parts if part), "here": here,
        "datasets": sorted(reading.outcomes), "seeds": seeds, "numbers": numbers,
        "tie_rule": tie_rule, "tolerance": 0.0,
    }  # fmt: skip


def _why_untested(reading: Reading) -> str:
    had = [d for d in NINE if d in reading.outcomes]
    return "" if len(had) == len(NINE) else f"{len(had)} of the paper's nine datasets were tested"


def _found(reading: Reading, honest: Reading | None, says: str) -> str:
    """On which of the datasets of this run a claim holds, in both readings, and what the others lack."""
    lacking = "; ".join(f"{d} lacks {what}" for d, what in reading.lacking.items())
    if not reading.outcomes:
        return lacking or "nothing was measured"
    names = sorted(reading.outcomes)
    text = f"{says} on {_list(reading.on(names))} of {_count(len(names))} of this run"
    if honest is not None:
        text += f", and on {_list(honest.on(names))} read honestly"
    return text + (f"; {lacking}" if lacking else "")


def _list(names: list[str]) -> str:
    return f"{len(names)} ({', '.join(names)})" if names else "none"


def _count(datasets: int) -> str:
    return f"{datasets} dataset" + ("s" if datasets != 1 else "")
