"""Channels of a matrix in clusters, and what that costs in bits (SWSC, arXiv:2501.08631)."""

import numpy as np
import torch
from sklearn.cluster import KMeans
from torch import Tensor


def clustered(weight: Tensor, clusters: int, seed: int) -> tuple[Tensor, Tensor]:
    """(centroids [k, n], labels [m], int64) of the rows of a matrix [m, n], by k-means from one k-means++ start."""
    rows = weight.detach().cpu().numpy().astype(np.float64)
    found = KMeans(clusters, n_init=1, random_state=seed).fit(rows)
    return torch.from_numpy(found.cluster_centers_).to(weight), torch.from_numpy(found.labels_.astype(np.int64))


def bits_per_weight(m: int, n: int, clusters: int, rank: int, value_bits: int = 16) -> float:
    """Bits of centroids, labels (of 8 or 16 bits) and correction of the rows of a matrix [m, n], a weight."""
    labels = m * (8 if clusters <= 256 else 16)
    return (value_bits * (clusters * n + rank * (m + n)) + labels) / (m * n)
