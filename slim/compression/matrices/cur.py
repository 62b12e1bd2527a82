"""CUR decomposition (CURing, arXiv:2501.04211): some columns of a matrix, a core, and some of its rows.

W [m, n] is near C U R with C = W[:, columns] [m, r], R = W[rows, :] [r, n] and the core U [r, r].
"""

from collections.abc import Callable
from math import isqrt

import torch
from scipy.linalg import qr
from torch import Tensor


def core(weight: Tensor, rows: Tensor, columns: Tensor) -> Tensor:
    """[r, r]: the core with which columns and rows come nearest to the matrix, squared: C+ W R+, in float64."""
    exact = weight.double()
    left, right = torch.linalg.pinv(exact[:, columns]), torch.linalg.pinv(exact[rows])
    return (left @ exact @ right).to(weight.dtype)


def break_even(m: int, n: int) -> int:
    """The largest rank at which the three have fewer parameters than the matrix: m r + r^2 + r n < m n."""
    root = isqrt(m * m + 6 * m * n + n * n)
    rank = (root - (m + n)) // 2
    return rank if m * rank + rank * rank + rank * n < m * n else rank - 1


def deim(vectors: Tensor) -> Tensor:
    """[r]: row indices by the discrete empirical interpolation method (Sorensen and Embree, arXiv:1407.5516).

    `vectors`: [m, r], orthonormal columns, most important first. Each index is where the next vector is interpolated
    worst from all that were chosen before.
    """
    chosen = [int(vectors[:, 0].abs().argmax())]
    for j in range(1, vectors.shape[1]):
        weights = torch.linalg.solve(vectors[chosen, :j], vectors[chosen, j])
        chosen.append(int((vectors[:, j] - vectors[:, :j] @ weights).abs().argmax()))
    return torch.tensor(chosen)


def deim_released(vectors: Tensor) -> Tensor:
    """[r]: as the authors' released code chooses: only the newest index is interpolated, and none is chosen twice."""
    chosen: list[int] = []
    for j in range(vectors.shape[1]):
        residual = vectors[:, j].clone()
        if chosen:
            newest, before = chosen[-1], vectors[:, :j]
            row = before[newest]
            residual -= before @ (row * vectors[newest, j] / row.square().sum())
        residual[chosen] = 0
        chosen.append(int(residual.abs().argmax()))
    return torch.tensor(chosen)


def pivoted_qr(vectors: Tensor) -> Tensor:
    """[r]: row indices by QR with column pivoting of the transposed vectors (Q-DEIM, arXiv:1505.00370)."""
    _, pivots = qr(vectors.T.numpy(), mode="r", pivoting=True)
    return torch.from_numpy(pivots[: vectors.shape[1]].copy()).long()


SELECTIONS: dict[str, Callable[[Tensor], Tensor]] = {
    "deim": deim, "deim_released": deim_released, "pivoted_qr": pivoted_qr,
}  # fmt: skip


def select(weight: Tensor, norms: Tensor, rank: int, selection: str) -> tuple[Tensor, Tensor]:
    """(rows, columns), [r] each: those that matter most for |W| * norms, the score of Wanda (arXiv:2306.11695).

    `norms` [n]: root mean squares of the inputs.
    """
    left, _, right = torch.linalg.svd(weight.double().abs() * norms.double(), full_matrices=False)
    choose = SELECTIONS[selection]
    return choose(left[:, :rank]), choose(right[:rank].T.contiguous())


def rank_of_energy(weight: Tensor, norms: Tensor, energy: float) -> int:
    """The fewest singular values of W diag(norms) whose squares are that share of the sum of all squares."""
    squares = torch.linalg.svdvals(weight.double() * norms.double()).square()
    share = squares.cumsum(0) / squares.sum().clamp_min(torch.finfo(torch.float64).tiny)
    return min(int((share < energy - 1e-12).sum()) + 1, len(squares))
