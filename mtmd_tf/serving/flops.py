"""Counts the FLOPs of a loaded signature's matrix products (paper section 2.2)."""

import math
from collections.abc import Iterable, Mapping
from typing import Any

import tensorflow as tf

_MATRIX_PRODUCTS = ("MatMul", "BatchMatMul", "BatchMatMulV2")


def flops_per_row(signature: tf.types.experimental.ConcreteFunction) -> int:
    """Additions and multiplications of one row; those of the functions that the signature calls included."""
    graph = signature.graph.as_graph_def(add_shapes=True)
    functions = {function.signature.name: function.node_def for function in graph.library.function}
    return _count(graph.node, functions)


def _count(nodes: Iterable[Any], functions: Mapping[str, Iterable[Any]]) -> int:
    by_name = {node.name: node for node in nodes}
    total = 0
    for node in by_name.values():
        if node.op in _MATRIX_PRODUCTS:
            kernel = _shape(by_name[node.input[1].split(":")[0]])  # no product here is of a transposed matrix
            total += 2 * kernel[-2] * math.prod(size for size in _shape(node) if size >= 0)  # rows are unknown: one
        elif node.attr["f"].func.name:
            total += _count(functions[node.attr["f"].func.name], functions)
    return total


def _shape(node: Any) -> list[int]:
    return [size.size for size in node.attr["_output_shapes"].list.shape[0].dim]
