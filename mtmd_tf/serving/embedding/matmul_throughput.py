"""Throughput of a large matrix product in this process, to compare the towers' own products with."""

import functools
import time
from collections.abc import Callable

import tensorflow as tf


def matmul_throughput(*, size: int = 1024, dtype: tf.DType = tf.float32) -> float:
    """FLOPs a second of one square matrix product, with the threads that TensorFlow has.

    Some 10 ms by default: so short that it can be taken beside the work with which it is compared, under the same load.

    Args:
        size: Rows and columns of the matrices.
        dtype: Type of the numbers.
    """
    multiply = _multiplication(size, dtype)
    begun = time.perf_counter()
    multiply()
    return 2 * size**3 / (time.perf_counter() - begun)


@functools.cache
def _multiplication(size: int, dtype: tf.DType) -> Callable[[], object]:
    square = tf.cast(tf.random.stateless_normal([size, size], seed=[0, 0]), dtype)
    multiply = tf.function(tf.matmul, autograph=False)
    multiply(square, square).numpy()
    return lambda: multiply(square, square).numpy()
