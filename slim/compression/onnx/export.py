"""A classifier of PyTorch as one of ONNX that gives the same logits."""

import ast
import copy
import io
import warnings
from collections.abc import Sequence
from contextlib import redirect_stdout
from dataclasses import replace
from typing import Any

import numpy as np
import onnx
import onnx_ir
import torch
from onnx import ModelProto
from onnx_ir.passes.common import DeduplicateInitializersPass
from tokenizers import Tokenizer
from transformers.exporters.configs import OnnxConfig
from transformers.exporters.exporter_onnx import OnnxExporter

from slim.compression.onnx.graph import quiet, strip
from slim.modeling.architecture import Batch, Model
from slim.modeling.classifier import Classifier
from slim.modeling.counts import count
from slim.modeling.device import Runtime
from slim.modeling.onnx_classifier import About, OnnxClassifier
from slim.modeling.splits import Input
from slim.modeling.transformer import Processor, architecture_of, reads_images

LARGEST = 2**31
"""Bytes that a protobuf file, so a graph with its weights, may have."""
EXAMPLES, CHECKED = 8, 64
"""Inputs that the graph is traced with, each twice, since a dimension of 1 would be taken for a constant; and those
that it is checked on."""
SHAPES = (1, 2, 7, CHECKED)
"""Batch sizes that it is checked at."""
TOLERANCE = 1e-4
"""Largest difference of a logit to PyTorch's, relative to the largest logit where that is above 1."""


def export(classifier: Classifier, inputs: Sequence[Input]) -> OnnxClassifier:
    """The classifier in float32 as an ONNX graph, whose logits on the first inputs are PyTorch's.

    The classifier is left as it is. The same classifier and inputs give the same bytes. Raises ValueError, in one
    line, for a model of images, a tokenizer without a tokenizer.json, a model of 2 GB, one that the exporter does not
    know, and one whose graph gives other logits.
    """
    family = classifier.model.config.model_type
    if reads_images(classifier.processor):
        raise ValueError(f"{family} reads images, and only models of texts are exported to ONNX: start from another")
    if not getattr(classifier.processor, "is_fast", False):
        raise ValueError(f"the tokenizer of this {family} has no tokenizer.json, which ONNX needs: start from another")
    if 4 * classifier.model.num_parameters() >= LARGEST:
        raise ValueError(f"this {family} takes 2 GB or more, and an ONNX file takes less: start from a smaller one")
    exact = replace(
        classifier,
        model=_unpacked(copy.deepcopy(classifier.model).cpu().eval()),
        runtime=Runtime(torch.device("cpu"), bf16=False),
    )
    _, batch = next(iter(exact.batches(list(inputs[:EXAMPLES]) * 2, batch_size=2 * EXAMPLES)))
    graph = _graph(exact.model, batch)
    exported = OnnxClassifier(
        graph.SerializeToString(deterministic=True),
        _tokenizer(exact.processor, exact.max_tokens),
        _padding(exact.processor),
        exact.max_tokens,
        _about(exact, graph),
        exact.batch_size,
        torch.get_num_threads(),
    )
    _check(exported, exact, inputs[:CHECKED])
    return exported


def _unpacked(model: Model) -> Model:
    """The model with linear layers for those whose weights are packed, which a graph cannot unpack."""
    for path, module in [(path, each) for path, each in model.named_modules() if hasattr(each, "as_linear")]:
        model.set_submodule(path, module.as_linear())
    return model


def _graph(model: Model, batch: Batch) -> ModelProto:
    known = architecture_of(model)
    for name, value in known.options.items():  # such as use_cache: false, whose outputs nothing reads
        setattr(model.config, name, value)
    taken: dict[str, Any] = {name: batch[name] for name in known.inputs if name in batch}
    try:
        with quiet(), warnings.catch_warnings(), redirect_stdout(io.StringIO()):
            warnings.simplefilter("ignore")
            program = OnnxExporter().export(model, taken, config=OnnxConfig(dynamic=True)).program
    except Exception as error:  # whatever a part of the model makes torch.export raise
        reason = " ".join(str(error).split())[:200] or type(error).__name__
        family = model.config.model_type
        raise ValueError(f"{family} cannot be exported to ONNX ({reason}): leave it as it is") from error
    DeduplicateInitializersPass(size_limit=LARGEST)(program)  # a matrix that two nodes read was turned for each
    _name_weights(program)
    graph: ModelProto = onnx_ir.to_proto(program)
    strip(graph)
    return graph


def _name_weights(program: onnx_ir.Model) -> None:
    """Give matrices that the exporter turned, and so named anew, the name of their module again."""
    for node in program.graph:
        matrix = node.inputs[1] if node.op_type == "MatMul" else None
        if matrix is not None and matrix.is_initializer() and str(matrix.name).startswith("val_"):
            *_, module, _ = ast.literal_eval(node.metadata_props["pkg.torch.onnx.name_scopes"])
            if (name := f"{module}.weight.T") not in program.graph.initializers:
                matrix.name = name


def _tokenizer(processor: Processor, max_tokens: int) -> Tokenizer:
    """The tokenizer by itself, which cuts where the classifier does."""
    tokenizer = Tokenizer.from_str(processor.backend_tokenizer.to_str())
    tokenizer.no_padding()
    tokenizer.enable_truncation(max_tokens, direction=processor.truncation_side)
    return tokenizer


def _padding(processor: Processor) -> dict[str, Any]:
    ids = {"pad_id": processor.pad_token_id, "pad_type_id": processor.pad_token_type_id}
    return {**ids, "pad_token": processor.pad_token, "direction": "right"}


def _about(classifier: Classifier, graph: ModelProto) -> About:
    tensors = classifier.model.state_dict().items()
    counts = count((name, tensor.numel(), 8 * tensor.element_size()) for name, tensor in tensors)
    counts["encoder_bytes"] = encoder_bytes(graph.SerializeToString())
    adds_none = not classifier.processor("")["input_ids"]
    end_of_text = classifier.processor.eos_token_id if adds_none else None
    return About(tuple(classifier.labels), "fp32", **counts, end_of_text=end_of_text)


def encoder_bytes(content: bytes) -> int:
    """What the tensors of the transformer blocks take in an ONNX file."""
    tensors = onnx.load_from_string(content).graph.initializer
    return count((one.name, one.ByteSize(), 8) for one in tensors)["encoder_bytes"]


def _check(exported: OnnxClassifier, classifier: Classifier, inputs: Sequence[Input]) -> None:
    expected = classifier.logits(inputs)
    for size in SHAPES:
        difference = np.abs(replace(exported, batch_size=size).logits(inputs) - expected).max()
        if not difference <= TOLERANCE * max(1.0, float(np.abs(expected).max())):
            family = classifier.model.config.model_type
            raise ValueError(f"{family} in ONNX gives logits off by {difference:.2g}: leave it as it is")
