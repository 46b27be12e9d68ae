"""Throughput of a large matrix product in this process, to compare the towers' own products with."""

import functools
import time
from collections.abc import Callable

import tensorflow as tf


def matmul_throughput(*, size: int = 1024) -> float:
    """FLOPs a second, in float32, of one square matrix product, with the threads that TensorFlow has.

    Some 10 ms by default: so short that it can be taken beside the work with which it is compared, under the same load.

    Args:
        size: Rows and columns of the matrices.
    """
    multiply = _multiplication(size)
    begun = time.perf_counter()
    multiply()
    return 2 * size**3 / (time.perf_counter() - begun)


@functools.cache
def _multiplication(size: int) -> Callable[[], object]:
    square = tf.random.stateless_normal([size, size], seed=[0, 0])
    multiply = tf.function(tf.matmul, autograph=False)
    multiply(square, square).numpy()
    return lambda: multiply(square, square).numpy()
