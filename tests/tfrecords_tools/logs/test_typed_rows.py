"""Tests of tfrecords_tools/logs/typed_rows.py."""

import pathlib

import numpy as np
import pyarrow as pa
import pytest

from tests.tfrecords_tools.tiny import tiny_schema
from tfrecords_tools.logs.typed_rows import typed_rows
from tfrecords_tools.requests import DataError

PATH = pathlib.Path("ads.csv")
ROWS = np.array([4, 7])


def test_columns_come_in_the_types_of_records() -> None:
    raw = pa.table({"item/id": [1, 2], "item/price": ["0.5", ""], "item/tags": ["a|b", None]})
    columns = typed_rows(PATH, raw, raw.column_names, schema=tiny_schema(), rows=ROWS)
    assert columns["item/id"].to_pylist() == [b"1", b"2"]
    assert columns["item/price"].to_pylist() == [0.5, None]
    assert columns["item/tags"].to_pylist() == [[b"a", b"b"], None]


@pytest.mark.parametrize(
    ("name", "values", "rule"),
    [
        ("item/id", ["a", ""], "needs a value in every row"),  # of its column
        ("item/price", ["1", "x"], "a number is the rule"),  # of its type
        ("item/price", ["1", "-1"], "count_like, so at least 0"),  # of its feature
    ],
)
def test_every_rule_names_the_row_of_the_file(name: str, values: list[str], rule: str) -> None:
    with pytest.raises(DataError, match=f"^ads.csv, row 7, column {name}: {rule}"):
        typed_rows(PATH, pa.table({name: values}), [name], schema=tiny_schema(), rows=ROWS)
