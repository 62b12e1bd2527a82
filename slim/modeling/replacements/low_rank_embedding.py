"""A table of embeddings as the product of a narrow table and a matrix (ALBERT's factorization, arXiv:1909.11942)."""

from torch import Tensor, nn


class LowRankEmbedding(nn.Embedding):
    """A narrow table, whose rows a matrix makes wide: [rows, rank] and [width, rank]."""

    def __init__(self, rows: int, width: int, rank: int, padding_idx: int | None) -> None:
        super().__init__(rows, rank, padding_idx)
        self.expansion = nn.Linear(rank, width, bias=False)

    def forward(self, ids: Tensor) -> Tensor:
        """[..., width] for ids [...]."""
        wide: Tensor = self.expansion(super().forward(ids))
        return wide


def low_rank_embedding(module: nn.Embedding, *, rank: int) -> LowRankEmbedding:
    """In place of an embedding: as many rows, of so many numbers."""
    return LowRankEmbedding(module.num_embeddings, module.embedding_dim, rank, module.padding_idx)
