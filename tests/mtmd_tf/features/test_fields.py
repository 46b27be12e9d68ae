"""Look-ups, pools and projections by hand-computed numbers."""

import dataclasses

import numpy as np
import pytest
import tensorflow as tf

from mtmd_tf.features.batch import Side
from mtmd_tf.features.fields import Encoder
from mtmd_tf.features.layout import SideLayout
from mtmd_tf.features.two_rows import two_rows
from tests.mtmd_tf.layer_checks import assign
from tests.mtmd_tf.small import small_batch, small_schema

ITEM = SideLayout("item", small_schema())  # brand (8 rows), tags (8 rows, sum), image (2), price, discount


def side(rows: int = 2) -> Side:
    bag = tf.RaggedTensor.from_row_lengths(tf.constant([8, 9, 9], tf.int64), tf.constant([3, 0], tf.int64))
    return Side(
        tokens=tf.constant([[2], [0]], tf.int64)[:rows],
        bags=(bag[:rows],),
        vectors=(tf.constant([[1.0, 2.0], [3.0, 4.0]])[:rows],),
        numbers=tf.constant([[5.0, 6.0], [7.0, 8.0]])[:rows],
        mask=tf.ones([2, 5])[:rows],
    )


def by_hand(layout: SideLayout = ITEM) -> Encoder:
    """Row r of the table is [r, 10 r]; the projection adds an image's numbers, and doubles the first one."""
    encoder = Encoder(layout, dim=2)
    encoder(side())
    rows = np.arange(layout.table_rows, dtype=np.float32)
    assign(encoder, {"table": np.stack([rows, 10 * rows], axis=1), "kernel": [[[1.0, 2.0], [1.0, 0.0]]]})
    return encoder


def test_fields_by_hand():
    embedded = by_hand()(side()).embedded
    # brand row 2; tags 8 + 9 + 9; image [1 + 2, 2 * 1]
    np.testing.assert_allclose(embedded[0], [[2, 20], [26, 260], [3, 2]])
    # brand row 0; no tag; image [3 + 4, 2 * 3]
    np.testing.assert_allclose(embedded[1], [[0, 0], [0, 0], [7, 6]])


def test_a_mean_divides_by_the_number_of_tokens():
    schema = small_schema()
    features = tuple(dataclasses.replace(f, combiner="mean") if f.name == "tags" else f for f in schema.features)
    encoder = by_hand(SideLayout("item", dataclasses.replace(schema, features=features)))
    np.testing.assert_allclose(encoder(side()).embedded[:, 1, 0], [26 / 3, 0], rtol=1e-6)


def test_numbers_and_mask_pass_unchanged():
    encoded = by_hand()(side())
    np.testing.assert_array_equal(encoded.numbers, side().numbers)
    np.testing.assert_array_equal(encoded.mask, side().mask)


def test_more_ids_than_rows_have_two_halves_each():
    encoder = Encoder(ITEM, dim=2, most_rows=4)  # 16 ids in 8 rows of one number, row r of which holds r
    encoder(side())
    assign(encoder, {"table": np.arange(8, dtype=np.float32)[:, None], "kernel": [[[1.0, 2.0], [1.0, 0.0]]]})
    first, second = (rows.numpy() for rows in two_rows(tf.range(16), 8))
    embedded = encoder(side()).embedded
    np.testing.assert_allclose(embedded[0, 0], [first[2], second[2]])
    np.testing.assert_allclose(embedded[0, 1], [first[8] + 2 * first[9], second[8] + 2 * second[9]])


def test_a_table_that_holds_all_ids_is_as_it_was():
    bounded, plain = (Encoder(ITEM, dim=2, most_rows=most, seed=3) for most in (16, 0))
    np.testing.assert_array_equal(bounded.table.numpy(), plain.table.numpy())
    assert bounded.table.shape == (16, 2)


def test_only_looked_up_rows_have_a_gradient():
    encoder = by_hand()
    with tf.GradientTape() as tape:
        total = tf.reduce_sum(encoder(side()).embedded)
    gradient = tape.gradient(total, encoder.table)
    assert isinstance(gradient, tf.IndexedSlices)
    assert set(gradient.indices.numpy().tolist()) == {0, 2, 8, 9}


@pytest.mark.parametrize("rows", [2, 1, 0])
def test_one_trace_serves_any_number_of_rows(rows):
    encoder = by_hand()

    def free(tensor):
        if isinstance(tensor, tf.RaggedTensor):
            return tf.RaggedTensorSpec([None, None], tf.int64)
        return tf.TensorSpec([None, *tensor.shape[1:]], tensor.dtype)

    run = tf.function(encoder.__call__, input_signature=[tf.nest.map_structure(free, side())])
    embedded = run(side(rows)).embedded
    assert embedded.shape == (rows, 3, 2)
    np.testing.assert_allclose(embedded, encoder(side()).embedded[:rows])


def test_a_side_of_numbers_alone_has_no_embedded_field():
    schema = small_schema()
    kept = tuple(f for f in schema.features if f.side == "query" or f.kind == "continuous")
    encoder = Encoder(SideLayout("item", dataclasses.replace(schema, features=kept)), dim=2)
    numbers = tf.ones([3, 2])
    encoded = encoder(Side(tf.zeros([3, 0], tf.int64), (), (), numbers, tf.ones([3, 2])))
    assert encoded.embedded.shape == (3, 0, 2)


def test_weights_round_trip(tmp_path):
    batch = small_batch(3)
    one, other = Encoder(ITEM, dim=2, seed=1), Encoder(ITEM, dim=2, seed=2)
    before = one(batch.item).embedded, other(batch.item).embedded
    assert np.any(before[0] != before[1])
    tf.train.Checkpoint(encoder=other).read(tf.train.Checkpoint(encoder=one).write(str(tmp_path / "weights")))
    np.testing.assert_array_equal(other(batch.item).embedded, before[0])
