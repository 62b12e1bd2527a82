"""What `cur` made, after training, as products of two matrices: fewer bytes, the same answers."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from slim.compression.context import Context
    from slim.modeling.classifier import Classifier


def fuse_cores(model: "Classifier", context: "Context") -> "Classifier":
    """The model with every C U R as (C U) R, r^2 parameters less. Raises ValueError where nothing was decomposed."""
    from slim.modeling.replaced import replace_modules

    found = {each["module"]: each for each in getattr(model.model.config, "replaced", None) or []}
    cores = {path: each for path, each in found.items() if each["by"] == "cur_linear"}
    if not cores:
        raise ValueError("fuse_cores: the model has no matrix that `cur` made: put it after cur")
    tensors = {}
    for path in cores:
        module = model.model.get_submodule(path)
        tensors[f"{path}.narrow.weight"] = module.rows.weight.detach()
        tensors[f"{path}.wide.weight"] = module.columns.weight.detach() @ module.core.weight.detach()
        if module.columns.bias is not None:
            tensors[f"{path}.wide.bias"] = module.columns.bias.detach()
    again = [each | {"by": "low_rank_linear"} for each in cores.values()]
    return model.with_model(replace_modules(model.model, again, tensors))
