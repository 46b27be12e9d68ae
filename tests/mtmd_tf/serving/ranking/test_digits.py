"""Tests of mtmd_tf/serving/ranking/digits.py."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from mtmd_tf.serving.ranking.digits import from_digits, to_digits

NUMBERS = st.floats(-(2.0**100), 2.0**100, width=32)


def test_two_digits_by_hand() -> None:
    digits = to_digits(np.float32([[1.27, -0.503, 0], [0, 0, 0]]))
    np.testing.assert_allclose(digits.scale, [0.01, 0], rtol=1e-6)
    assert digits.high.tolist() == [[127, -50, 0], [0, 0, 0]]
    assert digits.low.tolist() == [[0, -76, 0], [0, 0, 0]]  # -.3 of a step are 76.2 of 254
    np.testing.assert_allclose(from_digits(*digits), [[1.27, -0.503, 0], [0, 0, 0]], atol=0.01 / 508)


@given(arrays(np.float32, array_shapes(min_dims=2, max_dims=2, min_side=1, max_side=9), elements=NUMBERS))
def test_one_digit_is_within_half_a_step_and_two_within_a_step_of_508(values: np.ndarray) -> None:
    digits = to_digits(values)
    scale, exact = digits.scale.astype(np.float64)[:, None], values.astype(np.float64)
    rounding = 1e-6 * np.abs(exact).max(axis=1, keepdims=True) + 1e-42  # of float32 itself, and its smallest numbers
    assert (np.abs(digits.high * scale - exact) <= scale / 2 + rounding).all()
    assert (np.abs(from_digits(*digits) - exact) <= scale / 508 + rounding).all()


def test_a_row_of_the_smallest_numbers_does_not_wrap_around() -> None:
    smallest = np.float32(1e-45)
    digits = to_digits(np.full((1, 2), 190 * smallest, np.float32))  # its scale, 1.5 of them, is rounded to 1 or 2
    assert (digits.high > 0).all()
