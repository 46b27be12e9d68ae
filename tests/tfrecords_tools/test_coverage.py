"""Tests of tfrecords_tools/coverage.py."""

import pathlib

import pytest

from tests.tfrecords_tools.test_shards import write_tiny
from tests.tfrecords_tools.tiny import tiny_schema
from tfrecords_tools.coverage import draw_coverage, presence_table
from tfrecords_tools.requests import DataError


def test_presence_is_features_by_domains_in_schema_order(tmp_path: pathlib.Path) -> None:
    table = presence_table(write_tiny(tmp_path), tiny_schema(), side="item")
    assert list(table.index) == ["brand", "price", "discount", "tags", "image"]
    assert table.loc["tags"].tolist() == [1.0, pytest.approx(2 / 3)]
    assert table.isna().to_numpy().sum() == 1


def test_the_picture_is_a_png(tmp_path: pathlib.Path) -> None:
    write_tiny(tmp_path)
    path = draw_coverage(tmp_path, tmp_path / "coverage.png")
    assert path.read_bytes().startswith(b"\x89PNG")


def test_an_unknown_split_lists_the_splits(tmp_path: pathlib.Path) -> None:
    write_tiny(tmp_path)
    with pytest.raises(DataError, match=r"no split 'test' in .*; it has"):
        draw_coverage(tmp_path, tmp_path / "coverage.png", split="test")
