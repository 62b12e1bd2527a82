"""torchao (BSD-3-Clause): int8 weights of linear layers and embeddings, activations rounded as they come."""

import copy

from torch import nn
from torchao.quantization import (
    Int8DynamicActivationInt8WeightConfig,
    IntxWeightOnlyConfig,
    PerAxis,
    quantize_,
)

from slim.modeling.architecture import Model
from slim.modeling.classifier import Classifier


def torchao_int8(start: Classifier) -> Classifier:
    """The model with int8 linear layers and tables of embeddings, rounded to nearest."""
    model: Model = copy.deepcopy(start.model)
    quantize_(model, Int8DynamicActivationInt8WeightConfig())
    rows = IntxWeightOnlyConfig(granularity=PerAxis(0))
    quantize_(model, rows, filter_fn=lambda module, _: isinstance(module, nn.Embedding))
    return start.with_model(model)
