import numpy as np

from tfrecords_tools.sources.adworld.columns import identifiers, ragged, tokens


def test_tokens_are_the_bytes_of_the_names():
    assert tokens(("a", "b"), np.array([1, 0, 1])).tolist() == [b"b", b"a", b"b"]


def test_identifiers_have_six_digits():
    assert identifiers("u", np.array([42, 1_234_567])).tolist() == [b"u000042", b"u1234567"]


def test_ragged_keeps_row_by_row():
    column = ragged(np.array([[1, 2], [3, 4], [5, 6]]), np.array([[True, True], [False, False], [False, True]]))
    assert column.values.tolist() == [1, 2, 6]
    assert column.lengths.tolist() == [2, 0, 1]
