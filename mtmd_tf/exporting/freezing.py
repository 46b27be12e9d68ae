"""Small weights become constants of a signature's graph: read as variables, they cost more to fetch than to use."""

from collections.abc import Sequence

import tensorflow as tf

MOST_NUMBERS = 4096  # of a weight that is frozen: biases, gains and shifts are, kernels and tables are not


def call_frozen(function: tf.types.experimental.ConcreteFunction, inputs: Sequence[tf.Tensor]):
    """What `function` returns, with its small variables as constants.

    A variable costs a graph three operations a call, a constant one, and what depends on constants alone is computed
    when the graph is loaded (docs/adr/0017). Large ones stay variables, which all signatures share.

    Args:
        function: Traced; its inputs are `inputs`, in this order.
        inputs: Tensors of the graph that calls.
    """
    graph = function.graph
    captured = {id(internal): external for external, internal in graph.captures}
    small = {id(v.handle): v for v in function.variables if v.shape.num_elements() <= MOST_NUMBERS}
    own = graph.inputs[: len(graph.inputs) - len(captured)]
    replaced = {tensor.name: given for tensor, given in zip(own, inputs, strict=True)}
    left_out = {tensor.op.name for tensor in graph.inputs}
    for external, internal in graph.captures:
        variable = small.get(id(external))
        reads = [op for op in internal.consumers() if op.type == "ReadVariableOp"]
        if variable is None or len(reads) < len(internal.consumers()):
            replaced[internal.name] = tf.compat.v1.get_default_graph().capture(external)
            continue
        with tf.init_scope():
            value = variable.numpy()
        for read in reads:
            replaced[read.outputs[0].name] = tf.constant(value, name=read.name.removesuffix("/ReadVariableOp"))
            left_out.add(read.name)
    definition = graph.as_graph_def()
    kept = [node for node in definition.node if node.name not in left_out]
    for node in kept:  # who only waits for a read waits no longer
        inputs = [name for name in node.input if name.removeprefix("^") not in left_out or not name.startswith("^")]
        node.input[:] = inputs
    del definition.node[:]
    definition.node.extend(kept)
    names = [tensor.name for tensor in function.outputs]
    outputs = tf.graph_util.import_graph_def(definition, input_map=replaced, return_elements=names, name="")
    return tf.nest.pack_sequence_as(function.structured_outputs, outputs, expand_composites=True)
