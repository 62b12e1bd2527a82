"""Half the bits of every weight: the plain way to half the bytes."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from slim.compression.context import Context
    from slim.modeling.classifier import Classifier


def float16(model: "Classifier", context: "Context") -> "Classifier":
    """The model with its weights rounded to IEEE half precision and saved so; it still computes in float32.

    Raises ValueError when a weight is too large for half precision (65,504).
    """
    import copy
    from dataclasses import replace

    import torch

    rounded = copy.deepcopy(model.model)
    for name, weight in rounded.state_dict().items():
        if weight.is_floating_point() and not torch.isfinite(weight.half()).all():
            raise ValueError(f"{name} has weights beyond the range of float16: leave this model in float32")
        if weight.is_floating_point():
            weight.copy_(weight.half())
    return replace(model, model=rounded, stored_as="float16")
