import numpy as np
import pytest
import tensorflow as tf

from mtmd_tf.execution import PLAIN, Execution, compiled, executing, in_blocks, product, xla

BFLOAT16 = Execution(precision="bfloat16")
ROWS = tf.constant([[1.0 + 2.0**-8, 2.0]])  # the first is halfway between 1 and bfloat16's next number, 1 + 2^-7
KERNEL = tf.constant([[1.0], [0.5]])


def tf32() -> bool:
    return tf.config.experimental.tensor_float_32_execution_enabled()


def test_bfloat16_rounds_factors_and_gives_the_type_of_the_rows():
    np.testing.assert_array_equal(product(ROWS, KERNEL), [[2.0 + 2.0**-8]])
    with executing(BFLOAT16):
        brief = product(ROWS, tf.Variable(KERNEL))
    np.testing.assert_array_equal(brief, [[2.0]])
    assert brief.dtype == tf.float32


def test_the_gradient_of_bfloat16_is_such_a_product_for_a_weight_of_float32():
    kernel = tf.Variable(KERNEL)
    with executing(BFLOAT16), tf.GradientTape() as tape:
        output = tf.reduce_sum(product(ROWS, kernel))
    gradient = tape.gradient(output, kernel)
    np.testing.assert_array_equal(gradient, [[1.0], [2.0]])
    assert gradient.dtype == tf.float32


def test_tf32_is_off_but_in_a_step_that_asks_for_it():
    assert not tf32()
    with executing(Execution(precision="tf32")):
        assert tf32()
        with executing(PLAIN):
            assert not tf32()
        assert tf32()
    assert not tf32()


def test_after_an_error_everything_is_as_before():
    with pytest.raises(ZeroDivisionError), executing(Execution(precision="tf32", xla=True)):
        1 / 0  # noqa: B018
    assert not tf32()
    assert not xla()


def test_blocks_are_taken_in_a_step_that_asks_for_them_and_not_by_xla():
    assert not in_blocks()
    with executing(Execution(in_blocks=True)):
        assert in_blocks()
        with executing(Execution(in_blocks=True, xla=True)):
            assert not in_blocks()


def test_xla_computes_what_a_function_does():
    def square(number: tf.Tensor) -> tf.Tensor:
        return number * number

    assert compiled(square) is square
    with executing(Execution(xla=True)):
        by_xla = compiled(square)
    assert by_xla is not square
    np.testing.assert_array_equal(by_xla(tf.constant(3.0)), 9.0)
