"""Functions traced once and copied into the graphs that call them, small weights as constants (docs/adr/0017).

Read as variables, small weights cost a graph more to fetch than to use.
"""

from collections.abc import Callable, Sequence
from typing import Any

import tensorflow as tf

from mtmd_tf import legacy

MOST_NUMBERS = 4096  # of a weight that is frozen: biases, gains and shifts are, kernels and tables are not


class Frozen:
    """A function of tensors that is traced once; each call copies its graph into the graph that calls.

    A variable costs a graph three operations a call, a constant one, and what depends on constants alone is computed
    when the graph is loaded. Large weights stay variables, which all copies share.

    Args:
        function: Function from the tensors of `specs` to a nest of tensors.
        specs: Nests of `tf.TypeSpec`, one an argument.

    Attributes:
        captured: Tensors that every copy captures: handles of large variables and of tables.
    """

    def __init__(self, function: Callable[..., Any], specs: Sequence[Any]) -> None:
        with tf.init_scope():  # a first call may be made while another graph is traced
            self._traced = tf.function(function, input_signature=list(specs), autograph=False).get_concrete_function()
            graph = self._traced.graph
            small = {id(v.handle): v for v in self._traced.variables if v.shape.num_elements() <= MOST_NUMBERS}
            left_out = {tensor.op.name for tensor in graph.inputs}
            self._constants: dict[str, Any] = {}
            self._captures: dict[str, tf.Tensor] = {}
            for external, internal in graph.captures:
                variable = small.get(id(external))
                reads = [op for op in internal.consumers() if op.type == "ReadVariableOp"]
                if variable is None or len(reads) < len(internal.consumers()):
                    self._captures[internal.name] = external
                    continue
                self._constants |= {read.outputs[0].name: variable.numpy() for read in reads}
                left_out |= {read.name for read in reads}
        self._inputs = [tensor.name for tensor in graph.inputs[: len(graph.inputs) - len(graph.captures)]]
        self._definition = _without(graph.as_graph_def(), left_out)
        self._used = {_tensor(name) for node in self._definition.node for name in node.input if name[0] != "^"}
        self.captured = list(self._captures.values())

    def __call__(self, *arguments: Any) -> Any:
        """The function's outputs for tensors of the graph that calls."""
        tensors = tf.nest.flatten(arguments, expand_composites=True)
        replaced = dict(zip(self._inputs, tensors, strict=True))
        graph = legacy.current_graph()
        replaced |= {name: graph.capture(external) for name, external in self._captures.items()}
        for name, value in self._constants.items():
            replaced[name] = tf.constant(value, name=name.partition(":")[0].partition("/ReadVariableOp")[0])
        names = [tensor.name for tensor in self._traced.outputs]
        copied = tf.graph_util.import_graph_def(
            self._definition,
            input_map={name: tensor for name, tensor in replaced.items() if name in self._used},  # others are an error
            return_elements=[name for name in names if name not in replaced],
            name="",
        )
        rest = iter(copied or ())
        outputs = [replaced[name] if name in replaced else next(rest) for name in names]
        return tf.nest.pack_sequence_as(self._traced.structured_outputs, outputs, expand_composites=True)


def _tensor(name: str) -> str:
    """The tensor that a node's input means: `a` is the first output of the node a."""
    return name if ":" in name else f"{name}:0"


def _without(definition: Any, left_out: set[str]) -> Any:
    """A GraphDef without some nodes; control dependencies on them are dropped."""
    kept = [node for node in definition.node if node.name not in left_out]
    for node in kept:
        inputs = [name for name in node.input if name.removeprefix("^") not in left_out or not name.startswith("^")]
        node.input[:] = inputs
    del definition.node[:]
    definition.node.extend(kept)
    return definition
