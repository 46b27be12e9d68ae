"""The columns of a Parquet or CSV file as it has them, and what keeps a file from being read."""

import codecs
import csv
import itertools
import pathlib
import urllib.parse
from collections import Counter
from collections.abc import Callable, Container, Sequence
from typing import TypeVar

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
import pyarrow.parquet as pq

from tfrecords_tools.logs.inputs import kind_of
from tfrecords_tools.printable import listed
from tfrecords_tools.requests import DataError

_T = TypeVar("_T")
_BLOCK = 1 << 24  # bytes: no row of a CSV file is longer
_NO_VALUE = "__HIVE_DEFAULT_PARTITION__"  # what Spark names the folder of rows without a value
_NO_CSV = {  # how files begin that are often given the ending .csv
    b"\xff\xfe": "text in UTF-16: save it as UTF-8",
    b"\xfe\xff": "text in UTF-16: save it as UTF-8",
    b"\x1f\x8b": "compressed by gzip: decompress it (gunzip), or write Parquet, which compresses by itself",
    b"\x28\xb5\x2f\xfd": "compressed by zstd: decompress it (unzstd), or write Parquet, which compresses by itself",
    b"BZh": "compressed by bzip2: decompress it (bunzip2), or write Parquet, which compresses by itself",
    b"\xfd7zX": "compressed by xz: decompress it (unxz), or write Parquet, which compresses by itself",
    b"{": "JSON: write it as CSV, or as Parquet",
    b"<": "HTML or XML, perhaps the page of an error: get the log again, as CSV or Parquet",
    b"PK": "a ZIP file or a spreadsheet: unpack it, or save the sheet as CSV in UTF-8",
    b"PAR1": "Parquet under the name of a CSV file: end its name in .parquet",
}
_CSV = pyarrow.csv.ParseOptions(newlines_in_values=True)
_SIDES = ("query", "item", "label", "event")  # what names of columns begin with
_OF_ONE_LENGTH = (
    "Expected all lists to be of size"  # of which one is null: https://github.com/apache/arrow/issues/35692
)


def column_names(path: pathlib.Path) -> list[str]:
    """The names of a file's columns.

    Raises:
        DataError: A file that is empty, damaged or of another kind, or a name that comes twice.
    """
    if path.stat().st_size == 0:
        raise DataError(f"{path} is empty: give a log with its columns, or leave it out")
    names = _csv_header(path)[0] if kind_of(path) == ".csv" else _parquet(path, lambda: pq.read_schema(path).names)
    twice = [name for name, count in Counter(names).items() if count > 1 and name]
    if twice:
        raise DataError(f"{path}: the column {twice[0]!r} is there twice; give each column a name of its own")
    return names


def every_column(path: pathlib.Path, *, known: Container[str]) -> list[str]:
    """The names of a file's columns, and of those that the names of its folders hold and that are `known`.

    Raises:
        DataError: As `column_names`.
    """
    found = column_names(path)
    return found + [name for name in folder_values(path) if name in known and name not in found]


def column_types_of(path: pathlib.Path) -> dict[str, pa.DataType]:
    """The types of a Parquet file's columns, as it says them; none of a CSV file, all of which is text.

    Raises:
        DataError: A file that is damaged.
    """
    if kind_of(path) == ".csv":
        return {}
    schema = _parquet(path, lambda: pq.read_schema(path))
    return dict(zip(schema.names, schema.types, strict=True))


def folder_values(path: pathlib.Path) -> dict[str, str | None]:
    """The columns that a partitioned table keeps in the names of its folders, as `surface=search/part-0.parquet`.

    Pandas makes two folders of a column such as `query/country`, `query` and in it `country=US`, as may be a folder of
    that name with a column `country`: the value has both names.
    """
    found: dict[str, str | None] = {}
    before = ""
    for part in map(urllib.parse.unquote, path.parent.parts):
        name, equals, value = part.partition("=")
        if equals:
            names = (name, f"{before}/{name}") if before in _SIDES else (name,)
            found |= dict.fromkeys(names, None if value == _NO_VALUE else value)
        before = part
    return found


def read_columns(path: pathlib.Path, columns: Sequence[str]) -> pa.Table:
    """Columns of a file, in the types of a Parquet file; those of CSV are bytes, and null is an `NA` of R alone.

    A column that the file lacks is taken from the names of its folders.

    Raises:
        DataError: A file that cannot be read.
    """
    around = {name: value for name, value in folder_values(path).items() if name in columns}
    inside = [name for name in columns if name not in around or name in column_names(path)]
    if kind_of(path) == ".csv":
        table = _read_csv(path, inside)
    else:
        table = _parquet(path, lambda: pq.read_table(path, columns=inside, partitioning=None))
    for name in columns:
        if name not in inside:
            table = table.append_column(name, pa.repeat(pa.scalar(around[name], pa.string()), len(table)))
    return table.select(columns)


