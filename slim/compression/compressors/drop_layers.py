"""Dropping whole layers."""

from typing import TYPE_CHECKING

from slim.utils.option_types import Depth

if TYPE_CHECKING:
    from slim.compression.context import Context
    from slim.modeling.classifier import Classifier


def drop_layers(model: "Classifier", context: "Context", *, order: str, keep: Depth) -> "Classifier":
    """The model with the layers that the stage `choose` kept (arXiv:2501.03273), in their old order.

    `order`: the strategy or fusion that says which layers go first; `keep`: how many stay. Both were applied by
    `choose`, on validation; the result is `context.kept`. Raises ValueError when the model lacks one of those layers.
    """
    from slim.modeling.transformer import keep_layers

    return model.with_model(keep_layers(model.model, context.kept))
