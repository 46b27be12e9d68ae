"""Where the halves of an id are, by numbers that a person can verify."""

import numpy as np
import tensorflow as tf
from hypothesis import given
from hypothesis import strategies as st

from mtmd_tf.features.two_rows import two_rows


def test_the_rows_are_those_of_the_formula():
    first, second = two_rows(tf.constant([[0, 1], [2, 3]]), 10)
    # 12345 mod 10; 1,103,527,590; 2,207,042,835 mod 2^31 - 1 = 59,559,188; 3,310,558,080 mod 2^31 - 1 = 1,163,074,433
    assert first.numpy().tolist() == [[5, 0], [8, 3]]
    # 1,013,904,223; + 1,664,525 each
    assert second.numpy().tolist() == [[3, 8], [3, 8]]


@given(st.lists(st.integers(0, 2**31 - 2), min_size=1, max_size=20, unique=True), st.integers(1, 2**31 - 1))
def test_every_row_is_one_of_the_table_and_the_same_each_time(ids: list[int], rows: int):
    found = np.stack([each.numpy() for each in two_rows(tf.constant(ids, tf.int64), rows)])
    lines = [((1_103_515_245, 12_345)), (1_664_525, 1_013_904_223)]
    assert found.tolist() == [[(factor * each + plus) % (2**31 - 1) % rows for each in ids] for factor, plus in lines]


def test_few_ids_share_both_rows():
    """Of 100,000 ids in 2,000 rows 50 share each row; both rows are shared by about 100,000^2 / 2 / 2,000^2 pairs."""
    first, second = (rows.numpy() for rows in two_rows(tf.range(100_000), 2_000))
    assert np.bincount(first, minlength=2_000).min() > 25
    assert np.bincount(second, minlength=2_000).min() > 25
    _, counts = np.unique(first * 2_000 + second, return_counts=True)
    shared = (counts * (counts - 1) // 2).sum()
    assert shared < 3 * 1_250
