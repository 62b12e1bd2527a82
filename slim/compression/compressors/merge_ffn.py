"""One feed-forward part for several adjacent layers (arXiv:2501.06126); attention and norms stay each layer's own."""

from typing import TYPE_CHECKING, Literal

from slim.utils.option_types import AtLeastTwo, Count

if TYPE_CHECKING:
    from slim.compression.context import Context
    from slim.modeling.classifier import Classifier


def merge_ffn(
    model: "Classifier",
    context: "Context",
    *,
    layers: AtLeastTwo = 2,
    align: Literal["correlation", "none", "random", "anchor"] = "correlation",
    texts: Count = 256,
) -> "Classifier":
    """The model in which so many adjacent `layers` share one feed-forward part: the mean of theirs, neurons aligned.

    Neurons are matched to those of the first layer by the correlation of what they receive over the first `texts` of
    train. The plain ways: `none`, a mean of neurons as they stand; `random`, in random order; `anchor`, a copy of the
    first layer's. Every window is tried, and the most accurate on validation is kept; ties: the first. Raises
    ValueError when the model has fewer layers.
    """
    from functools import partial

    from slim.compression.feed_forward.parts import inner_inputs, merged
    from slim.compression.feed_forward.windows import best_window

    depth = model.model.config.num_hidden_layers
    if layers > depth:
        raise ValueError(f"merge_ffn: {layers} layers are to share, and the model has {depth}: ask for fewer")
    features = inner_inputs(model, context.train.inputs[:texts]) if align == "correlation" else None
    merge = partial(merged, model, align=align, features=features, seed=context.seed)
    return best_window(model, layers, context.validation, merge)
