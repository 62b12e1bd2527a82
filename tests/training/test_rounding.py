"""Training with rounded weights: rounded as ONNX Runtime does, in training passes only, and never kept."""

import numpy as np
import onnx
import pytest
import torch
from onnx import TensorProto, helper, numpy_helper
from torch import nn
from transformers.pytorch_utils import Conv1D

from slim.compression.onnx.quantization import quantize_weights
from slim.training.rounding import rounded, rounded_weights


@pytest.mark.parametrize("columns", [64, 80])
def test_weights_are_rounded_as_onnx_runtime_rounds_them(columns):
    ort = pytest.importorskip("onnxruntime")
    draw = torch.Generator().manual_seed(0)
    table, matrix = torch.randn(50, columns, generator=draw), torch.randn(96, columns, generator=draw)
    table[0] = 0  # as of a padding token
    graph = helper.make_graph(
        [helper.make_node("Gather", ["table", "ids"], ["read"]),
         helper.make_node("MatMul", ["read", "matrix"], ["y"])],
        "graph",
        [helper.make_tensor_value_info("ids", TensorProto.INT64, ["n"])],
        [helper.make_tensor_value_info("read", TensorProto.FLOAT, ["n", columns]),
         helper.make_tensor_value_info("y", TensorProto.FLOAT, ["n", 96])],
        [numpy_helper.from_array(table.numpy(), "table"),
         numpy_helper.from_array(np.ascontiguousarray(matrix.numpy().T), "matrix")],
    )  # fmt: skip
    plain = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 21)], ir_version=10)
    few = onnx.load_from_string(quantize_weights(plain.SerializeToString(), 4, 4, 32))
    (product,) = [node for node in few.graph.node if node.op_type == "MatMulNBits"]
    product.attribute.remove(next(each for each in product.attribute if each.name == "accuracy_level"))
    read, y = ort.InferenceSession(few.SerializeToString()).run(["read", "y"], {"ids": np.arange(50)})
    assert np.array_equal(read, rounded(table, 32).numpy())
    assert np.allclose(y, (rounded(table, 32) @ rounded(matrix, 32).T).numpy(), atol=1e-4)


@pytest.fixture
def model():
    torch.manual_seed(0)
    return nn.Sequential(nn.Embedding(10, 32), nn.LayerNorm(32), nn.Linear(32, 3))


def test_a_training_pass_sees_rounded_weights_and_the_optimizer_moves_exact_ones(model):
    before = {name: value.clone() for name, value in model.state_dict().items()}
    optimizer, ids = torch.optim.SGD(model.parameters(), lr=0.1), torch.arange(10)
    with rounded_weights(model, 16):
        loss = model(ids).square().mean()
        assert torch.equal(model[2].weight, rounded(before["2.weight"], 16))
        assert torch.equal(model[1].weight, before["1.weight"])
        loss.backward()
        gradient = model[2].weight.grad.clone()
        optimizer.step()
        assert torch.allclose(model[2].weight, before["2.weight"] - 0.1 * gradient, atol=1e-7)
    plain = nn.Sequential(nn.Embedding(10, 32), nn.LayerNorm(32), nn.Linear(32, 3))
    plain.load_state_dict({**before, **{name: rounded(before[name], 16) for name in ("0.weight", "2.weight")}})
    plain(ids).square().mean().backward()
    assert torch.equal(gradient, plain[2].weight.grad)


def test_the_transposed_weights_of_gpt2_are_rounded_output_by_output():
    torch.manual_seed(0)
    layer, plain = Conv1D(3, 32), nn.Linear(32, 3)
    plain.weight.data, plain.bias.data = layer.weight.data.T.clone(), layer.bias.data.clone()
    x, seen = torch.randn(4, 32), {}
    for each in (layer, plain):
        with rounded_weights(each, 16):
            seen[each] = each.train()(x)
    assert torch.allclose(seen[layer], seen[plain], atol=1e-6)
    assert not torch.allclose(seen[layer], layer(x), atol=1e-3)


def test_nothing_is_rounded_when_predicting_and_nothing_stays_rounded(model):
    before = {name: value.clone() for name, value in model.state_dict().items()}
    with rounded_weights(model, 16):
        model.eval()(torch.arange(10))
        assert all(torch.equal(value, before[name]) for name, value in model.state_dict().items())
        model.train()(torch.arange(10))
    assert all(torch.equal(value, before[name]) for name, value in model.state_dict().items())
    model(torch.arange(10))
    assert torch.equal(model[2].weight, before["2.weight"])
