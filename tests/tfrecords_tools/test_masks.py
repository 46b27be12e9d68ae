"""Masks of any number of features, by numbers that a person can verify."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from tfrecords_tools.masks import from_words, to_words, words


@pytest.mark.parametrize(("features", "wanted"), [(0, 1), (1, 1), (63, 1), (64, 2), (126, 2), (127, 3)])
def test_one_int64_holds_63(features: int, wanted: int) -> None:
    assert words(features) == wanted


def test_the_64th_feature_is_the_first_bit_of_a_second_word() -> None:
    mask = np.zeros((2, 65), bool)
    mask[0, [0, 2, 63]] = True
    mask[1, 62] = True
    assert to_words(mask).tolist() == [[0b101, 0b1], [1 << 62, 0]]


@given(arrays.arrays(bool, st.tuples(st.integers(0, 4), st.integers(0, 200))))
def test_a_mask_comes_back(mask: np.ndarray) -> None:
    np.testing.assert_array_equal(from_words(to_words(mask), mask.shape[1]), mask)


@pytest.mark.parametrize("found", [[[0, 0b100]], [[-1, 0]]])
def test_a_bit_behind_the_last_feature_is_refused(found: list[list[int]]) -> None:
    with pytest.raises(ValueError, match="1"):
        from_words(np.array(found), 65)
