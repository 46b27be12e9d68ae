"""Which rows stand for which, by hand."""

import numpy as np
import tensorflow as tf

from mtmd_tf.features.admission import Folded, RowCounts
from mtmd_tf.features.batch import Side
from mtmd_tf.features.fields import Encoder
from mtmd_tf.features.layout import SideLayout
from tests.mtmd_tf.small import small_schema

ITEM = SideLayout("item", small_schema())  # brand: rows 0 to 7; tags: rows 8 to 15; both hashed
QUERY = SideLayout("query", small_schema())  # country: fr 0, us 1, any other 2; words: rows 3 to 18


def side(layout: SideLayout, tokens: list[int], bag: list[list[int]], *, present: list[int] | None = None) -> Side:
    mask = np.ones([len(tokens), len(layout.features)], np.float32)
    mask[:, 0] = 1 if present is None else present
    return Side(
        tokens=tf.constant(tokens, tf.int64)[:, None],
        bags=(tf.ragged.constant(bag, tf.int64, row_splits_dtype=tf.int64),),
        vectors=(tf.zeros([len(tokens), 3 if layout is QUERY else 2]),),
        numbers=tf.zeros([len(tokens), 2]),
        mask=tf.constant(mask),
    )


def test_rare_and_unseen_rows_of_a_hashed_feature_go_to_the_first_of_them():
    counts = RowCounts(ITEM)
    counts.add(side(ITEM, [3, 3, 5, 1], [[8, 9], [9], [], [9]], present=[1, 1, 1, 0]))
    counts.add(side(ITEM, [3, 5, 5], [[], [8], [15]]))
    stands, folded = counts.admitted(3)
    assert stands[:8].tolist() == [
        0,
        0,
        0,
        3,
        0,
        5,
        0,
        0,
    ]  # 3 and 5 were met three times; 1 was absent, the others unseen
    assert stands[8:].tolist() == [8, 9, 8, 8, 8, 8, 8, 8]  # 9 three times; 8 twice and 15 once
    assert folded == [Folded("item/tags", ids=3, rare=2, values=6, folded=3)]
    assert str(folded[0]) == "item/tags: 2 of 3 ids share a row, 50.0% of 6 values."


def test_rare_tokens_of_a_vocabulary_are_out_of_it():
    counts = RowCounts(QUERY)
    counts.add(side(QUERY, [0, 1, 1], [[3], [3], [3]]))
    stands, folded = counts.admitted(2)
    assert stands[:4].tolist() == [2, 1, 2, 3]
    assert folded == [Folded("query/country", ids=2, rare=1, values=3, folded=1)]


def test_every_row_met_once_stands_for_itself():
    counts = RowCounts(QUERY)
    counts.add(side(QUERY, [0, 1], [list(range(3, 19)), []]))
    stands, folded = counts.admitted(1)
    np.testing.assert_array_equal(stands, np.arange(19))
    assert folded == []


def test_an_encoder_reads_and_learns_the_row_that_stands_for_another():
    encoder = Encoder(ITEM, dim=2, admission=True)
    encoder.stands_for.assign([0, 0, 0, 3, 0, 5, 0, 0, *range(8, 16)])
    with tf.GradientTape() as tape:
        embedded = encoder(side(ITEM, [7, 1, 3], [[], [], []])).embedded[:, 0]
    np.testing.assert_array_equal(embedded, encoder.table.numpy()[[0, 0, 3]])
    gradient = tape.gradient(embedded, encoder.table)
    np.testing.assert_array_equal(tf.convert_to_tensor(gradient)[:4, 0], [2, 0, 0, 1])
    assert not encoder.stands_for.trainable
