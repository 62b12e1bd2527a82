"""An ONNX graph whose weights, embeddings included, are rounded to few bits."""

from typing import TYPE_CHECKING

from slim.utils.option_types import Bits, BlockSize

if TYPE_CHECKING:
    from slim.compression.context import Context
    from slim.modeling.classifier import Classifier
    from slim.modeling.onnx_classifier import OnnxClassifier


def quantize(
    model: "Classifier",
    context: "Context",
    *,
    bits: Bits,
    embedding_bits: Bits | None = None,
    block_size: BlockSize = 64,
) -> "OnnxClassifier":
    """The model as an ONNX graph with matrices in `bits` and embedding tables in `embedding_bits`, as many by default.

    `block_size`: how many weights share a scale at 4 bits. Raises ValueError as `export` does, and where a matrix or
    table would stay in float32.
    """
    from dataclasses import replace

    from slim.compression.onnx.export import encoder_bytes, export
    from slim.compression.onnx.quantization import quantize_weights

    exported = export(model, context.validation.inputs)
    rounded = quantize_weights(exported.model, bits, embedding_bits or bits, block_size)
    about = replace(exported.about, precision=f"int{bits}", encoder_bytes=encoder_bytes(rounded))
    return replace(exported, model=rounded, about=about)
