"""Timing several calls in turn, so that whatever else the machine does hits each alike."""

import time
from collections.abc import Callable, Mapping

import numpy as np
from numpy.typing import NDArray

Calls = Mapping[str, Callable[[], object]]


def interleaved(
    calls: Calls, rounds: int, *, warmup: int = 3, clock: Callable[[], float] = time.perf_counter
) -> dict[str, NDArray[np.float64]]:
    """Name -> [rounds]: seconds of a call, one of each in every round, in an order that turns from round to round."""
    names, seconds = list(calls), {name: np.empty(rounds) for name in calls}
    for name in names * warmup:
        calls[name]()
    for i in range(rounds):
        for name in names[i % len(names) :] + names[: i % len(names)]:
            began = clock()
            calls[name]()
            seconds[name][i] = clock() - began
    return seconds
