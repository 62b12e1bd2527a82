"""CUR: exact at full rank, least-squares core, bounds of the theory, break-even, and what selection must never do."""

import pytest
import torch

from slim.compression.matrices.cur import SELECTIONS, break_even, core, deim, rank_of_energy, select


def low_rank(m: int, n: int, rank: int, seed: int = 0) -> torch.Tensor:
    draw = torch.Generator().manual_seed(seed)
    return torch.randn(m, rank, generator=draw, dtype=torch.float64) @ torch.randn(
        rank, n, generator=draw, dtype=torch.float64
    )


def decayed(m: int, n: int, seed: int = 0) -> torch.Tensor:
    draw = torch.Generator().manual_seed(seed)
    left, _ = torch.linalg.qr(torch.randn(m, min(m, n), generator=draw, dtype=torch.float64))
    right, _ = torch.linalg.qr(torch.randn(n, min(m, n), generator=draw, dtype=torch.float64))
    return left * 0.8 ** torch.arange(min(m, n), dtype=torch.float64) @ right.T


def rebuilt(weight: torch.Tensor, rows: torch.Tensor, columns: torch.Tensor) -> torch.Tensor:
    return weight[:, columns] @ core(weight, rows, columns) @ weight[rows]


@pytest.mark.parametrize("selection", SELECTIONS)
def test_a_matrix_of_that_rank_is_rebuilt_exactly(selection):
    weight = low_rank(40, 30, 6)
    rows, columns = select(weight, torch.ones(30), 6, selection)
    # The score is |W|, of full rank, so any independent rows and columns are as good.
    assert torch.allclose(rebuilt(weight, rows, columns), weight, atol=1e-9)
    square = low_rank(12, 12, 12)
    assert torch.allclose(rebuilt(square, *select(square, torch.ones(12), 12, selection)), square, atol=1e-8)


@pytest.mark.parametrize("selection", SELECTIONS)
def test_indices_are_unique(selection):
    weight = decayed(60, 50)
    for indices in select(weight, torch.ones(50), 20, selection):
        assert len(set(indices.tolist())) == 20


def test_the_core_is_the_least_squares_optimum():
    weight = decayed(40, 30)
    rows, columns = select(weight, torch.ones(30), 8, "deim")
    best = core(weight, rows, columns)
    error = (weight - weight[:, columns] @ best @ weight[rows]).square().sum()
    draw = torch.Generator().manual_seed(1)
    for _ in range(20):
        other = best + 1e-3 * torch.randn(best.shape, generator=draw, dtype=torch.float64)
        assert (weight - weight[:, columns] @ other @ weight[rows]).square().sum() > error


@pytest.mark.parametrize("rank", [2, 5, 10, 20])
def test_unweighted_the_error_is_within_the_bound_of_sorensen_and_embree_and_above_the_svds(rank):
    weight = decayed(60, 50, seed=rank)
    left, values, right = torch.linalg.svd(weight, full_matrices=False)
    rows, columns = deim(left[:, :rank]), deim(right[:rank].T.contiguous())
    difference = weight - rebuilt(weight, rows, columns)
    eta = [torch.linalg.matrix_norm(torch.linalg.inv(vectors), 2)
           for vectors in (left[rows, :rank], right[:rank, columns])]  # fmt: skip
    assert torch.linalg.matrix_norm(difference, 2) <= sum(eta) * values[rank] * (1 + 1e-9)
    assert difference.norm() >= values[rank:].norm() * (1 - 1e-9)


def test_textbook_selection_is_nearer_than_the_released_one_and_both_than_random():
    errors = {"deim": 0.0, "deim_released": 0.0, "random": 0.0}
    for seed in range(5):
        weight = decayed(80, 80, seed)
        left, _, right = torch.linalg.svd(weight)
        draw = torch.Generator().manual_seed(seed)
        for name in errors:
            if name == "random":
                rows, columns = (torch.randperm(80, generator=draw)[:16] for _ in range(2))
            else:
                rows, columns = SELECTIONS[name](left[:, :16]), SELECTIONS[name](right[:16].T.contiguous())
            errors[name] += (weight - rebuilt(weight, rows, columns)).norm().item()
    assert errors["deim"] < errors["deim_released"] < errors["random"]


@pytest.mark.parametrize("selection", SELECTIONS)
def test_a_column_that_no_input_reaches_is_never_chosen_before_one_that_is(selection):
    weight, norms = decayed(30, 20), torch.ones(20)
    norms[::2] = 0
    _, columns = select(weight, norms, 10, selection)
    assert set(columns.tolist()) == set(range(1, 20, 2))


@pytest.mark.parametrize(("m", "n", "rank"), [(384, 384, 159), (1536, 384, 269), (768, 768, 318), (3072, 768, 538)])
def test_break_even(m, n, rank):
    assert break_even(m, n) == rank
    assert m * rank + rank**2 + rank * n < m * n <= m * (rank + 1) + (rank + 1) ** 2 + (rank + 1) * n


def test_the_rank_of_an_energy():
    weight = torch.diag(torch.tensor([3.0, 2.0, 1.0, 0.0]))
    ones = torch.ones(4)
    assert [rank_of_energy(weight, ones, energy) for energy in (9 / 14, 0.65, 13 / 14, 1.0)] == [1, 2, 2, 3]
    assert rank_of_energy(weight, torch.tensor([0.0, 1.0, 1.0, 1.0]), 0.8) == 1
