"""Tests of tfrecords_tools/logs/catalog.py: catalogs that are odd, through `items`."""

import pathlib
import re
from collections.abc import Callable

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.tfrecords_tools.catalogs import changed, item_rows, records, write, write_parquet
from tests.tfrecords_tools.test_convert import Rows
from tests.tfrecords_tools.tiny import tiny_schema
from tfrecords_tools.parsing import decode_items
from tfrecords_tools.requests import DataError, Items

HEADER = "item/id,item/product,item/brand,item/price,item/discount,item/tags,item/image\n"


def _csv(folder: pathlib.Path, *lines: str) -> Items:
    """The items of a CSV catalog with these rows."""
    (folder / "ads.csv").write_text(HEADER + "".join(f"{line}\n" for line in lines), encoding="utf-8")
    return decode_items(tiny_schema(), records(write(folder, "ads.csv")))


def _without(*names: str) -> Callable[[], Rows]:
    return lambda: [{name: value for name, value in row.items() if name not in names} for row in item_rows()]


def test_lists_may_be_quoted_as_python_numpy_and_json_print_them(tmp_path: pathlib.Path) -> None:
    items = _csv(
        tmp_path,
        'a,standard,1,1,,"[""red"", ""a|b,c""]","[0.5, 1]"',
        "b,shopping,2,2,.5,\"['red' 'big']\",0.5|1",
        "c,standard,3,3,,[],",
    )
    assert items.item["tags"].values.tolist() == [b"red", b"a|b,c", b"red", b"big"]
    assert items.item["tags"].lengths.tolist() == [2, 2, 0]
    assert items.item["image"].tolist() == [[0.5, 1], [0.5, 1], [0, 0]]
    assert items.item_mask[:, 3:].tolist() == [[True, True], [True, True], [True, False]]


@pytest.mark.parametrize("kind", [pa.int64(), pa.uint32(), pa.string()])
def test_ids_of_numbers_are_their_digits(tmp_path: pathlib.Path, kind: pa.DataType) -> None:
    numbers = [10, 9, 7, 2_000_000_000]
    values = [str(n) if kind == pa.string() else n for n in numbers]
    rows = [{**row, "item/id": value} for row, value in zip(item_rows(), values, strict=True)]
    write_parquet(tmp_path / "ads.parquet", rows, **{"item/id": kind})
    items = decode_items(tiny_schema(), records(write(tmp_path, "ads.parquet")))
    assert items.item_id.tolist() == [b"10", b"2000000000", b"7", b"9"]


def test_a_dictionary_a_large_list_and_a_fixed_list_are_what_they_hold(tmp_path: pathlib.Path) -> None:
    write_parquet(tmp_path / "plain.parquet", item_rows()[:3])  # which have a vector each
    table = pq.read_table(tmp_path / "plain.parquet")
    other = {
        "item/product": table["item/product"].dictionary_encode(),
        "item/tags": table["item/tags"].cast(pa.large_list(pa.large_string())),
        "item/image": table["item/image"].cast(pa.list_(pa.float64(), 2)),
    }
    table = pa.table({name: other.get(name, table[name]) for name in table.column_names})
    pq.write_table(table, tmp_path / "other.parquet")
    assert records(write(tmp_path, "other.parquet", out="one")) == records(write(tmp_path, "plain.parquet", out="two"))


def test_vectors_of_one_length_of_which_some_are_missing_are_read_or_the_way_out_is_said(
    tmp_path: pathlib.Path,
) -> None:
    """Arrow writes such a column and, up to version 25, cannot read it."""
    write_parquet(tmp_path / "ads.parquet", item_rows(), **{"item/image": pa.list_(pa.float32(), 2)})
    write_parquet(tmp_path / "plain.parquet", item_rows())
    said = r"ads.parquet, columns \['item/image'\]: in lists of one length some are missing, .*: write lists of any "
    try:
        outcome: object = records(write(tmp_path, "ads.parquet"))
    except DataError as error:
        outcome = str(error)
    plain = records(write(tmp_path, "plain.parquet", out="plain"))
    assert outcome == plain or re.search(said, str(outcome))


