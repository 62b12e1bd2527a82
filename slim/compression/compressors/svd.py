"""Some matrices as products of two narrow ones, the nearest there are: the control of `cur`."""

from typing import TYPE_CHECKING, Literal

from slim.utils.option_types import Count, Layers, Rank

if TYPE_CHECKING:
    from torch import Tensor

    from slim.compression.context import Context
    from slim.modeling.classifier import Classifier


def svd(
    model: "Classifier",
    context: "Context",
    *,
    rank: Rank,
    layers: Layers = 2,
    matrices: Literal["query_key_in", "all"] = "query_key_in",
    weighted: bool = True,
    texts: Count = 128,
) -> "Classifier":
    """The model with matrices of `layers` layers cut to `rank` by singular value decomposition; options as of `cur`.

    `weighted`: nearest in W times the root mean square of its inputs, else in W (Eckart and Young). At equal rank it
    has as many bytes as `cur` once that is fused. Raises ValueError as `cur` does.
    """
    from slim.compression.matrices.decomposition import decomposed, nearest

    def parts(weight: "Tensor", norms: "Tensor", size: int) -> dict[str, "Tensor"]:
        wide, narrow = nearest(weight, size, norms if weighted else None)
        return {"narrow.weight": narrow, "wide.weight": wide}

    inputs = context.train.inputs[:texts]
    return decomposed(model, inputs, parts, "low_rank_linear", "wide.bias", rank, layers, matrices)
