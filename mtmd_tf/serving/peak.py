"""How fast this process multiplies matrices right now: what its own products are compared with."""

import functools
import time
from collections.abc import Callable

import tensorflow as tf

_MATRIX = 1024


def matrix_peak() -> float:
    """Float32 operations a second of one square matrix product, with the threads that TensorFlow has.

    Some 10 ms: so short that it can be taken beside the work with which it is compared, under the same load.
    """
    multiply = _multiplication()
    begun = time.perf_counter()
    multiply()
    return 2 * _MATRIX**3 / (time.perf_counter() - begun)


@functools.cache
def _multiplication() -> Callable[[], object]:
    square = tf.random.stateless_normal([_MATRIX, _MATRIX], seed=[0, 0])
    multiply = tf.function(tf.matmul, autograph=False)
    multiply(square, square).numpy()
    return lambda: multiply(square, square).numpy()