def _parquet(path: pathlib.Path, read: Callable[[], _T]) -> _T:
    try:
        return read()
    except (pa.ArrowException, OSError, UnicodeDecodeError) as error:
        if isinstance(error, OSError) and error.errno is not None:
            raise
        if _OF_ONE_LENGTH in str(error):
            schema = pq.read_schema(path)
            names = [field.name for field in schema if pa.types.is_fixed_size_list(field.type)]
            rule = "some are missing, which Arrow cannot read back: write lists of any length"
            raise DataError(f"{path}, columns {listed(names)}: in lists of one length {rule}") from error
        raise DataError(f"{path} is no Parquet file, or is cut off or damaged: write it again") from error


def _read_csv(path: pathlib.Path, columns: list[str]) -> pa.Table:
    names, of_r = _csv_header(path)
    read = list(dict.fromkeys([*columns, *(names[-1:] if names.count(names[-1]) == 1 else [])]))
    convert = pyarrow.csv.ConvertOptions(
        column_types=dict.fromkeys(read, pa.binary()),
        include_columns=read,
        null_values=["NA"] if of_r else [],
        strings_can_be_null=of_r,
        quoted_strings_can_be_null=False,
    )
    options = pyarrow.csv.ReadOptions(block_size=_BLOCK)
    try:
        table = pyarrow.csv.read_csv(path, read_options=options, parse_options=_CSV, convert_options=convert)
    except pa.ArrowException as error:
        if (why := _why(path)) is None:
            return pa.table({name: pa.array([], pa.binary()) for name in columns})
        raise DataError(f"{path}{why}") from error
    _refuse_names(path, table)
    last = table[read[-1]][-1].as_py() if len(table) else None
    if last is not None and b"\n" in last and not _ends_in_a_quote(path):
        raise DataError(f"{path}, row {len(table)}: a quote is opened and never closed")
    return table.select(columns)


def _refuse_names(path: pathlib.Path, table: pa.Table) -> None:
    """Refuses a row that is the line of names again, by all columns that are read.

    Raises:
        DataError: There is one; it names file and line.
    """
    rows = pa.array(np.arange(len(table)))
    for name in table.column_names:
        again = pa.array([name.encode(), codecs.BOM_UTF8 + name.encode()], pa.binary())
        rows = rows.filter(pc.is_in(table[name].take(rows), value_set=again))
        if not len(rows):
            return
    line = _line(path, rows[0].as_py())
    rule = "files that were joined end to end keep the names of each: leave this line out"
    raise DataError(f"{path}, line {line}: the names of the columns stand here again; {rule}")


def _line(path: pathlib.Path, row: int) -> int:
    """The line in which a row, counted from 0, ends."""
    with open(path, encoding="utf-8-sig", errors="surrogateescape", newline="") as file:
        reader = csv.reader(file)
        next(itertools.islice((own for own in reader if own), row + 1, None))
        return reader.line_num


def _why(path: pathlib.Path) -> str | None:
    """What is wrong with a CSV file, from another look at it, since pyarrow does not know the rows that it reads.

    None where nothing is wrong but that there are no rows, nor a new line behind the names.
    """
    number = 0
    try:
        with open(path, encoding="utf-8-sig", errors="surrogateescape", newline="") as file:
            rows = (row for row in csv.reader(file) if row)
            names = len(next(rows))
            for number, row in enumerate(rows, 1):
                if len(row) != names:
                    rule = "a value that holds a comma, a quote or a new line stands in quotes"
                    return f", row {number}: {len(row)} values under {names} column names; {rule}"
        if number == 0:
            return None
    except csv.Error:
        pass  # a value too long for this way of reading
    return f": a row is longer than {_BLOCK >> 20} MiB, or a quote is opened and never closed"


def _ends_in_a_quote(path: pathlib.Path) -> bool:
    with open(path, "rb") as file:
        file.seek(max(0, path.stat().st_size - 4))
        return file.read().rstrip(b"\r\n").endswith(b'"')


def _csv_header(path: pathlib.Path) -> tuple[list[str], bool]:
    """The names of a CSV file's columns, and whether all of them stand in quotes, as R writes them."""
    with open(path, "rb") as file:
        start = file.read(4)
    for beginning, what in _NO_CSV.items():
        if start.startswith(beginning):
            raise DataError(f"{path} is {what}")
    try:
        with open(path, encoding="utf-8-sig", errors="surrogateescape", newline="") as file:
            names = next((row for row in csv.reader(file) if row), [])
            file.seek(0)
            first = next((line.strip("\r\n") for line in file if line.strip("\r\n")), "")
    except csv.Error as error:
        raise DataError(f"{path}: its first line names no columns, separated by commas") from error
    if any(letter == "\0" or "\udc80" <= letter <= "\udcff" for letter in "".join(names)):  # escaped bytes
        raise DataError(f"{path}: the column names are no text in UTF-8: save the file as UTF-8")
    return names, first == ",".join(f'"{name}"' for name in names)
