"""LayerNorm in blocks of rows is LayerNorm of all rows, forward and back."""

import numpy as np
import pytest
import tensorflow as tf

from mtmd_tf.layer_norm import normalize
from mtmd_tf.norm_blocks import normalize_in_blocks


def drawn(copies: int, rows: int, units: int) -> list[tf.Tensor]:
    """Rows, bias, gain, shift and the output's gradient."""
    random = np.random.default_rng(0)
    shapes = [(copies, rows, units), *[(copies, 1, units)] * 3, (copies, rows, units)]
    return [tf.constant(random.normal(size=shape), tf.float32) for shape in shapes]


@pytest.mark.parametrize("slope", [0.2, 1.0])
@pytest.mark.parametrize(
    ("copies", "rows", "units", "blocks"),
    [(3, 8, 5, 1), (3, 8, 512, 4), (1, 64, 128, 16), (2, 16, 300, 16), (2, 0, 64, 1), (2, 1, 64, 1)],
)
def test_blocks_are_the_rows_all_at_once(copies: int, rows: int, units: int, blocks: int, slope: float) -> None:
    *tensors, upstream = drawn(copies, rows, units)

    def both(rows: tf.Tensor, *weights: tf.Tensor) -> list[list[tf.Tensor]]:
        found = []
        for way in ("in blocks", "at once"):
            with tf.GradientTape() as tape:
                tape.watch([rows, *weights])
                if way == "in blocks":
                    output = normalize_in_blocks(rows, *weights, slope=slope, blocks=tf.constant(blocks))
                else:
                    bias, gain, shift = weights
                    output = normalize(rows + bias, gain, shift, slope=slope)
            found.append([output, *tape.gradient(output, [rows, *weights], output_gradients=upstream)])
        return found

    spec = [tf.TensorSpec([copies, None, units]), *[tf.TensorSpec([copies, 1, units])] * 3]
    for function in (both, tf.function(both, input_signature=spec, autograph=False)):
        for own, plain in zip(*function(*tensors), strict=True):
            np.testing.assert_allclose(own, plain, rtol=1e-4, atol=1e-4)


def test_a_row_by_hand() -> None:
    """Bias 1 makes the row 1, 3: mean 2, deviation 1; times 2 and plus 1 it is -1 and 3, and LeakyReLU halves -1."""
    row, one, two = tf.constant([[[0.0, 2.0]]]), tf.ones([1, 1, 2]), tf.fill([1, 1, 2], 2.0)
    found = normalize_in_blocks(row, one, two, one, slope=0.5, blocks=tf.constant(1))
    np.testing.assert_allclose(found, [[[-0.5, 3.0]]], atol=1e-4)
