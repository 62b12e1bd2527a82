"""Matrices whose weights are rounded to a few bits, and saved so: the plain control of `share_channels`."""

from typing import TYPE_CHECKING, Literal

from slim.utils.option_types import BlockSize

if TYPE_CHECKING:
    from torch import Tensor

    from slim.compression.context import Context
    from slim.modeling.classifier import Classifier


def round_to_nearest(
    model: "Classifier",
    context: "Context",
    *,
    bits: Literal[2, 3, 4, 8],
    block_size: BlockSize = 128,
    matrices: Literal["query_key", "all"] = "query_key",
) -> "Classifier":
    """The model with matrices of all its layers in so many `bits`, evenly spaced between the ends of their block.

    A block is `block_size` weights of a row; its ends are saved with it. No data are needed. Training moves the ends,
    not the codes. Raises ValueError where the parts of a matrix would be no smaller than it.
    """
    from slim.compression.matrices.rounding import rounded
    from slim.compression.matrices.sharing import targets
    from slim.modeling.replaced import replace_modules

    chosen = targets(model, matrices)
    tensors: dict[str, Tensor] = {}
    for path, module in chosen.items():
        tensors |= rounded(path, module, bits, block_size)
    how = {"by": "rounded_linear", "bits": bits, "block_size": block_size}
    return model.with_model(replace_modules(model.model, [{"module": path, **how} for path in chosen], tensors))
