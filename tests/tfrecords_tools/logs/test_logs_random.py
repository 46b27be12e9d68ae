"""Logs with values and faults at random: what comes back is what was written, or one line says why not."""

import csv
import functools
import io
import pathlib
import tempfile
from collections.abc import Callable
from typing import Any

import hypothesis
import hypothesis.strategies as st
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.malformed import tried
from tfrecords_tools.checks import check_requests
from tfrecords_tools.logs.grouping import requests_of
from tfrecords_tools.logs.log import Log
from tfrecords_tools.requests import DataError
from tfrecords_tools.schema import Feature, Schema, Task

SCHEMA = Schema(
    name="random",
    surfaces=("home",),
    products=("standard",),
    tasks=(Task(name="ctr"),),
    features=(
        Feature(name="text", side="query", kind="categorical", dtype="bytes", hash_buckets=9),
        Feature(name="whole", side="query", kind="categorical", dtype="int64", hash_buckets=9),
        Feature(name="number", side="query", kind="continuous", dtype="float"),
        Feature(name="texts", side="query", kind="ragged", dtype="bytes", hash_buckets=9),
        Feature(name="wholes", side="query", kind="ragged", dtype="int64", hash_buckets=9),
        Feature(name="numbers", side="query", kind="dense", dtype="float", size=2),
    ),
)
QUIET = hypothesis.settings(deadline=None, derandomize=True, database=None, max_examples=15)
LONG = hypothesis.settings(QUIET, max_examples=1500)

_TEXT = st.text(st.characters(codec="utf-8"), max_size=6) | st.sampled_from(["NULL", "NA", "1.0", "True", "[a]", "a|b"])
_WHOLE = st.integers(-(2**63), 2**63 - 1) | st.integers(-9, 9)
_NUMBER = st.floats(width=32, allow_nan=False, allow_infinity=False)
_SECOND = st.integers(0, 4_000_000_000)
_VALUES = {
    "query/text": st.none() | _TEXT,
    "query/whole": st.none() | _WHOLE,
    "query/number": st.none() | _NUMBER,
    "query/texts": st.none() | st.lists(_TEXT, max_size=3),
    "query/wholes": st.none() | st.lists(_WHOLE, max_size=3),
    "query/numbers": st.none() | st.lists(_NUMBER, min_size=2, max_size=2),
    "event/ctr": st.none() | st.integers(0, 1),
    "timestamp": _SECOND,
}
ROWS = st.lists(st.fixed_dictionaries(_VALUES), min_size=1, max_size=5)

Write = Callable[[pd.DataFrame, pathlib.Path], None]


def _frame(rows: list[dict[str, Any]]) -> pd.DataFrame:
    fixed = {
        "request_id": [f"r{row}" for row in range(len(rows))],
        "surface": "home",
        "item/id": "i",
        "item/product": "standard",
    }
    columns = {name: pd.Series([row[name] for row in rows], dtype=object) for name in _VALUES}
    return pd.DataFrame({**columns, **fixed})


def _read(path: pathlib.Path) -> dict[str, list[Any]]:
    """Every column of every day, in the order of the days."""
    log = Log.open([path], schema=SCHEMA)
    days = log.rows_per_day[path]
    table, _ = log.read(path, first=min(days), last=max(days))
    return table.to_pydict()


def _wanted(rows: list[dict[str, Any]], name: str) -> list[Any]:
    """As the records hold it: text as bytes, empty text as missing."""
    plain = [row[name] for row in rows]
    if name == "query/text":
        return [value.encode() if value else None for value in plain]
    if name == "query/texts":
        return [None if value is None else [token.encode() for token in value] for value in plain]
    return plain


def _require_named(message: str, path: pathlib.Path) -> None:
    assert len(message.splitlines()) == 1
    assert message.startswith((f"{path}", "request "))


