"""Tests of tfrecords_tools/logs/files.py."""

import bz2
import gzip
import lzma
import pathlib

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tfrecords_tools.logs.files import column_names, folder_values, read_columns
from tfrecords_tools.requests import DataError


def _csv(folder: pathlib.Path, text: str | bytes) -> pathlib.Path:
    path = folder / "log.csv"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def _read(folder: pathlib.Path, text: str | bytes) -> list[dict[str, bytes | None]]:
    path = _csv(folder, text)
    return read_columns(path, column_names(path)).to_pylist()


@pytest.mark.parametrize(
    "text",
    [
        "a,b\n1,x\n",
        "a,b\r\n1,x\r\n",
        "a,b\r1,x\r",
        "a,b\n1,x",
        '"a","b"\n1,"x"\n',
        "\n\na,b\n\n1,x\n",
        "\ufeffa,b\n1,x\n",
    ],
)
def test_csv_of_every_usual_form(tmp_path: pathlib.Path, text: str) -> None:
    assert _read(tmp_path, text) == [{"a": b"1", "b": b"x"}]


def test_names_alone_are_a_log_without_rows(tmp_path: pathlib.Path) -> None:
    for text in ("a,b", "a,b\n", "\ufeffa,b\r\n"):
        assert _read(tmp_path, text) == []


def test_new_lines_in_quotes_at_any_size(tmp_path: pathlib.Path) -> None:
    long = "x\n" * 1_500_000  # longer than the 1 MiB in which pyarrow reads by default
    rows = _read(tmp_path, f'a,b\n1,"two\nlines"\n2,"{long}"\n3,"a ""quote"", and"\n')
    assert [row["b"] for row in rows] == [b"two\nlines", long.encode(), b'a "quote", and']


def test_words_are_text_but_what_r_leaves_out(tmp_path: pathlib.Path) -> None:
    assert [row["b"] for row in _read(tmp_path, 'a,b\n1,NA\n2,"NA"\n3,NULL\n')] == [b"NA", b"NA", b"NULL"]
    assert [row["b"] for row in _read(tmp_path, '"a","b"\n1,NA\n2,"NA"\n3,"NULL"\n')] == [None, b"NA", b"NULL"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "log.csv is empty: give a log with its columns, or leave it out$"),
        (b"a,b\n1,2\n\xe9,4,5\n", "log.csv, row 2: 3 values under 2 column names;"),
        ("a,b\n1," + "x" * 40_000_000, "log.csv: a row is longer than 16 MiB, or a quote is opened and never closed$"),
        ("a,b,a\n1,2,3\n", "log.csv: the column 'a' is there twice; give each column a name of its own$"),
        (
            "a,b\n1,2\n3,4,5\n",
            "log.csv, row 2: 3 values under 2 column names; a value that holds a comma, .* in quotes$",
        ),
        ("a,b\n1,2\n3\n", "log.csv, row 2: 1 values under 2 column names;"),
        ('a,b\n1,2\n3,"x\n4,y\n', "log.csv, row 2: a quote is opened and never closed$"),
        ('a,b\n1,2\n"3,x\n4,y\n', "log.csv, row 2: 1 values under 2 column names;"),
        ("a,b\n1,2\n".encode("utf-16"), "log.csv is text in UTF-16: save it as UTF-8$"),
        (gzip.compress(b"a,b\n1,2\n", mtime=0), "log.csv is compressed by gzip: decompress it"),
        (b"\x28\xb5\x2f\xfd" + bytes(100), "log.csv is compressed by zstd: decompress it"),
        (bz2.compress(b"a,b\n1,2\n"), "log.csv is compressed by bzip2: decompress it"),
        (lzma.compress(b"a,b\n1,2\n"), "log.csv is compressed by xz: decompress it"),
        (b'{"a": 1}\n', "log.csv is JSON: write it as CSV, or as Parquet$"),
        (b"<html>404</html>\n", "log.csv is HTML or XML, perhaps the page of an error: get the log again"),
        (b"PK\x03\x04" + bytes(100), "log.csv is a ZIP file or a spreadsheet: unpack it, or save the sheet as CSV"),
        (b"PAR1" + bytes(100), "log.csv is Parquet under the name of a CSV file: end its name in .parquet$"),
        ("a,b\n1,2\n".encode("utf-16-le"), "log.csv: the column names are no text in UTF-8: save the file as UTF-8$"),
        ("a,é\n1,2\n".encode("latin-1"), "log.csv: the column names are no text in UTF-8: save the file as UTF-8$"),
        (b"x" * 200_000, "log.csv: its first line names no columns, separated by commas$"),
    ],
)
def test_a_csv_file_that_cannot_be_read_says_why(tmp_path: pathlib.Path, text: str | bytes, message: str) -> None:
    with pytest.raises(DataError, match=message):
        _read(tmp_path, text)


