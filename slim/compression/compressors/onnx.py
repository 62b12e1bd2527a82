"""The same model for ONNX Runtime: it answers without PyTorch and transformers."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from slim.compression.context import Context
    from slim.modeling.classifier import Classifier
    from slim.modeling.onnx_classifier import OnnxClassifier


def onnx(model: "Classifier", context: "Context") -> "OnnxClassifier":
    """The model as an ONNX graph in float32, checked against PyTorch on texts of validation.

    Raises ValueError as `export` does.
    """
    from slim.compression.onnx.export import export

    return export(model, context.validation.inputs)
