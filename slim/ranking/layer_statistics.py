"""What one forward and backward pass measures of every layer: all that the signals read."""

from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from slim.utils.io import read_arrays, write_arrays

SITES = ("output", "update")
"""Where activations are read: a layer's output, or its update (output minus input)."""


@dataclass(frozen=True)
class LayerStatistics:
    """Statistics of n texts (without padding) in a model of L layers of width d with H heads.

    Every array is NumPy, so that signals need no deep-learning library. The axis "tokens" runs
    over all real tokens of all texts, in text order.
    """

    example_of_token: NDArray[np.int64]
    """[tokens]: which text a token belongs to, 0 .. n-1."""
    channel_mean: NDArray[np.float32]
    """[2 sites, L, tokens]: mean of a token's activation over its channels."""
    row_norm: NDArray[np.float32]
    """[2 sites, L, tokens]: L2 norm of a token's activation over its channels."""
    pooled: NDArray[np.float32]
    """[L, n, d]: the vector that the classification head would read from this layer."""
    labels: NDArray[np.int64]
    """[n]: true classes."""
    predictions: NDArray[np.int64]
    """[n]: classes predicted by the intact model."""
    gradient_batch_norm: NDArray[np.float64]
    """[L, batches]: L2 norm over the layer's parameters of the gradient of a batch's mean loss."""
    gradient_example_square: NDArray[np.float64]
    """[L, n]: squared L2 norm over the layer's parameters of the gradient of one text's loss."""
    weights: NDArray[np.float32]
    """[L, weights]: entries of the layer's weight matrices, flattened, without biases and norms."""
    attention_max: NDArray[np.float32]
    """[L, H, tokens]: largest attention weight in the row of a query token."""
    attention_entropy: NDArray[np.float32]
    """[L, H, tokens]: Shannon entropy, in nats, of the row of a query token."""
    keys: NDArray[np.int64]
    """[tokens], or [L, tokens] where layers differ: the number of keys that a query token can attend to."""

    @property
    def layers(self) -> int:
        """The number of layers, L."""
        return int(self.weights.shape[0])

    @property
    def examples(self) -> int:
        """The number of texts, n."""
        return int(self.labels.shape[0])

    def site_index(self, site: str) -> int:
        """The index of an activation site. Raises ValueError for an unknown one."""
        if site not in SITES:
            raise ValueError(f"unknown site '{site}': choose from {', '.join(SITES)}")
        return SITES.index(site)

    def save(self, path: str | Path) -> None:
        """Write one .npz file."""
        arrays: dict[str, NDArray[Any]] = {f.name: getattr(self, f.name) for f in fields(self)}
        write_arrays(arrays, path)

    @classmethod
    def load(cls, path: str | Path) -> "LayerStatistics":
        """Read the file that `save` wrote. Raises ValueError when it is damaged."""
        return cls(**read_arrays(path))
