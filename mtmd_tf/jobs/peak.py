"""The machine's own speed at matrix products, to which a job compares its own."""

import statistics
import time

_MATRIX = 2048
_ROUNDS = 5


def matrix_peak() -> float:
    """Float32 operations a second of a square matrix product, with all of this process's threads; a median."""
    import tensorflow as tf

    square = tf.random.normal([_MATRIX, _MATRIX])
    multiply = tf.function(tf.matmul, autograph=False)
    multiply(square, square).numpy()
    seconds = []
    for _ in range(_ROUNDS):
        begun = time.perf_counter()
        multiply(square, square).numpy()
        seconds.append(time.perf_counter() - begun)
    return 2 * _MATRIX**3 / statistics.median(seconds)
