"""How evenly a layer's attention spreads over the keys."""

import numpy as np
from numpy.typing import NDArray

from slim.ranking.layer_statistics import LayerStatistics


def attention_entropy(statistics: LayerStatistics) -> NDArray[np.float64]:
    """Mean over heads and queries of the entropy of the attention row, as a share of its largest value (OURS).

    Returns [L], in 0 .. 1; high is pruned first. The largest value is the log of the number of keys; queries with
    one key have no choice and are left out. Raises ValueError when no query has two.
    """
    if not (statistics.keys > 1).any():
        raise ValueError("attention_entropy: no query token can attend to more than one key")
    if statistics.keys.ndim == 1:
        return _shares(statistics.attention_entropy, statistics.keys)
    layers = zip(statistics.attention_entropy, statistics.keys, strict=True)
    return np.concatenate([_shares(entropy[None], keys) for entropy, keys in layers])


def _shares(entropy: NDArray[np.float32], keys: NDArray[np.int64]) -> NDArray[np.float64]:
    """[L]: mean share of entropies [L, H, tokens] in the largest they could be with so many keys [tokens]."""
    free = keys > 1
    mean = entropy[:, :, free].mean(axis=1, dtype=np.float64)
    shares: NDArray[np.float64] = (mean / np.log(keys[free])).mean(axis=1)
    return shares
