"""How evenly a layer's attention spreads over the keys."""

import numpy as np
from numpy.typing import NDArray

from slim.observation import Observation


def attention_entropy(observation: Observation) -> NDArray[np.float64]:
    """Mean over heads and queries of the entropy of the attention row, as a share of its largest value (OURS).

    Returns [L], in 0 .. 1; high is pruned first. The largest value is the log of the number of keys; queries with
    one key have no choice and are left out. Raises ValueError when no query has two.
    """
    free = observation.keys > 1
    if not free.any():
        raise ValueError("attention_entropy: no query token can attend to more than one key")
    entropy = observation.attention_entropy[:, :, free].mean(axis=1, dtype=np.float64)
    shares: NDArray[np.float64] = (entropy / np.log(observation.keys[free])).mean(axis=1)
    return shares
