"""Raw values to table rows and tamed numbers by hand; what the mask hides, and what is left out."""

import math

import numpy as np
import pytest
import tensorflow as tf

from mtmd_tf.features.indexing import SideIndexer, unpack_mask
from mtmd_tf.features.layout import SideLayout
from tests.mtmd_tf.small import small_schema

NAN = float("nan")
QUERY = SideIndexer(SideLayout("query", small_schema()))  # fields: country, words, taste, age, visits
ITEM = SideIndexer(SideLayout("item", small_schema()))  # fields: brand, tags, image, price, discount


def raw_query(**changes):
    raw = {
        "age": tf.constant([30.0, 40.0]),
        "country": tf.constant([b"us", b"de"]),
        "visits": tf.constant([0.0, math.e - 1.0]),
        "words": tf.ragged.constant([[b"red", b"shoe"], []], row_splits_dtype=tf.int64, dtype=tf.string),
        "taste": tf.constant([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]),
    }
    return raw | changes


def present(*rows: str) -> tf.Tensor:
    return tf.constant([[flag == "1" for flag in row] for row in rows])


def test_a_token_is_its_place_in_the_vocabulary_and_any_other_the_row_after_it():
    side = QUERY(raw_query(), present("11111", "11111"))
    assert side.tokens.numpy().tolist() == [[1], [2]]  # fr, us, unknown


def test_hashed_tokens_lie_after_the_tables_before_theirs():
    bag = QUERY(raw_query(), present("11111", "11111")).bags[0]
    assert bag.row_lengths().numpy().tolist() == [2, 0]
    hashed = tf.strings.to_hash_bucket_fast([b"red", b"shoe"], 16)
    np.testing.assert_array_equal(bag.flat_values, 3 + hashed)


def test_whole_numbers_hash_as_their_digits():
    raw = {"brand": tf.constant([7], tf.int64)}
    assert int(ITEM(raw, present("11111")).tokens[0, 0]) == int(tf.strings.to_hash_bucket_fast("7", 8))


def test_counts_are_tamed_and_other_numbers_left_alone():
    side = QUERY(raw_query(), present("11111", "11111"))
    np.testing.assert_allclose(side.numbers, [[30.0, 0.0], [40.0, 1.0]])


def test_the_mask_comes_in_field_order():
    # age, country, visits, words, taste -> country, words, taste, age, visits
    side = QUERY(raw_query(), present("10010", "01101"))
    assert side.mask.numpy().tolist() == [[0, 1, 0, 1, 0], [1, 0, 1, 0, 1]]


def test_what_is_masked_is_a_placeholder_whatever_stands_there():
    hidden = raw_query(
        age=tf.constant([NAN, 40.0]),
        visits=tf.constant([-5.0, 0.0]),
        country=tf.constant([b"us", b"us"]),
        taste=tf.constant([[NAN] * 3, [1.0] * 3]),
    )
    side = QUERY(hidden, present("00000", "11111"))
    assert side.tokens.numpy().tolist() == [[0], [1]]
    assert side.numbers.numpy().tolist() == [[0.0, 0.0], [40.0, 0.0]]
    assert side.vectors[0].numpy().tolist() == [[0.0] * 3, [1.0] * 3]
    assert side.bags[0].row_lengths().numpy().tolist() == [0, 0]


def test_a_feature_left_out_is_a_placeholder():
    side = QUERY({"age": tf.constant([30.0])}, present("10000"))
    assert side.tokens.numpy().tolist() == [[0]]
    assert side.numbers.numpy().tolist() == [[30.0, 0.0]]
    assert side.vectors[0].numpy().tolist() == [[0.0] * 3]
    assert side.bags[0].row_lengths().numpy().tolist() == [0]


def test_no_rows():
    raw = {name: column[:0] for name, column in raw_query().items()}
    side = QUERY(raw, tf.zeros([0, 5], tf.bool))
    assert [side.tokens.shape, side.numbers.shape, side.mask.shape] == [(0, 1), (0, 2), (0, 5)]


def test_the_mask_is_unpacked_from_bit_0_on():
    assert unpack_mask(tf.constant([0b101, 0b010], tf.int64), features=3).numpy().tolist() == [
        [True, False, True],
        [False, True, False],
    ]


def test_the_last_of_63_bits():
    assert unpack_mask(tf.constant([1 << 62], tf.int64), features=63).numpy()[0].tolist() == [False] * 62 + [True]


def test_a_wrong_rank_is_refused():
    with pytest.raises(ValueError, match=r"present must have rank 2, got rank 1 with shape \[5\]"):
        QUERY(raw_query(), tf.ones([5], tf.bool))
    with pytest.raises(ValueError, match=r"bits must have rank 1, got rank 2 with shape \[1, 1\]"):
        unpack_mask(tf.zeros([1, 1], tf.int64), features=3)
