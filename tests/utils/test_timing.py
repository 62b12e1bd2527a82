"""Every call in every round, each with its own time."""

from itertools import count

from slim.utils.timing import interleaved


def test_everything_is_called_in_every_round_and_none_is_always_first():
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
