"""How evenly a layer's attention spreads over the keys."""

import numpy as np
from numpy.typing import NDArray

from slim.ranking.layer_statistics import LayerStatistics


def attention_entropy(statistics: LayerStatistics) -> NDArray[np.float64]:
    """Mean over heads and queries of the entropy of the attention row, divided by its largest value (this project).

    Returns [L], in 0 .. 1; high is pruned first. The largest value is the log of the number of keys; queries with
    one key are left out. Raises ValueError when no query has two.
    """
    if not (statistics.keys > 1).any():
        raise ValueError(
            "attention_entropy: no query can attend to more than one key, use texts of two tokens or more"
        )
    if statistics.keys.ndim == 1:
        return _relative_entropy(statistics.attention_entropy, statistics.keys)
    layers = zip(statistics.attention_entropy, statistics.keys, strict=True)
    return np.concatenate([_relative_entropy(entropy[None], keys) for entropy, keys in layers])


def _relative_entropy(entropy: NDArray[np.float32], keys: NDArray[np.int64]) -> NDArray[np.float64]:
    """[L]: mean of entropies [L, H, tokens] divided by the largest that the number of keys [tokens] allows."""
    several = keys > 1
    mean = entropy[:, :, several].mean(axis=1, dtype=np.float64)
    return (mean / np.log(keys[several])).mean(axis=1)
