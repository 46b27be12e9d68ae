"""Records to a batch, checked against the tiny data set; each broken record gets its named error."""

import dataclasses
import re

import numpy as np
import pytest
import tensorflow as tf

from mtmd_tf.features.parsing import RequestParser
from tests.tfrecords_tools.tiny import tiny_requests, tiny_schema
from tfrecords_tools.examples import encode_requests, optional_columns
from tfrecords_tools.requests import Requests

COLUMNS = optional_columns(tiny_schema(), tiny_requests())


def parse(requests: Requests, *, columns=COLUMNS, cross: bool = False):
    serialized = tf.constant(list(encode_requests(tiny_schema(), requests)), tf.string)
    return RequestParser(tiny_schema(), columns=columns, cross=cross)(serialized)


@pytest.fixture(scope="module")
def batch():
    return parse(tiny_requests(), cross=True)


def test_requests_and_pairs(batch):
    assert batch.request_id.numpy().tolist() == [b"r0", b"r1", b"r2", b"r3"]
    assert batch.surface.numpy().tolist() == [0, 1, 0, 1]
    assert batch.request.numpy().tolist() == [0, 0, 1, 2, 2, 2, 3, 3]
    assert batch.item_id.numpy().tolist() == [b"a", b"b", b"c", b"a", b"b", b"d", b"c", b"d"]
    assert batch.product.numpy().tolist() == [0, 1, 0, 0, 1, 1, 0, 1]
    assert batch.timestamp.numpy()[1] - batch.timestamp.numpy()[0] == 3600


def test_query_features_come_once_a_request_and_item_features_once_a_pair(batch):
    # fields: country, words, taste, age, visits; r2 lacks its age, and home has no words
    assert batch.query.tokens.numpy().tolist() == [[0], [1], [0], [2]]
    np.testing.assert_allclose(batch.query.numbers, [[10, np.log(2)], [20, np.log(3)], [0, np.log(4)], [40, np.log(5)]])
    assert batch.query.bags[0].row_lengths().numpy().tolist() == [0, 2, 0, 1]
    assert batch.item.vectors[0].numpy().tolist()[:2] == [[0, 1], [2, 3]]
    assert batch.item.bags[0].row_lengths().numpy().tolist() == [2, 1, 0, 2, 1, 0, 0, 0]


def test_labels_and_events_are_nan_where_there_is_none(batch):
    np.testing.assert_array_equal(batch.label["ctr"], np.float32([0.5, 0.25, 0.125, 0.5, np.nan, 0.75, 0.5, 0.25]))
    np.testing.assert_array_equal(batch.event["ctr"], np.float32([1, 0, 0, 1, np.nan, 1, 0, 1]))


def test_a_label_above_its_parents_is_read_as_its_parents():
    requests = tiny_requests()
    requests.label["gctr"][[0, 2, 3]] = [0.75, 0.0625, 0.5]  # ctr: .5 .125 .5
    label = parse(requests).label["gctr"].numpy()
    np.testing.assert_array_equal(label[:4], np.float32([0.5, np.nan, 0.0625, 0.5]))


def test_a_label_without_its_parents_stays():
    requests = tiny_requests()
    requests.label["ctr"][0] = np.nan
    assert parse(requests).label["gctr"].numpy()[0] == 0.25


def test_cross_features_come_only_where_asked_for(batch):
    np.testing.assert_allclose(batch.cross.numbers[:4, 0], np.log1p([0, 1, 0, 2]), rtol=1e-6)
    assert parse(tiny_requests()).cross == ()


def test_weight_and_bid_are_1_where_the_data_has_none(batch):
    assert batch.weight.numpy().tolist() == [1, 1, 2, 1, 1, 1, 2, 2]
    bare = parse(dataclasses.replace(tiny_requests(), label={}, event={}, weight=None, bid=None), columns=())
    assert (bare.weight.numpy().tolist(), bare.bid.numpy().tolist()) == ([1.0] * 8, [1.0] * 8)
    assert (bare.label, bare.event) == ({}, {})


def test_no_request_is_a_batch_too():
    batch = RequestParser(tiny_schema(), columns=COLUMNS)(tf.zeros([0], tf.string))
    assert [batch.surface.shape, batch.product.shape, batch.label["ctr"].shape] == [(0,)] * 3


def broken(**changes) -> bytes:
    """Request r0, whose record is changed: `{key: values}` of its own type, None to remove the key."""
    example = tf.train.Example.FromString(next(encode_requests(tiny_schema(), tiny_requests())))
    for key, values in changes.items():
        feature = example.features.feature[key]
        if values is None:
            del example.features.feature[key]
        else:
            getattr(feature, feature.WhichOneof("kind")).value[:] = values
    return example.SerializeToString()


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"surface": [b"web"]}, r"unknown surface; the schema has ['home', 'search']; got"),
        ({"item/product": [b"standard", b"auction"]}, r"unknown product; the schema has ['standard', 'shopping']; got"),
        ({"query/age": [float("nan")]}, r"a present feature must be finite, and a count at least 0; it is not:"),
        ({"item/image": [0.0, 1.0, float("inf"), 3.0]}, r"a present feature must be finite, and a count at least 0"),
        ({"query/visits": [-0.5]}, r"a present feature must be finite, and a count at least 0; it is not:"),
        ({"item/price": [1.0]}, r"item/price: one value per candidate is the rule; it is broken in request"),
        ({"label/ctr": [0.5]}, r"label/ctr: one value per candidate is the rule; it is broken in request"),
        ({"label/ctr": [0.5, 1.25]}, r"label/ctr: from 0 to 1 is the rule; it is"),
        ({"label/ctr": [-0.5, 0.5]}, r"label/ctr: from 0 to 1 is the rule; it is"),
        ({"weight": [1.0, -1.0]}, r"weight: from 0 on is the rule; it is"),
        ({"weight": [1.0, float("nan")]}, r"weight: from 0 on is the rule; it is"),
        ({"query/age": None}, r"Feature: query/age"),
        ({"surface": None}, r"Feature: surface"),
    ],
)
def test_a_broken_record_is_refused_and_named(changes, message):
    parser = RequestParser(tiny_schema(), columns=COLUMNS)
    with pytest.raises(tf.errors.InvalidArgumentError, match=re.escape(message)) as error:
        parser(tf.constant([broken(**changes)]))
    if "Feature:" not in message:
        assert "r0" in str(error.value)


def test_a_masked_number_need_not_be_finite():
    parser = RequestParser(tiny_schema(), columns=COLUMNS)
    batch = parser(tf.constant([broken(**{"query/age": [float("nan")], "query/mask": [0b10101]})]))
    assert batch.query.numbers.numpy()[0, 0] == 0.0
