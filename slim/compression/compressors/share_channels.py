"""Matrices whose channels share a few centroids, with a correction of low rank (SWSC, arXiv:2501.08631)."""

from typing import TYPE_CHECKING, Literal

from slim.utils.option_types import Count, CountOrZero, Weight

if TYPE_CHECKING:
    from slim.compression.context import Context
    from slim.modeling.classifier import Classifier


def share_channels(
    model: "Classifier",
    context: "Context",
    *,
    clusters: Count,
    rank: CountOrZero = 0,
    axis: Literal["outputs", "inputs"] = "outputs",
    matrices: Literal["query_key", "all"] = "query_key",
    tolerance: Weight | None = None,
) -> "Classifier":
    """The model with matrices of all its layers as `clusters` centroids of rows (outputs) or columns (inputs).

    Every row is replaced by its centroid of k-means, plus its part of the nearest matrix of `rank` to what that
    changed. No data are needed. `tolerance`: a matrix stays as it is where validation accuracy would fall below the
    model's by more than this fraction; matrices are tried in their order, and this takes a pass over validation each.
    Raises ValueError for as many clusters as a matrix has channels, and where parts would not be smaller.
    """
    from slim.compression.matrices.sharing import shared, targets
    from slim.modeling.replaced import replace_modules

    chosen = targets(model, matrices)
    parts = {path: shared(path, module, clusters, rank, axis, context.seed) for path, module in chosen.items()}
    how = {"by": "shared_channels", "clusters": clusters, "rank": rank, "axis": axis}
    if tolerance is None:
        tensors = {name: tensor for own in parts.values() for name, tensor in own.items()}
        return model.with_model(replace_modules(model.model, [{"module": path, **how} for path in parts], tensors))

    def accuracy(tried: "Classifier") -> float:
        return float((tried.logits(context.validation.inputs).argmax(-1) == context.validation.labels).mean())

    least = accuracy(model) - tolerance
    for path, tensors in parts.items():
        tried = model.with_model(replace_modules(model.model, [{"module": path, **how}], tensors))
        model = tried if accuracy(tried) >= least else model
    return model
