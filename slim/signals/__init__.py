"""One file a strategy: a pure function of an Observation that scores every layer."""
