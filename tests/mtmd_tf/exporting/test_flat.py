"""Tests of mtmd_tf/exporting/flat.py, tokens.py and alignment.py: what the reader's indexer makes."""

import numpy as np
import pytest
import tensorflow as tf

from mtmd_tf.exporting.alignment import Alignment
from mtmd_tf.exporting.flat import FlatIndexer
from mtmd_tf.features.fields import Encoder
from mtmd_tf.features.layout import SideLayout
from mtmd_tf.serving.rows import to_inputs, to_rows
from tests.mtmd_tf.small import small_requests, small_schema, to_batch

LAYOUT = SideLayout("query", small_schema())  # fields: country, words, taste, age, visits


def flat(**inputs):
    dtypes = {"country": tf.string, "words": tf.string}
    return FlatIndexer(LAYOUT)({name: tf.constant(v, dtypes.get(name, tf.float32)) for name, v in inputs.items()})


def test_inputs_of_one_row_and_of_three_line_up_by_hand() -> None:
    inputs = [tf.constant([b"a", b"b", b"c"]), tf.constant([1.0]), tf.zeros([3, 2])]
    aligned = Alignment.of(inputs)
    assert int(aligned.rows) == 3
    assert aligned.own.numpy().tolist() == [3, 1, 3]
    assert aligned.width.numpy().tolist() == [1, 1, 2]
    assert aligned.index.numpy().tolist() == [[0, 3, 4], [1, 3, 5], [2, 3, 6]]
    assert aligned.part(1, 2).index.numpy().tolist() == [[0, 1], [0, 2], [0, 3]]


def test_an_input_without_rows_leaves_none() -> None:
    assert int(Alignment.of([tf.zeros([0]), tf.zeros([1, 2])]).rows) == 0


def test_two_rows_and_three_are_refused() -> None:
    with pytest.raises(tf.errors.InvalidArgumentError, match=r"equally many rows, or one; they have.*2 3 1"):
        Alignment.of([tf.zeros([2]), tf.zeros([3]), tf.zeros([1])])


def test_tokens_by_hand() -> None:
    side = flat(country=[b"us", b"de"], words=[[b"red", b"", b"<empty>"]])
    hashed = int(tf.strings.to_hash_bucket_fast("red", 16))
    assert side.tokens.numpy()[:3].tolist() == [1, 2, 3 + hashed]  # fr, us, unknown; then 16 rows of words
    assert side.segment.numpy().tolist() == [0, 1, 2, -1, -1]  # two countries, one bag; what is no token counts nowhere
    assert side.index.numpy().tolist() == [[0, 2], [1, 2]]
    assert side.mask.numpy()[:, :2].tolist() == [[1, 1], [1, 1]]


def test_a_bag_that_is_present_and_empty_is_not_a_missing_one() -> None:
    side = flat(words=[[b"<empty>", b""], [b"", b""]])
    assert side.mask.numpy()[:, 1].tolist() == [1, 0]
    assert side.segment.numpy().tolist()[1:] == [-1] * 4


@pytest.mark.parametrize("admission", [False, True])
@pytest.mark.parametrize("name", ["query", "item"])
def test_the_reader_makes_the_same_fields(name: str, admission: bool) -> None:
    requests, schema = small_requests(40), small_schema()
    layout, batch = SideLayout(name, schema), to_batch(requests)
    columns, mask = (requests.query, requests.query_mask) if name == "query" else (requests.item, requests.item_mask)
    encoder = Encoder(layout, dim=4, admission=admission)
    if admission:
        encoder.stands_for.assign(np.arange(layout.table_rows) // 2)
    read = encoder(batch.query if name == "query" else batch.item)
    inputs = to_inputs(schema.features_of(name), to_rows(schema.features_of(name), columns, mask), where=name)
    served = encoder(FlatIndexer(layout)({n: tf.constant(own.tolist(), _dtype(own)) for n, own in inputs.items()}))
    np.testing.assert_array_equal(served.mask, read.mask)
    np.testing.assert_allclose(served.numbers, read.numbers, rtol=1e-6)
    here = read.mask[:, : read.embedded.shape[1], None]
    np.testing.assert_allclose(served.embedded * here, read.embedded * here, atol=1e-6)


def _dtype(array: np.ndarray) -> tf.DType:
    return tf.string if array.dtype == object else tf.as_dtype(array.dtype)