def test_a_product_in_the_names_of_folders_is_read(tmp_path: pathlib.Path) -> None:
    for product in ("standard", "shopping"):
        folder = tmp_path / "ads" / f"item%2Fproduct={product}"
        folder.mkdir(parents=True)
        rows = [row for row in item_rows() if row["item/product"] == product]
        write_parquet(folder / "part-0.parquet", [{k: v for k, v in r.items() if k != "item/product"} for r in rows])
    write_parquet(tmp_path / "plain.parquet", item_rows())
    assert records(write(tmp_path, "ads", out="one")) == records(write(tmp_path, "plain.parquet", out="two"))


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        (
            lambda: changed(2, **{"item/image": [1.0, 2.0, 3.0]}),
            r"ads.parquet, row 3, column item/image: a vector of 2 numbers is the rule; it has 3$",
        ),
        (
            lambda: changed(1, **{"item/image": [1.0, float("nan")]}),
            r"ads.parquet, row 2, column item/image: a missing value is null \(empty in CSV\), not NaN$",
        ),
        (
            lambda: changed(3, **{"item/discount": float("inf")}),
            r"row 4, column item/discount: a finite number, below 3.4e38, is the rule; it is inf$",
        ),
        (
            lambda: changed(2, **{"item/price": -1.0}),
            r"row 3, column item/price: count_like, so at least 0; it is -1.0$",
        ),
        (
            lambda: changed(0, **{"item/discount": 0.5}),
            r"row 1, column item/discount: absent outside products \['shopping'\], as the schema says: .*; it is 0.5$",
        ),
        (
            lambda: changed(1, **{"item/product": "moon"}),
            r"row 2, column item/product: one of \['standard', 'shopping'\]; it is 'moon'$",
        ),
        (lambda: changed(1, **{"item/product": ""}), r"row 2, column item/product: needs a value in every row$"),
        (lambda: changed(1, **{"item/product": None}), r"row 2, column item/product: needs a value in every row$"),
        (lambda: changed(3, **{"item/id": ""}), r"row 4, column item/id: needs a value in every row$"),
        (lambda: changed(3, **{"item/id": "d\0"}), r"row 4, column item/id: a name does not end in a zero byte"),
        (
            lambda: changed(0, **{"item/tags": ["a", None]}),
            r"row 1, column item/tags: no null and no empty text inside",
        ),
        (
            lambda: changed(1, **{"item/tags": ["a", "<empty>"]}),
            r"row 2, column item/tags: .* are kept for what is .*; ",
        ),
        (
            lambda: changed(0, **{"item/brand": -(2**63)}),
            r"row 1, column item/brand: -9223372036854775808 and .* are kept",
        ),
        (
            _without("item/id"),
            r"ads.parquet: column 'item/id' is missing; it needs \['item/id', 'item/product', .*'\]; it",
        ),
        (_without("item/price"), r"ads.parquet: column 'item/price' is missing; it needs .*; it has \['item/id', "),
        (
            _without("item/brand", "item/price", "item/discount", "item/tags", "item/image"),
            r"column 'item/brand' is missing; it needs .*; it has \['item/id', 'item/product'\]; 4 others are missing",
        ),
        (list, r"^the catalog holds no row$"),
    ],
)
def test_what_breaks_the_contract_is_refused_with_file_and_row(
    tmp_path: pathlib.Path, rows: Callable[[], Rows], message: str
) -> None:
    write_parquet(tmp_path / "ads.parquet", rows() or item_rows())
    if not rows():
        pq.write_table(pq.read_table(tmp_path / "ads.parquet").slice(0, 0), tmp_path / "ads.parquet")
    with pytest.raises(DataError, match=message):
        write(tmp_path, "ads.parquet")
    assert not (tmp_path / "out/manifest.json").exists()


@pytest.mark.parametrize(
    ("line", "message"),
    [
        (
            "a,standard,1,1,,red,0.5|1|2",
            r"ads.csv, row 1, column item/image: a vector of 2 numbers is the rule; it has 3$",
        ),
        ("a,standard,1,1,,red,0.5 1", r"ads.csv, row 1, column item/image: "),
        ("a,standard,1,nan,,red,", r"row 1, column item/price: a missing value is null \(empty in CSV\), not NaN$"),
        (
            "a,standard,1,-inf,,red,",
            r"row 1, column item/price: a finite number, below 3.4e38, is the rule; it is '-inf'$",
        ),
        ("a,standard,1,-0.5,,red,", r"row 1, column item/price: count_like, so at least 0; it is -0.5$"),
        ("a,standard,1.5,1,,red,", r"row 1, column item/brand: a whole number is the rule, .*; it is '1.5'$"),
        ("a,,1,1,,red,", r"row 1, column item/product: needs a value in every row$"),
        (",standard,1,1,,red,", r"row 1, column item/id: needs a value in every row$"),
        ('a,standard,1,1,,"5\\" nail",', r"row 1: text stands behind a closing quote"),
    ],
)
def test_what_breaks_it_in_csv_is_refused_with_file_and_row(tmp_path: pathlib.Path, line: str, message: str) -> None:
    with pytest.raises(DataError, match=message):
        _csv(tmp_path, line)


def test_ids_of_doubles_are_refused(tmp_path: pathlib.Path) -> None:
    rows = [{**row, "item/id": float(place)} for place, row in enumerate(item_rows())]
    write_parquet(tmp_path / "ads.parquet", rows, **{"item/id": pa.float64()})
    with pytest.raises(DataError, match=r"column item/id: .* an id is text or a whole number \(int64\)$"):
        write(tmp_path, "ads.parquet")


def test_a_file_without_rows_is_said_and_a_whole_catalog_of_them_refused(
    tmp_path: pathlib.Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "a.csv").write_text(HEADER, encoding="utf-8")
    write_parquet(tmp_path / "b.parquet", item_rows())
    write(tmp_path, "*.csv", "*.parquet")
    assert [line for line in caplog.messages if "hold no row" in line] == [
        f"1 of 2 files hold no row, the first of them {tmp_path}/a.csv"
    ]
    with pytest.raises(DataError, match=r"^the catalog holds no row$"):
        write(tmp_path, "*.csv", out="none")
