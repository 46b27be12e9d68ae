"""Tests of tfrecords_tools/logs/catalog_items.py: items that a catalog has twice."""

import pathlib

import pytest

from tests.tfrecords_tools.catalogs import changed, item_rows, records, write, write_parquet
from tests.tfrecords_tools.test_convert import Rows
from tfrecords_tools.logs import catalog_items
from tfrecords_tools.requests import DataError


def _two_files(folder: pathlib.Path, first: Rows, second: Rows) -> None:
    write_parquet(folder / "1.parquet", first)
    write_parquet(folder / "2.parquet", second)


@pytest.mark.parametrize("compared", [1, 65_536])
def test_rows_that_are_the_same_count_once_and_are_counted(
    tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, compared: int
) -> None:
    monkeypatch.setattr(catalog_items, "_COMPARED", compared)
    _two_files(tmp_path, item_rows(), [*item_rows()[1:], *item_rows()[3:]])
    with caplog.at_level("INFO", logger="absl"):
        twice = write(tmp_path, "*.parquet", out="twice")
    assert caplog.messages == ["4 rows are the same as another row of their item, which counts once"]
    assert records(twice) == records(write(tmp_path, "1.parquet", out="once"))


@pytest.mark.parametrize(
    ("name", "value", "before"),
    [
        ("item/price", 7.0, r"3\.0"),
        ("item/price", None, r"3\.0"),
        ("item/brand", 2, "3"),
        ("item/tags", ["red"], r"\[\]"),
        ("item/image", [4.0, -5.0], r"\[4\.0, 5\.0\]"),
    ],
)
def test_rows_that_differ_are_refused_with_both_places(
    tmp_path: pathlib.Path, name: str, value: object, before: str
) -> None:
    rows = changed(2, **{name: value})
    _two_files(tmp_path, item_rows(), [rows[3], rows[2]])
    said = (
        rf"2.parquet, row 2, column {name}: item c has .*, and {before} in \S*1.parquet, row 3; a catalog has one row "
    )
    with pytest.raises(DataError, match=said + "for each item: keep the newest$"):
        write(tmp_path, "*.parquet")


def test_a_zero_of_another_sign_is_another_row(tmp_path: pathlib.Path) -> None:
    """Its record has another byte, and so another embedding may be kept for it."""
    first, second = (changed(2, **{"item/price": zero}) for zero in (0.0, -0.0))
    _two_files(tmp_path, first, second)
    with pytest.raises(DataError, match=r"column item/price: item c has -0\.0, and 0\.0 in "):
        write(tmp_path, "*.parquet")


def test_an_item_of_two_products_is_refused_as_in_a_log(tmp_path: pathlib.Path) -> None:
    _two_files(tmp_path, item_rows(), changed(2, **{"item/product": "shopping"}))
    said = r"2.parquet, row 3 and \S*1.parquet, row 3: item c, item/product: one product in all rows of an item, .*c-b$"
    with pytest.raises(DataError, match=said):
        write(tmp_path, "*.parquet")
