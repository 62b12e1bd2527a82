"""Some matrices as a few of their own columns and rows with a small core between them (CURing, arXiv:2501.04211)."""

from typing import TYPE_CHECKING, Literal

from slim.utils.option_types import Count, Layers, Rank

if TYPE_CHECKING:
    from torch import Tensor

    from slim.compression.context import Context
    from slim.modeling.classifier import Classifier


def cur(
    model: "Classifier",
    context: "Context",
    *,
    rank: Rank,
    layers: Layers = 2,
    matrices: Literal["query_key_in", "all"] = "query_key_in",
    selection: Literal["deim", "deim_released", "pivoted_qr"] = "deim",
    texts: Count = 128,
) -> "Classifier":
    """The model with matrices of `layers` layers as columns, core and rows; C and R are frozen, training moves U.

    The layers are those that turn least what the head reads, first and last excepted, or `all`. Rows and columns are
    those that matter most for |W| times the root mean square of its inputs over the first `texts` of train. `rank`:
    how many; a share below 1: as many as there are largest singular values of the weighted matrix that hold this share
    of its squares, and at most as many as save parameters. Raises ValueError for a rank that would make a matrix
    larger.
    """
    from slim.compression.matrices.cur import core, select
    from slim.compression.matrices.decomposition import decomposed

    def parts(weight: "Tensor", norms: "Tensor", size: int) -> dict[str, "Tensor"]:
        rows, columns = select(weight, norms, size, selection)
        return {
            "rows.weight": weight[rows],
            "core.weight": core(weight, rows, columns),
            "columns.weight": weight[:, columns],
        }

    inputs = context.train.inputs[:texts]
    return decomposed(model, inputs, parts, "cur_linear", "columns.bias", rank, layers, matrices)
