"""An ONNX graph whose weights, embeddings included, are rounded to few bits."""

from typing import TYPE_CHECKING

from slim.utils.option_types import Bits, BlockSize, Calibration

if TYPE_CHECKING:
    from slim.compression.context import Context
    from slim.modeling.classifier import Classifier
    from slim.modeling.onnx_classifier import OnnxClassifier


def conflict(*, bits: Bits, calibration: Calibration = 0, **_: object) -> str | None:
    """What contradicts what in its options, or None."""
    return "only 8 bits are calibrated: leave calibration out" if calibration and bits != 8 else None


def quantize(
    model: "Classifier",
    context: "Context",
    *,
    bits: Bits,
    embedding_bits: Bits | None = None,
    block_size: BlockSize = 64,
    calibration: Calibration = 0,
) -> "OnnxClassifier":
    """The model as an ONNX graph with matrices in `bits` and embedding tables in `embedding_bits`, as many by default.

    `block_size`: how many weights share a scale at 4 bits; `calibration`: at 8 bits, the first so many texts of train
    fix the scales of activations (static quantization), else every text has its own (dynamic). Raises ValueError as
    `export` does, where a matrix or table would stay in float32, and where train is smaller than the calibration.
    """
    from dataclasses import replace

    from slim.compression.onnx.export import encoder_bytes, export
    from slim.compression.onnx.quantization import quantize_weights

    if reason := conflict(bits=bits, calibration=calibration):
        raise ValueError(f"quantize: {reason}")
    if calibration > (texts := len(context.train.inputs)):
        raise ValueError(f"quantize: {calibration} texts calibrate, and train has {texts}: ask for fewer")
    exported = export(model, context.validation.inputs)
    read = list(exported.batches(context.train.inputs[:calibration])) if calibration else []
    rounded = quantize_weights(exported.model, bits, embedding_bits or bits, block_size, read)
    precision = f"int{bits}_static" if calibration else f"int{bits}"
    about = replace(exported.about, precision=precision, encoder_bytes=encoder_bytes(rounded))
    return replace(exported, model=rounded, about=about)
