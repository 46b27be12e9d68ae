"""Tests of mtmd_tf/serving/ranking/item_file.py: bids keep the rules that a log's column keeps."""

import pathlib
import re
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from mtmd_tf.serving.ranking.index import ScoringIndex
from mtmd_tf.serving.ranking.item_file import read_bids, read_candidates
from mtmd_tf.serving.specification import ServingError
from tests.mtmd_tf.serving.spec import small_spec, write_embeddings


@pytest.fixture(scope="module")
def items(tmp_path_factory: pytest.TempPathFactory) -> ScoringIndex:
    folder = tmp_path_factory.mktemp("embeddings")
    write_embeddings(folder, small_spec(), ["b", "007", "NA"], product=[1, 0, 1])
    return ScoringIndex.open(folder, spec=small_spec())  # 007, then NA and b


def written(folder: pathlib.Path, rows: str | bytes | dict[str, Any]) -> pathlib.Path:
    if isinstance(rows, dict):
        path = folder / "bids.parquet"
        pq.write_table(pa.table(rows), path)
        return path
    path = folder / "bids.csv"
    path.write_bytes(rows if isinstance(rows, bytes) else rows.encode())
    return path


@pytest.mark.parametrize(
    "rows",
    [
        "item_id,bid\nb,3\n007,1.0\nNA,2\n",
        "\ufeffbid,item_id\r\n3e0,b\r\n1,007\r\n2,NA\r\n",
        {"item_id": ["b", "007", "NA"], "bid": [3, 1, 2]},
        {"bid": pa.array(["3", "1", "2"]), "item_id": pa.array(["b", "007", "NA"]).dictionary_encode()},
    ],
)
def test_bids_come_in_the_order_of_the_index(items: ScoringIndex, tmp_path: pathlib.Path, rows: Any) -> None:
    assert read_bids(written(tmp_path, rows), items).tolist() == [1, 2, 3]


@pytest.mark.parametrize(("middle", "said"), [("1000", ""), ("2000000", "2 of 3 bids, such as 2,000,000, are above")])
def test_bids_in_micros_are_named(
    items: ScoringIndex, tmp_path: pathlib.Path, middle: str, said: str, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level("WARNING", logger="absl"):
        read_bids(written(tmp_path, f"item_id,bid\nb,3000000\n007,1\nNA,{middle}\n"), items)
    assert said in caplog.text
    assert bool(said) == bool(caplog.text)


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ("item_id,bid\nb,3\n007,1\nNA,2\nb,100\n", "bids.csv: item b comes twice"),
        ("item_id,bid\nb,inf\n007,1\nNA,2\n", "bids.csv: bid: finite and at least 0; it is inf (item b)"),
        ("item_id,bid\nb,1e39\n007,1\nNA,2\n", "bids.csv: bid: finite and at least 0; it is inf (item b)"),
        ("item_id,bid\nb,-5\n007,1\nNA,2\n", "bids.csv: bid: finite and at least 0; it is -5 (item b)"),
        ('item_id,bid\nb,"1,5"\n007,1\nNA,2\n', "bids.csv: bid: a number; it is 1,5 (item b)"),
        ("item_id,bid\nb,$2\n007,1\nNA,2\n", "bids.csv: bid: a number; it is $2 (item b)"),
        ("item_id,bid\nb,nan\n007,1\nNA,2\n", "bids.csv: bid: a number; it is nan (item b)"),
        ("item_id,bid\nb,\n007,1\nNA,2\n", "bids.csv: bid: a number; it is empty (item b)"),
        ("item_id,bid\nb,3\n,1\nNA,2\n", "bids.csv, row 2: item_id: text or a whole number; it is empty"),
        ("item_id,bid\nb,3\n7,1\nNA,2\n", "no embedding of item '7' among 3 items"),
        ("item_id,bid\nb,3\nNA,2\n", "bids.csv has no bid of item '007'; every one of 3 items needs one"),
        ("item,bid\nb,3\n", "bids.csv must have the columns item_id and bid; it has ['item', 'bid']"),
        ("item_id,bid,day\nb,3,1\n", "must have the columns item_id and bid; it has ['item_id', 'bid', 'day']"),
        ("item_id,bid\nb,3,1\n007,1,1\n", "bids.csv: its rows have more values than the 2 named columns"),
        ("item_id,bid\nb,3\n007,1,1\n", "bids.csv is no CSV in UTF-8 of the columns item_id and bid"),
        (b"item_id,bid\n\xff,3\n", "bids.csv is no CSV in UTF-8 of the columns item_id and bid"),
        ("", "bids.csv is no CSV in UTF-8 of the columns item_id and bid"),
        ({"item_id": ["b", "007", "NA"], "bid": [True, False, True]}, "bid: a number; it is True (item b)"),
        ({"item_id": ["b", "007", "NA"], "bid": [1, None, 1]}, "bid: a number; it is empty (item 007)"),
        ({"item_id": [1.0, 2.0], "bid": [1, 1]}, "row 1: item_id: text or a whole number; it is 1.0"),
    ],
)
def test_what_breaks_a_rule_is_one_line(items: ScoringIndex, tmp_path: pathlib.Path, rows: Any, message: str) -> None:
    with pytest.raises(ServingError, match=re.escape(message) + "$"):
        read_bids(written(tmp_path, rows), items)


def test_candidates_are_a_file_of_ids(tmp_path: pathlib.Path) -> None:
    path = tmp_path / "candidates.csv"
    path.write_text("item_id\nNA\nb\n")
    assert read_candidates(path) == (["NA", "b"], {})
    path.write_text("item_id\nb\nb\n")
    with pytest.raises(ServingError, match=r"candidates.csv: item b comes twice"):
        read_candidates(path)


def test_a_parquet_file_that_is_none_is_named(items: ScoringIndex, tmp_path: pathlib.Path) -> None:
    (tmp_path / "bids.parquet").write_text("item_id,bid\n")
    with pytest.raises(ServingError, match=r"bids.parquet is no Parquet of the columns item_id and bid$"):
        read_bids(tmp_path / "bids.parquet", items)
    with pytest.raises(ServingError, match=r"none.csv: no such file or directory; check the path"):
        read_bids(tmp_path / "none.csv", items)
