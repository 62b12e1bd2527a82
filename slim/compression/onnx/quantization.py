"""Weights in 8 or 4 bits, rounded to nearest without training; activations too, with or without calibration."""

import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
import onnx
from onnx import ModelProto, TensorProto
from onnxruntime.quantization import (
    CalibrationMethod,
    QuantType,
    quantize_dynamic,
    quantize_static,
)

from slim.compression.onnx.graph import keep_read_tensors, quiet, readers, split_gemms, strip

Batch = dict[str, np.ndarray]
FEW_BITS = {"MatMul": "MatMulNBits", "Gather": "GatherBlockQuantized"}
"""Operator -> what takes its place at 4 bits; at 8 bits MatMulInteger does, and a Gather reads the rounded table."""


def quantize_weights(
    content: bytes, bits: int, embedding_bits: int, block_size: int, calibration: Sequence[Batch] = ()
) -> bytes:
    """An ONNX file with its matrices in `bits` and its embedding tables in `embedding_bits`, 8 or 4.

    8 bits: one scale for each column of a matrix, or for a whole table; activations are rounded to 8 bits, with one
    scale for a batch or, with batches for `calibration`, scales fixed by the extremes in those. 4 bits: symmetric, one
    scale for every `block_size` weights; activations are rounded in blocks, too. Raises ValueError when a matrix or
    table is left in float32.
    """
    model = onnx.load_from_string(content)
    split_gemms(model.graph)
    wanted = {"MatMul": bits, "Gather": embedding_bits}
    expected = {operator: len(readers(model.graph, operator)) for operator in wanted}
    with quiet():
        if calibration and bits == 8:
            model, wanted = _calibrated(model, calibration), {"Gather": embedding_bits}
        for operator in sorted(wanted, key=lambda each: -wanted[each]):  # 8 bits first: their tool knows no 4 bits
            model = _eight(model, operator) if wanted[operator] == 8 else _four(model, operator, block_size)
    keep_read_tensors(model.graph)
    strip(model)
    for operator, nodes in expected.items():
        if (done := _quantized(model, operator, bits if operator == "MatMul" else embedding_bits)) != nodes:
            raise ValueError(f"{done} of {nodes} {operator} nodes could be quantized: use the method onnx instead")
    return model.SerializeToString(deterministic=True)


def _eight(model: ModelProto, operator: str) -> ModelProto:
    # With 8 bits of weights, sums of two products overflow on processors without VNNI: matrices get 7.
    exact = operator == "MatMul"
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "model.onnx")
        quantize_dynamic(model, file, [operator], per_channel=exact, reduce_range=exact)
        return onnx.load(file)


class _Batches:
    """Inputs of the graph, one batch after the other, as calibration asks for them."""

    def __init__(self, batches: Iterable[Batch]) -> None:
        self.batches = iter(batches)

    def get_next(self) -> Batch | None:
        return next(self.batches, None)


def _calibrated(model: ModelProto, batches: Iterable[Batch]) -> ModelProto:
    """Matrices in 8 bits, activations by the extremes in these batches: other rules cost more (onnxruntime#10571)."""
    with tempfile.TemporaryDirectory() as folder:
        source, file = Path(folder, "float.onnx"), Path(folder, "model.onnx")
        onnx.save(model, source)
        quantize_static(
            source,
            file,
            _Batches(batches),
            op_types_to_quantize=["MatMul"],
            nodes_to_quantize=[node.name for node in readers(model.graph, "MatMul")],  # not those of attention
            per_channel=True,
            reduce_range=True,
            activation_type=QuantType.QUInt8,
            calibrate_method=CalibrationMethod.MinMax,
        )
        return onnx.load(file)


def _four(model: ModelProto, operator: str, block_size: int) -> ModelProto:
    from onnxruntime.quantization.matmul_nbits_quantizer import DefaultWeightOnlyQuantConfig, MatMulNBitsQuantizer

    how = DefaultWeightOnlyQuantConfig(
        block_size=block_size,
        is_symmetric=True,
        accuracy_level=4,  # products in int8: in float32 they are slower than those of an unquantized model
        op_types_to_quantize=(operator,),
    )
    quantizer = MatMulNBitsQuantizer(model, algo_config=how)
    with np.errstate(divide="ignore", invalid="ignore"):  # blocks of zeros, as of a padding token
        quantizer.process()
    return quantizer.model.model


def _quantized(model: ModelProto, operator: str, bits: int) -> int:
    """How many nodes that came from an operator read rounded weights."""
    if bits == 4:
        return sum(node.op_type == FEW_BITS[operator] for node in model.graph.node)
    if operator == "MatMul":
        made = {node.output[0] for node in model.graph.node if node.op_type == "DequantizeLinear"}
        static = sum(node.op_type == "MatMul" and made >= set(node.input) for node in model.graph.node)
        return static + sum(node.op_type == "MatMulInteger" for node in model.graph.node)
    eight = (TensorProto.INT8, TensorProto.UINT8)
    rounded = {tensor.name for tensor in model.graph.initializer if tensor.data_type in eight}
    return sum(node.op_type == "Gather" and node.input[0] in rounded for node in model.graph.node)
