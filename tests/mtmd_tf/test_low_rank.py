"""A base and its deviation of low rank: the kernel by hand, and the gradient of copies on a core each."""

import numpy as np
import pytest
import tensorflow as tf

from mtmd_tf.execution import PLAIN, Execution, executing
from mtmd_tf.low_rank import deviated


def test_a_kernel_by_hand() -> None:
    """Base 3 and 4; down 1 and 10 times up 2 is 2 and 20."""
    base, down = tf.constant([[[3.0], [4.0]]]), tf.constant([[[1.0], [10.0]]])
    np.testing.assert_allclose(deviated(base, down, tf.constant([[[2.0]]])), [[[5.0], [24.0]]])


@pytest.mark.parametrize(("copies", "inputs", "units", "rank"), [(3, 6, 5, 2), (1, 16, 1, 1), (4, 48, 64, 8)])
@pytest.mark.parametrize("execution", [Execution(in_blocks=True), PLAIN])
def test_its_gradient_is_that_of_the_formula(
    execution: Execution, copies: int, inputs: int, units: int, rank: int
) -> None:
    draw = np.random.default_rng(0)
    shapes = [(copies, inputs, units), (copies, inputs, rank), (copies, rank, units)]
    weights = [tf.constant(draw.normal(size=shape), tf.float32) for shape in shapes]
    upstream = tf.constant(draw.normal(size=shapes[0]), tf.float32)

    def both(*weights: tf.Tensor) -> list[list[tf.Tensor]]:
        found = []
        for kernel_of in (deviated, lambda base, down, up: base + tf.matmul(down, up)):
            with tf.GradientTape() as tape:
                tape.watch(weights)
                kernel = kernel_of(*weights)
            found.append([kernel, *tape.gradient(kernel, weights, output_gradients=upstream)])
        return found

    traced = tf.function(both, autograph=False)
    with executing(execution):
        written, automatic = traced(*weights)
        types = [each.type for each in traced.get_concrete_function(*weights).graph.get_operations()]
    assert ("MapDefun" in types) == execution.in_blocks
    for own, plain in zip(written, automatic, strict=True):
        np.testing.assert_allclose(own, plain, rtol=1e-5, atol=1e-5)