def test_latin_1_in_the_rows_is_left_to_the_columns(tmp_path: pathlib.Path) -> None:
    assert _read(tmp_path, "a,b\n1,é\n".encode("latin-1")) == [{"a": b"1", "b": b"\xe9"}]


def test_a_parquet_file_that_cannot_be_read_says_why(tmp_path: pathlib.Path) -> None:
    path = tmp_path / "log.parquet"
    pq.write_table(pa.table({"a": [str(i * 7919) for i in range(50_000)]}), path)
    whole = path.read_bytes()
    damaged = whole[:500] + bytes(byte ^ 0x5A for byte in whole[500:2000]) + whole[2000:]
    for content in (b"no Parquet", whole[:-20], whole[:100], damaged):
        path.write_bytes(content)
        with pytest.raises(
            DataError, match=r"log.parquet is no Parquet file, or is cut off or damaged: write it again$"
        ):
            read_columns(path, column_names(path))


def test_a_file_that_may_not_be_read_is_left_to_the_file_system(tmp_path: pathlib.Path) -> None:
    for name in ("gone.csv", "gone.parquet"):
        with pytest.raises(FileNotFoundError):
            column_names(tmp_path / name)


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("a,b\n1,x\na,b\n2,y\n", 3),
        ('a,b\r\n1,"two\nlines"\r\n\r\n\ufeffa,b\r\n2,y\r\n', 5),
        ('"a","b"\n1,x\n2,y\n"a","b"\n', 4),
        ("a,b\na,b\n", 2),
    ],
)
def test_names_that_stand_in_the_middle_again_are_refused_by_their_line(
    tmp_path: pathlib.Path, text: str, line: int
) -> None:
    with pytest.raises(DataError, match=rf"log.csv, line {line}: the names of the columns stand here again; .* leave"):
        _read(tmp_path, text)
    with pytest.raises(DataError, match=rf"line {line}: the names of the columns stand here again"):
        read_columns(_csv(tmp_path, text), ["a"])


def test_a_value_that_is_the_name_of_its_column_is_a_value(tmp_path: pathlib.Path) -> None:
    assert len(_read(tmp_path, "a,b\n1,b\na,2\n")) == 2


@pytest.mark.parametrize(
    ("folder", "values"),
    [
        ("surface=search", {"surface": "search"}),
        ("surface=search/query/country=C%C3%B4te", {"surface": "search", "country": "Côte", "query/country": "Côte"}),
        ("query%2Fcountry=US", {"query/country": "US"}),  # of Spark
        ("event/timestamp=2026-11-01", {"timestamp": "2026-11-01", "event/timestamp": "2026-11-01"}),
        ("item/brand=__HIVE_DEFAULT_PARTITION__", {"brand": None, "item/brand": None}),
        ("logs/a=b=c", {"a": "b=c"}),
    ],
)
def test_columns_in_the_names_of_folders(folder: str, values: dict[str, str | None]) -> None:
    assert folder_values(pathlib.Path(folder) / "part-0.parquet") == values


def test_what_pandas_partitions_by_a_feature_is_read_back(tmp_path: pathlib.Path) -> None:
    rows = pd.DataFrame({"query/country": ["US", "DE", "US"], "item/id": ["a", "b", "c"]})
    rows.to_parquet(tmp_path / "log", partition_cols=["query/country"])
    read = [
        read_columns(path, ["item/id", "query/country"]).to_pylist() for path in (tmp_path / "log").rglob("*.parquet")
    ]
    found = sorted((row["item/id"], row["query/country"]) for rows_of in read for row in rows_of)
    assert found == [("a", "US"), ("b", "DE"), ("c", "US")]
