"""One file a strategy: a pure function of an Observation that scores every layer."""

CONTROLS = ("every_other", "random", "top_first")
"""Strategies that look at no signal; they compete with the signals and are no features of a fusion."""
