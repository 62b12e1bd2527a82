"""Export and quantization: the same logits, the same bytes, and known roundings."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import onnx
import pytest
import torch
from onnx import numpy_helper

import slim.compression.onnx.export
from slim.compression.compressors.quantize import quantize
from slim.compression.onnx import quantization
from slim.compression.onnx.export import encoder_bytes, export
from slim.compression.onnx.graph import readers, split_gemms
from slim.compression.onnx.quantization import quantize_weights
from slim.config.messages import check_options
from slim.evaluation.evaluate import Evaluator
from slim.modeling.onnx_classifier import OnnxClassifier
from slim.modeling.splits import Split
from slim.modeling.transformer import feed_forward_in, layers
from tests import pico

TEXTS = pico.texts(24)


@pytest.fixture(scope="module")
def exported():
    """A BERT and the same in ONNX."""
    model = pico.classifier(layers=2, hidden_size=64, intermediate_size=128)
    return model, slim.compression.onnx.export.export(model, TEXTS)


def matrices(content: bytes) -> dict[str, np.ndarray]:
    """The tensors of a graph that are as they were."""
    return {one.name: numpy_helper.to_array(one) for one in onnx.load_from_string(content).graph.initializer}


def operators(content: bytes) -> list[str]:
    return [node.op_type for node in onnx.load_from_string(content).graph.node]


def test_the_same_classifier_is_exported_to_the_same_bytes(exported):
    model, first = exported
    assert export(model, TEXTS).model == first.model  # not the one that tests share


def test_matrices_keep_their_names_and_values(exported):
    model, first = exported
    matrix = feed_forward_in(model.model, layers(model.model)[1])[0].weight.detach().numpy()
    np.testing.assert_array_equal(matrices(first.model)["bert.encoder.layer.1.intermediate.dense.weight.T"], matrix.T)


@pytest.mark.parametrize("bits", [None, 8, 4])
def test_nothing_is_shipped_that_no_runtime_reads(bits, exported):
    content = exported[1].model if bits is None else quantize_weights(exported[1].model, bits, bits, 64)
    model = onnx.load_from_string(content)
    graph = model.graph
    assert not graph.value_info and not model.metadata_props and not graph.metadata_props
    for part in (*graph.node, *graph.initializer, *graph.input, *graph.output):
        assert not part.doc_string and not part.metadata_props
    names = [one.name for one in graph.initializer]
    assert len(names) == len(set(names)) and set(names) <= {name for node in graph.node for name in node.input}
    assert not any(one.external_data for one in graph.initializer)


def test_pairs_are_read_as_pairs():
    model = pico.classifier(layers=1)
    pairs = list(zip(TEXTS[::2], TEXTS[1::2], strict=True))
    logits = export(model, pairs).logits(pairs)
    np.testing.assert_allclose(logits, model.logits(pairs), atol=1e-4)
    assert np.abs(logits - model.logits([" ".join(pair) for pair in pairs])).max() > 0.01


def test_what_cannot_be_exported_is_refused_in_one_line(monkeypatch):
    def fail(*_, **__):
        raise TypeError("an operator\nis not known")

    model = pico.classifier(layers=1)
    with monkeypatch.context() as patch:
        patch.setattr("transformers.exporters.exporter_onnx.OnnxExporter.export", fail)
        with pytest.raises(
            ValueError, match=r"^bert cannot be exported to ONNX \(an operator is not known\): leave it"
        ):
            export(model, TEXTS)
    with monkeypatch.context() as patch:
        patch.setattr(type(model.processor), "is_fast", False)
        with pytest.raises(ValueError, match=r"^the tokenizer of this bert has no tokenizer\.json"):
            export(model, TEXTS)
    with monkeypatch.context() as patch:
        patch.setattr("slim.compression.onnx.export.LARGEST", 1000)
        with pytest.raises(ValueError, match=r"^this bert takes 2 GB or more"):
            export(model, TEXTS)


def test_a_graph_with_other_logits_is_refused(exported):
    model, first = exported
    other = pico.classifier(layers=2, hidden_size=64, intermediate_size=128, seed=1)
    slim.compression.onnx.export._check(first, model, TEXTS)
    with pytest.raises(ValueError, match=r"^bert in ONNX gives logits off by \d"):
        slim.compression.onnx.export._check(first, other, TEXTS)


def rounded_matrix(matrix: np.ndarray, block: int) -> np.ndarray:
    """[in, out], 4 bits: in every block of a column the value farthest from 0 is -8 steps away from it."""
    parts = matrix.T.reshape(matrix.shape[1], -1, block)
    far = np.take_along_axis(parts, np.abs(parts).argmax(-1, keepdims=True), -1)
    step = np.where(far == 0, 1, far / -8)  # a padding token is all zeros
    return (np.clip(np.round(parts / step), -8, 7) * step).reshape(matrix.T.shape).T


def test_four_bits_are_rounded_to_nearest_in_blocks(exported):
    """An independent rounding of all matrices and tables, in PyTorch, gives the same logits."""
    model, first = exported
    rounded = {
        name: torch.from_numpy(rounded_matrix(weight.numpy().T, 16).T.copy()) if weight.dim() == 2 else weight
        for name, weight in model.model.state_dict().items()
    }
    known = model.with_model(type(model.model)(model.model.config))
    known.model.load_state_dict(rounded)
    four = onnx.load_from_string(quantize_weights(first.model, 4, 4, 16))
    levels = [each for node in four.graph.node for each in node.attribute if each.name == "accuracy_level"]
    assert [each.i for each in levels] == [4] * 14
    for each in levels:
        each.i = 0  # activations are not rounded to 8 bits
    logits = replace(first, model=four.SerializeToString()).logits(TEXTS)
    np.testing.assert_allclose(logits, known.logits(TEXTS), atol=1e-4)
    assert np.abs(logits - model.logits(TEXTS)).max() > 1


def test_eight_bits_of_a_table_are_256_values_and_of_a_matrix_129_a_column(exported):
    first = exported[1]
    eight = matrices(quantize_weights(first.model, 8, 8, 64))
    for name, steps in (("bert.embeddings.word_embeddings.weight", 255), ("classifier.weight.T", 128)):
        whole = matrices(first.model)[name.removesuffix(".T")]
        whole = whole.T if name.endswith(".T") else whole
        numbers = eight[f"{name}_quantized"].astype(np.float32) - eight[f"{name}_zero_point"].astype(np.float32)
        assert np.ptp(numbers) <= steps
        step = eight[f"{name}_scale"]
        assert np.abs(numbers * step - whole).max() <= 0.501 * step.max()


@pytest.mark.parametrize("bits", [8, 4])
@pytest.mark.parametrize("embedding_bits", [8, 4])
def test_every_matrix_and_table_is_rounded_and_the_file_is_smaller(bits, embedding_bits, exported):
    first = exported[1]
    content = quantize_weights(first.model, bits, embedding_bits, 16)
    made = operators(content)
    matrix, table = {8: "MatMulInteger", 4: "MatMulNBits"}[bits], "GatherBlockQuantized"
    assert made.count(matrix) == 6 * 2 + 2 and "Gemm" not in made  # and a pooler and a head
    assert made.count(table) == (3 if embedding_bits == 4 else 0)
    assert len(content) < 0.4 * len(first.model)
    assert encoder_bytes(content) < {8: 0.3, 4: 0.25}[bits] * first.about.encoder_bytes


def test_a_saved_graph_is_measured_like_every_model(exported, tmp_path):
    first, test = exported[1], Split(TEXTS, pico.labels(24))
    first.save(tmp_path / "model", TEXTS)
    runtime = {"seed": 0, "threads": 1, "precision": "bf16", "batch_size": 4}
    record = Evaluator(test, test, 200, 0.95, 10).measure_folder(tmp_path / "model", runtime).record
    assert record["accuracy"] == (exported[0].logits(TEXTS).argmax(-1) == test.labels).mean()
    assert record["precision"] == "fp32" and record["max_tokens"] == 16 and record["reload_difference"] < 1e-5
    assert record["layers"] == 2 and record["parameters"] == exported[0].model.num_parameters()


@pytest.mark.parametrize("bits", [8, 4])
def test_the_logits_of_a_text_do_not_depend_on_its_batch(bits, exported):
    first = exported[1]
    content = quantize_weights(first.model, bits, bits, 16)
    rounded = replace(first, model=content, about=replace(first.about, precision=f"int{bits}"))
    together = rounded.logits([*TEXTS, "word1 " * 20])
    alone = np.concatenate([rounded.logits([text]) for text in TEXTS])
    np.testing.assert_allclose(together[:-1], alone, atol=1e-5)


@pytest.fixture
def context():
    train = Split(pico.texts(64), pico.labels(64))
    return SimpleNamespace(train=train, validation=Split(TEXTS, pico.labels(24)))


def test_calibrated_activations_have_scales_that_no_batch_changes(exported, context, tmp_path):
    model, first = exported
    static = quantize(model, context, bits=8, calibration=64)
    made = operators(static.model)
    assert "MatMulInteger" not in made and "DynamicQuantizeLinear" not in made and static.precision == "int8_static"
    together, alone = static.logits(TEXTS), np.concatenate([static.logits([text]) for text in TEXTS])
    np.testing.assert_allclose(together, alone, atol=1e-5)
    dynamic = quantize(model, context, bits=8).logits(TEXTS)
    near = np.corrcoef(together.ravel(), first.logits(TEXTS).ravel())[0, 1]
    assert near > 0.95 and not np.allclose(together, dynamic, atol=1e-6)
    assert len(static.model) < 0.4 * len(first.model)
    static.save(tmp_path / "model", TEXTS)
    np.testing.assert_array_equal(OnnxClassifier.load(tmp_path / "model").logits(TEXTS), together)
    assert quantize(model, context, bits=8, calibration=64).model == static.model


def test_extremes_that_calibration_did_not_see_are_clipped(exported, context):
    """Scales come from the texts given: with those of one word, others are off by more."""
    model, first = exported
    narrow = SimpleNamespace(train=Split(["word1"] * 64, pico.labels(64)), validation=context.validation)
    off = [np.abs(quantize(model, each, bits=8, calibration=64).logits(TEXTS) - first.logits(TEXTS)).mean()
           for each in (context, narrow)]  # fmt: skip
    assert off[0] < off[1]


def test_a_calibration_that_is_too_small_is_refused(exported, context):
    with pytest.raises(ValueError, match="100 texts calibrate, and train has 64: ask for fewer"):
        quantize(exported[0], context, bits=8, calibration=100)
    with pytest.raises(ValueError, match="only 8 bits are calibrated"):
        quantize(exported[0], context, bits=4, calibration=64)
    with pytest.raises(ValueError, match="should be 0 or 32 and more, got 8"):
        check_options("compress.small", quantize, {"bits": 8, "calibration": 8})


def test_a_matrix_that_two_nodes_read_is_shipped_once():
    first = slim.compression.onnx.export.export(pico.classifier("deberta-v2", layers=1, hidden_size=64), TEXTS)
    model = onnx.load_from_string(first.model)
    read = [node.input[1] for node in readers(model.graph, "MatMul")]
    assert len(read) > len(set(read))
    assert operators(quantize_weights(first.model, 4, 4, 64)).count("MatMulNBits") == len(read) + 2


def test_gemms_are_written_as_products_and_sums(exported):
    first = exported[1]
    model = onnx.load_from_string(first.model)
    assert "Gemm" in operators(first.model)
    split_gemms(model.graph)
    split = replace(first, model=model.SerializeToString())
    assert "Gemm" not in operators(split.model)
    np.testing.assert_allclose(split.logits(TEXTS), first.logits(TEXTS), atol=1e-5)


def test_a_matrix_left_in_float32_is_refused(exported, monkeypatch):
    monkeypatch.setattr(quantization, "_four", lambda model, *_: model)
    with pytest.raises(ValueError, match=r"^0 of 14 MatMul nodes could be quantized: use the method onnx instead"):
        quantize_weights(exported[1].model, 4, 8, 64)
