"""Times: percentiles that are measured times, and a process of its own."""

import numpy as np
import pytest

from slim.shipping.latency import machine, short_and_long, starts, summary
from tests import pico


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
