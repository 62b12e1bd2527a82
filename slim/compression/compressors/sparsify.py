"""Single weights set to zero, and only the others saved: smaller on disk, not faster."""

from typing import TYPE_CHECKING, Literal

from slim.utils.option_types import Count, Share

if TYPE_CHECKING:
    from slim.compression.context import Context
    from slim.modeling.classifier import Classifier


def conflict(*, sparsity: Share = 0.5, pattern: Literal["matrix", "row", "2_of_4"] = "row", **_: object) -> str | None:
    """What contradicts what in its options, or None."""
    return "2_of_4 leaves half of the weights: leave sparsity out" if pattern == "2_of_4" and sparsity != 0.5 else None


def sparsify(
    model: "Classifier",
    context: "Context",
    *,
    sparsity: Share = 0.5,
    criterion: Literal["wanda", "magnitude"] = "wanda",
    pattern: Literal["matrix", "row", "2_of_4"] = "row",
    texts: Count = 128,
) -> "Classifier":
    """The model with the fraction `sparsity` of the weights of every matrix of its layers at zero.

    `criterion`: the lowest |weight| * norm of its input over the first `texts` of train go first (Wanda,
    arXiv:2306.11695), or, the plain way, the lowest |weight|. `pattern`: weights are compared in a `matrix`, in a
    `row`, or in each four neighbours of a row, two of which stay (2:4 sparsity). A weight that stays takes 32 bits and
    every weight one more; ONNX has the zeros, too, and nothing gets faster.
    """
    from torch import Tensor

    from slim.compression.matrices.chosen import input_norms, matrices_of
    from slim.compression.matrices.sparsity import kept_mask
    from slim.modeling.replaced import Replacement, replace_modules
    from slim.modeling.replacements.rounded_linear import packed
    from slim.modeling.transformer import layers, weight_of

    chosen = matrices_of(model, range(len(layers(model.model))), "all")
    norms = input_norms(model, chosen, context.train.inputs[:texts]) if criterion == "wanda" else {}
    replacements: list[Replacement] = []
    tensors: dict[str, Tensor] = {}
    for path, module in chosen.items():
        weight = weight_of(module).detach()
        scores = weight.abs() * norms[path].to(weight) if path in norms else weight.abs()
        mask = kept_mask(scores, sparsity, pattern)
        replacements.append({"module": path, "by": "sparse_linear", "kept": int(mask.sum())})
        tensors |= {f"{path}.values": weight[mask], f"{path}.packed_mask": packed(mask, 1)}
        if isinstance(module.bias, Tensor):
            tensors[f"{path}.bias"] = module.bias.detach()
    return model.with_model(replace_modules(model.model, replacements, tensors))
