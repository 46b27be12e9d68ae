"""Tests of tfrecords_tools/logs/feature_rules.py: values of a log that the schema does not allow."""

import pathlib

import numpy as np
import pyarrow as pa
import pytest

from tests.tfrecords_tools.test_convert import _convert, _parquet, _with, flat_rows
from tests.tfrecords_tools.tiny import tiny_schema
from tfrecords_tools.logs.column_names import column_types
from tfrecords_tools.logs.feature_rules import require_rules
from tfrecords_tools.requests import DataError


@pytest.mark.parametrize(
    ("row", "values", "message"),
    [
        (7, {"item/image": [1.0]}, r"row 8, column item/image: a vector of 2 numbers is the rule; it has 1$"),
        (
            7,
            {"query/taste": [1.0, 2.0, 3.0]},
            r"row 8, column query/taste: a vector of 2 numbers is the rule; it has 3$",
        ),
        (5, {"cross/seen": -1.0}, r"row 6, column cross/seen: count_like, so at least 0; it is -1.0$"),
        (
            5,
            {"item/tags": ["a", "<empty>"]},
            r"row 6, column item/tags: b'' and b'<empty>' are kept .*; it is '<empty>'$",
        ),
        (5, {"cross/bought": -(2**62)}, r"row 6, column cross/bought: .* are kept for .*; it is -4611686018427387904$"),
        (
            0,
            {"query/words": ["a"]},
            r"row 1, column query/words: absent outside surfaces \['search'\], as the schema says",
        ),
        (0, {"cross/bought": 1}, r"row 1, column cross/bought: absent outside products \['shopping'\], .*; it is 1$"),
        (
            5,
            {"label/gctr": 0.5},
            r"row 6, column label/gctr: NaN, as the task does not exist in this slice: .*; it is 0.5$",
        ),
        (5, {"event/gctr": 0}, r"row 6, column event/gctr: -1, as the task does not exist in this slice: .*; it is 0$"),
    ],
)
def test_convert_names_file_and_row_whatever_window_it_reads(
    tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch, row: int, values: dict[str, object], message: str
) -> None:
    monkeypatch.setattr("tfrecords_tools.convert._ROWS_AT_ONCE", 1)
    _parquet(tmp_path / "log.parquet", _with(row, **values)(flat_rows()))
    with pytest.raises(DataError, match=rf"log.parquet, {message}"):
        _convert(tmp_path, "log.parquet")


def test_what_may_be_passes(tmp_path: pathlib.Path) -> None:
    rows = _with(5, **{"event/gctr": -1, "label/gctr": None, "item/tags": [], "item/image": None})(flat_rows())
    types = column_types(tiny_schema())
    table = pa.table({name: pa.array([row[name] for row in rows]).cast(types[name]) for name in rows[0]})
    require_rules(
        {name: table[name] for name in table.column_names},
        tiny_schema(),
        path=tmp_path,
        rows=np.arange(1, len(rows) + 1),
    )


def test_an_unknown_product_is_told_as_such_and_not_as_a_feature_out_of_place(tmp_path: pathlib.Path) -> None:
    _parquet(tmp_path / "log.parquet", _with(1, **{"item/product": "moon"})(flat_rows()))  # it has a discount
    with pytest.raises(
        DataError, match=r"row 2, column item/product: one of \['standard', 'shopping'\]; it is 'moon'$"
    ):
        _convert(tmp_path, "log.parquet")
