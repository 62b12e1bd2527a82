"""A narrow table of embeddings and a matrix that makes its rows wide, in place of a wide table."""

from typing import TYPE_CHECKING, Literal

from slim.utils.option_types import Count

if TYPE_CHECKING:
    from slim.compression.context import Context
    from slim.modeling.classifier import Classifier


def factorize_embeddings(
    model: "Classifier", context: "Context", *, rank: Count, weights: Literal["counts", "equal"] = "counts"
) -> "Classifier":
    """The model with its table of token embeddings [tokens, width] as [tokens, rank] times [rank, width].

    The product is nearest in squared error, a singular value decomposition (ALBERT's form, arXiv:1909.11942), in which
    a row weighs as often as its token stands in train, and once more; `equal`: all rows weigh alike. Raises ValueError
    for a model of images, a table that is narrow already, and a rank at which the two parts are no smaller.
    """
    import torch

    from slim.modeling.replaced import path_of, replace_modules
    from slim.modeling.transformer import reads_images
    from slim.modeling.vocabulary import count_tokens

    if reads_images(model.processor):
        raise ValueError("factorize_embeddings: a model of images has no table of tokens: choose another method")
    embedding = model.model.get_input_embeddings()
    table = embedding.weight.detach()
    rows, width = table.shape
    if hasattr(embedding, "expansion"):
        raise ValueError("factorize_embeddings: the table is factorized already: do it once, at the lower rank")
    if rank * (rows + width) >= rows * width:
        most = (rows * width - 1) // (rows + width)
        raise ValueError(
            f"factorize_embeddings: rank {rank} makes a table of {rows} x {width} no smaller: {most} does"
        )
    counts = count_tokens(context.train.inputs, model.processor, model.max_tokens)[:rows]
    weighed = torch.ones(rows, dtype=torch.float64)
    if weights == "counts":
        weighed[: len(counts)] += torch.from_numpy(counts)
    _, _, directions = torch.linalg.svd(weighed.sqrt()[:, None] * table.cpu().double(), full_matrices=False)
    basis = directions[:rank].float().to(table.device)
    path = path_of(model.model, embedding)
    return model.with_model(
        replace_modules(
            model.model,
            [{"module": path, "by": "low_rank_embedding", "rank": rank}],
            {f"{path}.weight": table @ basis.T, f"{path}.expansion.weight": basis.T.contiguous()},
        )
    )
