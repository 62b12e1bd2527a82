"""Times: every model in every round, percentiles that are measured times, and a process of its own."""

from itertools import count

import numpy as np
import pytest

from slim.shipping.latency import interleaved, machine, short_and_long, starts, summary
from tests import pico


def test_every_model_is_called_in_every_round_and_none_is_always_first():
    called = []
    calls = {name: lambda name=name: called.append(name) for name in "abc"}
    ticks = count()
    seconds = interleaved(calls, 3, warmup=2, clock=lambda: next(ticks))
    assert called == [*"abcabc", *"abc", *"bca", *"cab"]
    assert {name: list(of) for name, of in seconds.items()} == {name: [1, 1, 1] for name in "abc"}


def test_the_time_of_a_call_is_its_own():
    now = [0.0]

    def takes(seconds):
        return lambda: now.__setitem__(0, now[0] + seconds)

    seconds = interleaved({"slow": takes(2.0), "fast": takes(0.5)}, 4, clock=lambda: now[0])
    assert set(seconds["slow"]) == {2.0} and set(seconds["fast"]) == {0.5}


def test_percentiles_are_times_that_were_measured():
    seconds = np.array([5.0, 1, 2, 3, 4, 6, 7, 8, 9, 100])
    assert summary(seconds) == {"p50": 5.0, "p90": 9.0, "min": 1.0, "noisy": True}
    assert not summary(np.ones(10))["noisy"]


def test_short_and_long_texts_are_not_the_extremes():
    texts = ["x" * n for n in range(1, 102)]
    assert {name: len(text) for name, text in short_and_long(texts[::-1]).items()} == {"short": 11, "long": 91}
    assert short_and_long(["one"]) == {"short": "one", "long": "one"}


def test_a_process_of_its_own_loads_and_answers(tmp_path):
    pico.classifier().save(tmp_path / "model", pico.texts())
    (row,) = starts({"model": tmp_path / "model"}, "word1 word2", threads=1, rounds=1)
    assert row["recipe"] == "model" and 0 < row["load"] < row["answer"] and row["peak_bytes"] > 1e7
    with pytest.raises(ValueError, match="nowhere does not answer in a process of its own"):
        list(starts({"nowhere": tmp_path / "nowhere"}, "word1", threads=1, rounds=1))


def test_the_machine_is_named():
    facts = machine(2)
    assert facts["threads"] == 2 and facts["cores"] >= 1 and "torch" in facts["versions"]
