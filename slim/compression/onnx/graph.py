"""ONNX graphs: what they hold, and what of it need not be shipped."""

import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import numpy as np
from onnx import GraphProto, ModelProto, NodeProto, TensorProto, helper, numpy_helper


def strip(model: ModelProto) -> None:
    """Remove stack traces, shapes between nodes and all else that no runtime reads, from the model itself."""
    graph = model.graph
    graph.ClearField("value_info")
    for part in (model, graph, *graph.node, *graph.initializer, *graph.input, *graph.output):
        part.ClearField("metadata_props")
        part.ClearField("doc_string")


def weights(graph: GraphProto) -> dict[str, TensorProto]:
    """Name -> matrix or table of float32 that is a part of the model."""
    return {one.name: one for one in graph.initializer if len(one.dims) == 2 and one.data_type == TensorProto.FLOAT}


def readers(graph: GraphProto, operator: str) -> list[NodeProto]:
    """The nodes of an operator that read a matrix or table of the model: MatMul and Gemm as the right factor."""
    place, known = 0 if operator == "Gather" else 1, weights(graph)
    return [node for node in graph.node if node.op_type == operator and node.input[place] in known]


def split_gemms(graph: GraphProto) -> None:
    """Write every Gemm over a matrix of the model as MatMul and Add, which quantizers know, in the graph itself."""
    known, replaced = weights(graph), {}
    for node in readers(graph, "Gemm"):
        options = {each.name: helper.get_attribute_value(each) for each in node.attribute}
        if options.get("transA") or options.get("alpha", 1) != 1 or options.get("beta", 1) != 1:
            continue
        matrix, *bias = node.input[1:]
        if options.get("transB"):
            turned = np.ascontiguousarray(numpy_helper.to_array(known[matrix]).T)
            matrix = f"{matrix}.T"
            graph.initializer.append(numpy_helper.from_array(turned, matrix))
        product = f"{node.output[0]}_product" if bias else node.output[0]
        nodes = [helper.make_node("MatMul", [node.input[0], matrix], [product], f"{node.name}_MatMul")]
        if bias:
            nodes.append(helper.make_node("Add", [product, *bias], node.output, f"{node.name}_Add"))
        replaced[node.output[0]] = nodes
    replace_nodes(graph, replaced)


def replace_nodes(graph: GraphProto, replaced: Mapping[str, list[NodeProto]]) -> None:
    """Put nodes in the place of those with these first outputs, and drop tensors that no node reads any more."""
    nodes = [new for node in graph.node for new in replaced.get(node.output[0], [node])]
    del graph.node[:]
    graph.node.extend(nodes)
    keep_read_tensors(graph)


def keep_read_tensors(graph: GraphProto) -> None:
    """Drop tensors that no node reads, and all but one of the same name."""
    read = {name for node in graph.node for name in node.input}
    kept = {tensor.name: tensor for tensor in graph.initializer if tensor.name in read}
    del graph.initializer[:]
    graph.initializer.extend(kept.values())


@contextmanager
def quiet() -> Iterator[None]:
    """A context without warnings in the log: ONNX's tools narrate, and one configures the root logger."""
    root, nowhere = logging.getLogger(), logging.NullHandler()
    root.addHandler(nowhere)  # basicConfig does nothing where there is a handler
    before = root.manager.disable
    logging.disable(logging.WARNING)
    try:
        yield
    finally:
        logging.disable(before)
        root.removeHandler(nowhere)
