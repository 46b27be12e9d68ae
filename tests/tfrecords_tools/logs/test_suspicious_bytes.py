"""Tests of tfrecords_tools/logs/suspicious_bytes.py."""

import pyarrow as pa
import pytest

from tfrecords_tools.logs.suspicious_bytes import SuspiciousBytes
from tfrecords_tools.printable import shown
from tfrecords_tools.schema import Feature, Schema, Task

UUID = bytes(range(240, 256))
LINE = (
    "column query/user: 3 values, such as "
    + shown(UUID)
    + ", are bytes that are no text in UTF-8, so a request in JSON "
    "cannot name them: write text, here and in serving (a UUID of 16 bytes as its 36 letters)"
)


def _schema() -> Schema:
    own = {"kind": "categorical", "hash_buckets": 9}
    features = [
        Feature(name="user", side="query", dtype="bytes", **own),
        Feature(name="age", side="query", dtype="int64", **own),
        Feature(name="ad", side="item", dtype="bytes", **own),
    ]
    return Schema(name="b", surfaces=("s",), products=("p",), tasks=(Task(name="ctr"),), features=tuple(features))


@pytest.mark.parametrize(
    "kind",
    [
        pa.binary(),
        pa.binary(16),
        pa.large_binary(),
        pa.dictionary(pa.int32(), pa.binary(16)),
        pa.list_(pa.binary()),
        pa.list_(pa.binary(), 1),
    ],
    ids=str,
)
def test_bytes_of_no_text_are_named_whatever_holds_them(kind: pa.DataType) -> None:
    found = SuspiciousBytes.of(_schema())
    rows = [UUID, UUID, None, b"sixteen letters.", UUID]
    plain = pa.array(rows, kind.value_type if pa.types.is_dictionary(kind) else pa.binary(16))
    if pa.types.is_list(kind) or pa.types.is_fixed_size_list(kind):
        column = pa.array([[row] for row in rows], kind)
    else:
        column = plain.dictionary_encode() if pa.types.is_dictionary(kind) else plain.cast(kind)
    assert found.columns({"query/user": column.type, "query/age": pa.int64(), "item/ad": pa.string()}) == ["query/user"]
    found.add(pa.table({"query/user": column}))
    assert list(found.lines()) == [LINE]


def test_bytes_that_are_text_are_left_in_peace() -> None:
    found = SuspiciousBytes.of(_schema())
    found.add(pa.table({"query/user": pa.array(["日本".encode(), b"", None])}))
    assert list(found.lines()) == []
    assert found.columns({}) == []  # of CSV, which is text