def _kept_or_refused(rows: list[dict[str, Any]], write: Write, suffix: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / f"log{suffix}"
        write(_frame(rows), path)
        try:
            found = _read(path)
        except DataError as error:
            _require_named(str(error), path)
            return
    for name in _VALUES:
        assert found[name] == _wanted(rows, name), name


def _as_doubles(frame: pd.DataFrame) -> pd.DataFrame:
    """As pandas holds whole numbers of which one is missing."""
    return frame.assign(**{name: frame[name].astype("float64") for name in ("query/whole", "event/ctr")})


def _as_dates(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.assign(timestamp=pd.to_datetime(frame["timestamp"].astype("int64"), unit="s"))


def _as_arrays(frame: pd.DataFrame) -> pd.DataFrame:
    """As numpy prints what pandas has read from Parquet."""
    return frame.assign(
        **{
            name: frame[name].map(lambda value: value if value is None else np.array(value))
            for name in ("query/texts", "query/wholes")
        }
    )


def _to_csv(frame: pd.DataFrame, path: pathlib.Path, **options: Any) -> None:
    frame.to_csv(path, index=False, **options)


def _to_parquet(frame: pd.DataFrame, path: pathlib.Path) -> None:
    frame.to_parquet(path, index=False)


WRITERS: dict[str, tuple[Write, str]] = {
    "csv": (_to_csv, ".csv"),
    "csv_of_doubles": (lambda frame, path: _to_csv(_as_doubles(frame), path), ".csv"),
    "csv_of_dates": (lambda frame, path: _to_csv(_as_dates(frame), path), ".csv"),
    "csv_of_arrays": (lambda frame, path: _to_csv(_as_arrays(frame), path), ".csv"),
    "csv_in_quotes": (functools.partial(_to_csv, quoting=csv.QUOTE_ALL), ".csv"),
    "csv_of_windows": (functools.partial(_to_csv, lineterminator="\r\n"), ".csv"),
    "parquet": (_to_parquet, ".parquet"),
    "parquet_of_doubles": (lambda frame, path: _to_parquet(_as_doubles(frame), path), ".parquet"),
    "parquet_of_dates": (lambda frame, path: _to_parquet(_as_dates(frame), path), ".parquet"),
}


@pytest.mark.parametrize("writer", WRITERS)
def test_what_pandas_writes_comes_back_or_is_refused(writer: str) -> None:
    write, suffix = WRITERS[writer]
    QUIET(hypothesis.given(ROWS)(lambda rows: _kept_or_refused(rows, write, suffix)))()


_EDITS = st.lists(
    st.tuples(
        st.integers(0, 10_000),
        st.integers(0, 3),  # bytes that go
        st.binary(max_size=3)
        | st.sampled_from([b'"', b",", b"\n", b"\r", b"|", b"[", b"]", b"'", b"e9", b"-", b"\xff"]),
    ),
    min_size=1,
    max_size=4,
)


def _edited(content: bytes, edits: list[tuple[int, int, bytes]]) -> bytes:
    for position, gone, new in edits:
        at = position % (len(content) + 1)
        content = content[:at] + new + content[at + gone :]
    return content


@functools.cache
def _sound(suffix: str) -> bytes:
    rows = [
        {
            "query/text": 'a "b", c',
            "query/whole": 2**53 + 1,
            "query/number": 0.5,
            "query/texts": ["red", "it's"],
            "query/wholes": [1, 2],
            "query/numbers": [0.5, 1e-9],
            "event/ctr": row % 2,
            "timestamp": 1_793_491_200 + row,
        }
        for row in range(4)
    ]
    with io.BytesIO() as file:
        if suffix == ".csv":
            _frame(rows).to_csv(file, index=False)
        else:
            pq.write_table(pa.Table.from_pandas(_frame(rows)), file)
        return file.getvalue()


def _read_whole(path: pathlib.Path) -> None:
    log = Log.open([path], schema=SCHEMA)
    days = log.rows_per_day[path]
    if days:
        rows = log.read(path, first=min(days), last=max(days))
        check_requests(SCHEMA, requests_of(log, [(path, *rows)]))


def _read_or_refused(edits: list[tuple[int, int, bytes]], suffix: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / f"log{suffix}"
        content = _edited(_sound(suffix), edits)
        path.write_bytes(content)
        message = tried("log", content, lambda: _read_whole(path), user_errors=DataError)
        if message is not None:
            _require_named(message, path)


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("suffix", [".csv", ".parquet"])
def test_an_edited_log_is_read_or_refused_in_one_line(suffix: str) -> None:
    hypothesis.settings(QUIET, max_examples=50)(
        hypothesis.given(_EDITS)(lambda edits: _read_or_refused(edits, suffix))
    )()


@pytest.mark.slow
@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("suffix", [".csv", ".parquet"])
def test_thousands_of_edited_logs_are_read_or_refused_in_one_line(suffix: str) -> None:
    LONG(hypothesis.given(_EDITS)(lambda edits: _read_or_refused(edits, suffix)))()
    print(f"{LONG.max_examples} edited {suffix} logs: none a traceback")


@pytest.mark.slow
@pytest.mark.parametrize("writer", WRITERS)
def test_thousands_of_logs_that_pandas_writes_come_back_or_are_refused(writer: str) -> None:
    write, suffix = WRITERS[writer]
    hypothesis.settings(LONG, max_examples=200)(hypothesis.given(ROWS)(lambda r: _kept_or_refused(r, write, suffix)))()
