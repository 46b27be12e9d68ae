"""Tests of tfrecords_tools/logs/suspicions.py."""

import pathlib

import pyarrow as pa
import pyarrow.parquet as pq

from tests.tfrecords_tools.tiny import tiny_schema
from tfrecords_tools.logs.files import read_columns
from tfrecords_tools.logs.suspicions import Suspicions


def test_texts_and_numbers_of_all_files_get_a_line_a_column(tmp_path: pathlib.Path) -> None:
    suspicions = Suspicions(tiny_schema())
    for name in ("a", "b"):
        path = tmp_path / f"{name}.csv"
        path.write_text("item/price,item/brand,other\n1.234,007,NULL\n", encoding="utf-8")
        own = [column for column in suspicions.columns(path) if column in ("item/price", "item/brand")]
        suspicions.add(path, read_columns(path, own))
    lines = list(suspicions.lines())
    assert [line.partition(",")[0] for line in lines] == [
        "column item/brand: 2 values begin with a zero and are read as whole numbers: 007 and 7 are one value; make "
        "the feature bytes in the schema if they are two",
        "column item/price: 2 numbers",
    ]


def test_numbers_of_parquet_are_not_looked_at(tmp_path: pathlib.Path) -> None:
    suspicions, path = Suspicions(tiny_schema()), tmp_path / "a.parquet"
    pq.write_table(pa.table({"item/price": [1.234], "item/brand": [7]}), path)
    own = [column for column in suspicions.columns(path) if column in ("item/price", "item/brand")]
    suspicions.add(path, read_columns(path, ["item/price"]))
    assert own == []
    assert list(suspicions.lines()) == []
