"""Tests of tfrecords_tools/parsing.py."""

import numpy as np
import pytest
import tensorflow as tf

from tests.tfrecords_tools.tiny import tiny_items, tiny_requests, tiny_schema
from tfrecords_tools.examples import encode_items, encode_requests, optional_columns
from tfrecords_tools.parsing import decode_items, decode_requests
from tfrecords_tools.requests import DataError
from tfrecords_tools.schema import SchemaError
from tfrecords_tools.specs import parsing_spec

COLUMNS = optional_columns(tiny_schema(), tiny_requests())


def _serialized() -> list[bytes]:
    return list(encode_requests(tiny_schema(), tiny_requests()))


def _changed(key: str, change) -> bytes:
    example = tf.train.Example.FromString(_serialized()[2])
    change(example.features.feature[key])
    return example.SerializeToString()


def test_requests_come_back_byte_for_byte() -> None:
    decoded = decode_requests(tiny_schema(), _serialized(), COLUMNS)
    assert list(encode_requests(tiny_schema(), decoded)) == _serialized()


def test_items_come_back_byte_for_byte() -> None:
    serialized = list(encode_items(tiny_schema(), tiny_items()))
    assert list(encode_items(tiny_schema(), decode_items(tiny_schema(), serialized))) == serialized


def test_decoded_columns_are_those_that_were_written() -> None:
    decoded, wanted = decode_requests(tiny_schema(), _serialized(), COLUMNS), tiny_requests()
    assert decoded.request_id.tolist() == [b"r0", b"r1", b"r2", b"r3"]
    assert decoded.lengths.tolist() == [2, 1, 3, 2]
    assert decoded.surface.tolist() == [0, 1, 0, 1]
    assert decoded.query["words"].lengths.tolist() == [0, 2, 0, 1]
    assert decoded.item["tags"].lengths.tolist() == wanted.item["tags"].lengths.tolist()
    np.testing.assert_array_equal(decoded.item["image"], wanted.item["image"])
    np.testing.assert_array_equal(decoded.item_mask, wanted.item_mask)
    np.testing.assert_array_equal(decoded.cross_mask, wanted.cross_mask)
    np.testing.assert_array_equal(decoded.label["gctr"], wanted.label["gctr"])


def test_the_spec_parses_in_a_graph_with_ragged_candidates() -> None:
    parse = tf.function(lambda batch: tf.io.parse_example(batch, parsing_spec(tiny_schema(), COLUMNS)))
    parsed = parse(tf.constant(_serialized()))
    assert parsed["item/tags"].to_list()[0] == [[b"red", b"big"], [b"red"]]
    assert parsed["item/image"].to_list()[1] == [[4.0, 5.0]]
    assert parsed["bid"].to_list()[3] == [3.0, 4.0]
    assert parsed["query/taste"].shape == (4, 2)


def test_the_spec_can_leave_the_cross_features_out() -> None:
    assert not [key for key in parsing_spec(tiny_schema(), COLUMNS, cross=False) if key.startswith("cross/")]


def test_an_unknown_column_lists_the_choices() -> None:
    with pytest.raises(SchemaError, match=r"no optional column 'label/cvr'; .*'label/ctr'.*'bid'"):
        parsing_spec(tiny_schema(), ["label/cvr"])


def test_a_missing_key_is_named() -> None:
    record = _changed("query/age", lambda feature: feature.Clear())
    with pytest.raises(DataError, match=r"query/age.*required but could not be found"):
        decode_requests(tiny_schema(), [record], COLUMNS)


def test_a_key_of_another_type_is_named() -> None:
    record = _changed("label/ctr", lambda feature: feature.int64_list.value.extend([1, 2, 3]))
    with pytest.raises(DataError, match=r"label/ctr"):
        decode_requests(tiny_schema(), [record], COLUMNS)


def test_a_column_shorter_than_the_candidates_names_request_and_key() -> None:
    record = _changed("item/price", lambda feature: feature.float_list.value.pop())
    with pytest.raises(DataError, match=r"request r2, item/price: one value per candidate, so 3; it has 2"):
        decode_requests(tiny_schema(), [record], COLUMNS)


def test_an_unknown_surface_lists_the_surfaces() -> None:
    record = _changed("surface", lambda feature: feature.bytes_list.value.__setitem__(0, b"moon"))
    with pytest.raises(DataError, match=r"surface 'moon' is not one of \['home', 'search'\]"):
        decode_requests(tiny_schema(), [record], COLUMNS)
