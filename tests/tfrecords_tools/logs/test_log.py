"""Tests of tfrecords_tools/logs/log.py: logs as pandas, R and Spark write them, through `convert`."""

import csv
import dataclasses
import pathlib
import re

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.tfrecords_tools.test_convert import Rows, _convert, _csv, _parquet, _records, flat_rows
from tests.tfrecords_tools.tiny import MARCH_1, tiny_schema
from tfrecords_tools.logs.log import Log
from tfrecords_tools.requests import DataError
from tfrecords_tools.schema import Feature, Schema, Task

CONTRACT = pathlib.Path(__file__).parents[3] / "docs/data-contract.md"


def _write(path: pathlib.Path, rows: Rows) -> None:
    """Plain CSV, text as it is given."""
    with open(path, "w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def _texts() -> Rows:
    """The tiny log as text."""
    return [{k: "" if v is None else "|".join(map(str, v)) if isinstance(v, list) else str(v) for k, v in row.items()}
            for row in flat_rows()]  # fmt: skip


def _column(path: pathlib.Path, name: str) -> list[object]:
    """A column of all days as the records will have it."""
    log = Log.open([path], schema=tiny_schema())
    days = log.rows_per_day[path]
    table, _ = log.read(path, first=min(days), last=max(days))
    return table[name].to_pylist()


def test_every_way_to_write_one_log_gives_the_same_records(tmp_path: pathlib.Path) -> None:
    """Whole numbers as doubles, flags and times as pandas and R write them, lists as printed."""
    plain, other = _texts(), _texts()
    for row, source in zip(other, flat_rows(), strict=True):
        row["timestamp"] = str(pd.Timestamp(source["timestamp"], unit="s")).replace(" 0", " ")
        row |= {name: f"{row[name]}.0" for name in ("item/brand", "cross/bought") if row[name]}
        row |= {name: str(bool(int(row[name]))) for name in ("event/ctr", "event/gctr") if row[name]}
        row |= {name: str(source[name]) for name in ("item/tags", "query/words", "item/image") if row[name]}
    _write(tmp_path / "plain.csv", plain)
    _write(tmp_path / "other.csv", other)
    wanted = _records(_convert(tmp_path, "plain.csv", out="plain"))
    assert _records(_convert(tmp_path, "other.csv", out="other")) == wanted


def test_the_word_null_is_a_category(tmp_path: pathlib.Path) -> None:
    rows = _texts()
    for row, country in zip(rows, ["NULL", "NULL", "null", "NA", "NA", "NA", "None", "None"], strict=True):
        row["query/country"] = country
    _write(tmp_path / "log.csv", rows)
    countries = _column(tmp_path / "log.csv", "query/country")
    assert countries == [b"NULL"] * 2 + [b"null"] + [b"NA"] * 3 + [b"None"] * 2


def test_a_date_is_its_midnight(tmp_path: pathlib.Path) -> None:
    rows = [{**row, "timestamp": str(pd.Timestamp(int(row["timestamp"]), unit="s").date())} for row in _texts()]
    _write(tmp_path / "log.csv", rows)
    assert _column(tmp_path / "log.csv", "timestamp") == [MARCH_1 + day * 86_400 for day in (0, 0, 0, 1, 1, 1, 2, 2)]


@pytest.mark.parametrize(
    ("values", "kind", "message"),
    [
        ([2.0**53 + 2] * 8, pa.float64(), r"row 1, column item/brand: a double of 2\^53 or more may have lost"),
        (
            [1] * 7 + [2**63 + 1],
            pa.uint64(),
            r"row 8, column item/brand: a whole number is from -2\^63 to .* it is 922337",
        ),
        ([1.0] * 7 + [float("nan")], pa.float64(), r"row 8, column item/brand: a missing value is null .*, not NaN$"),
        ([True] * 8, pa.bool_(), None),
        (["1"] * 7 + ["one"], pa.string(), r"row 8, column item/brand: a whole number is the rule, .*; it is 'one'$"),
    ],
)
def test_a_type_is_exact_or_refused_in_our_words(
    tmp_path: pathlib.Path, values: list[object], kind: pa.DataType, message: str | None
) -> None:
    rows = [{**row, "item/brand": value} for row, value in zip(flat_rows(), values, strict=True)]
    _parquet(tmp_path / "log.parquet", rows, **{"item/brand": kind})
    if message is None:
        assert _column(tmp_path / "log.parquet", "item/brand") == [1] * 8
    else:
        with pytest.raises(DataError, match=message):
            _column(tmp_path / "log.parquet", "item/brand")


def test_a_row_is_named_by_its_number_in_the_file(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever window of days it is read in, and whatever lines stand before it in quotes."""
    monkeypatch.setattr("tfrecords_tools.convert._ROWS_AT_ONCE", 1)
    rows = _texts()
    rows[0]["item/id"], rows[7]["item/price"] = "two\nlines", "cheap"
    _write(tmp_path / "log.csv", rows)
    with pytest.raises(DataError, match=r"log.csv, row 8, column item/price: a number is the rule, .*; it is 'cheap'$"):
        _convert(tmp_path, "log.csv")


def test_latin_1_is_refused_by_row(tmp_path: pathlib.Path) -> None:
    _csv(tmp_path / "log.csv", [{**row, "query/country": "Curaçao"} for row in flat_rows()])
    text = (tmp_path / "log.csv").read_text(encoding="utf-8")
    (tmp_path / "log.csv").write_text(text, encoding="latin-1")
    with pytest.raises(
        DataError, match=r"row 1, column query/country: text in UTF-8 is the rule: .*; it is 'Cura\\\\xe7ao'$"
    ):
        _convert(tmp_path, "log.csv")


def test_a_parquet_column_that_comes_twice_is_refused(tmp_path: pathlib.Path) -> None:
    _parquet(tmp_path / "log.parquet", flat_rows())
    table = pq.read_table(tmp_path / "log.parquet")
    pq.write_table(table.append_column("surface", table["surface"]), tmp_path / "log.parquet")
    with pytest.raises(DataError, match="the column 'surface' is there twice"):
        _column(tmp_path / "log.parquet", "surface")


def test_the_sample_of_the_data_contract_is_read(tmp_path: pathlib.Path) -> None:
    sample = re.search(r"```csv\n(.*?)```", CONTRACT.read_text(encoding="utf-8"), re.DOTALL)
    assert sample is not None
    path = tmp_path / "log.csv"
    path.write_text(sample[1], encoding="utf-8")
    log = Log.open([path], schema=_schema_of_the_sample())
    (day,) = log.rows_per_day[path]
    table, _ = log.read(path, first=day, last=day)
    assert table["timestamp"].to_pylist() == [1_793_491_200 + 18_180] * 2
    assert table["query/terms"].to_pylist() == [[b"red", b"running shoe"]] * 2
    assert table["item/price"].to_pylist() == [np.float32(19.9), None]
    assert table["item/topic"].to_pylist() == [[0.5, 0.25], None]
    assert table["event/ctr"].to_pylist() == [1, 0]


def _schema_of_the_sample() -> Schema:
    return Schema(
        name="sample",
        surfaces=("search",),
        products=("standard", "shopping"),
        tasks=(Task(name="ctr"),),
        features=(
            Feature(name="country", side="query", kind="categorical", dtype="bytes", vocabulary=("DE",)),
            Feature(name="user_id", side="query", kind="categorical", dtype="int64", hash_buckets=9),
            Feature(name="terms", side="query", kind="ragged", dtype="bytes", hash_buckets=9),
            Feature(name="price", side="item", kind="continuous", dtype="float"),
            Feature(name="topic", side="item", kind="dense", dtype="float", size=2),
        ),
    )


def test_what_is_doubtful_is_said_once(tmp_path: pathlib.Path, caplog: pytest.LogCaptureFixture) -> None:
    rows = [{**row, "query/country": "NULL"} for row in _texts()]
    for name, some in (("a", rows[:3]), ("b", rows[3:])):
        _write(tmp_path / f"{name}.csv", some)
    (tmp_path / "c.csv").write_text((tmp_path / "a.csv").read_text(encoding="utf-8").splitlines()[0], encoding="utf-8")
    with caplog.at_level("WARNING", logger="absl"):
        log = Log.open(sorted(tmp_path.glob("*.csv")), schema=tiny_schema())
        assert [sum(days.values()) for days in log.rows_per_day.values()] == [3, 5, 0]
    empty, words = caplog.messages
    assert re.fullmatch(r"1 of 3 log files hold no row, the first of them \S+/c.csv", empty)
    assert words.startswith("column query/country: NULL in 8 rows; these words are text")


def test_columns_in_the_names_of_folders_are_read(tmp_path: pathlib.Path) -> None:
    """As Spark writes `partitionBy("surface", "query/country")`."""
    rows = [{**row, "query/country": None} for row in flat_rows()]
    path = tmp_path / "surface=search" / "query%2Fcountry=S%C3%A3o%20Paulo" / "day=1" / "part-0.parquet"
    path.parent.mkdir(parents=True)
    left = [{name: value for name, value in row.items() if name not in ("surface", "query/country")} for row in rows]
    _parquet(path, left)
    assert _column(path, "surface") == [b"search"] * 8
    assert _column(path, "query/country") == ["São Paulo".encode()] * 8
    none = tmp_path / "surface=home" / "query%2Fcountry=__HIVE_DEFAULT_PARTITION__" / "part-0.csv"
    none.parent.mkdir(parents=True)
    _write(none, [{name: row[name] for name in left[0]} | {"query/words": ""} for row in _texts()])
    assert _column(none, "query/country") == [None] * 8


@pytest.mark.parametrize("separator", [";", "\t"])
def test_another_separator_than_commas_is_named(tmp_path: pathlib.Path, separator: str) -> None:
    (tmp_path / "log.csv").write_text(separator.join(flat_rows()[0]) + "\n", encoding="utf-8")
    with pytest.raises(
        DataError, match=r"'request_id' is missing \(the values of a CSV file are separated by commas\)"
    ):
        Log.open([tmp_path / "log.csv"], schema=tiny_schema())


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("REQUEST_ID", r"\(did you mean 'REQUEST_ID'\?\)"),
        (" Request-ID ", r"\(did you mean ' Request-ID '\?\)"),
        ("x", r"\(where the log has none, make every row"),
    ],
)
def test_a_name_that_differs_in_capitals_and_blanks_alone_is_meant(
    tmp_path: pathlib.Path, name: str, hint: str
) -> None:
    rows = [{name if key == "request_id" else key: value for key, value in row.items()} for row in _texts()]
    _write(tmp_path / "log.csv", rows)
    with pytest.raises(DataError, match=rf"column 'request_id' is missing {hint}"):
        Log.open([tmp_path / "log.csv"], schema=tiny_schema())


@pytest.mark.parametrize(
    ("missing", "at", "hint"),
    [
        ("timestamp", "dt=2026-11-01", r"if the folder dt=2026-11-01 says it, name it timestamp=2026-11-01, and all"),
        ("surface", "Surface=home", r"did you mean 'Surface=' in the names of folders\?"),
        ("surface", "dt=2026-11-01", r"it needs"),
    ],
)
def test_a_folder_that_may_say_what_is_missing_is_named(
    tmp_path: pathlib.Path, missing: str, at: str, hint: str
) -> None:
    (tmp_path / at).mkdir()
    _write(tmp_path / at / "log.csv", [{k: v for k, v in row.items() if k != missing} for row in _texts()])
    with pytest.raises(DataError, match=rf"column '{missing}' is missing.*{hint}"):
        Log.open([tmp_path / at / "log.csv"], schema=tiny_schema())


def test_a_column_of_fields_is_told_to_be_taken_apart(tmp_path: pathlib.Path) -> None:
    rows = [{**{k: v for k, v in row.items() if "query/" not in k}, "query": {"age": 1.0}} for row in flat_rows()]
    pq.write_table(pa.Table.from_pylist(rows), tmp_path / "log.parquet")
    with pytest.raises(
        DataError, match=r"'query/country' is missing \(if 'query' holds it as a field, give each field a"
    ):
        Log.open([tmp_path / "log.parquet"], schema=tiny_schema())


def test_a_first_line_that_names_no_column_is_told_so(tmp_path: pathlib.Path) -> None:
    (tmp_path / "log.csv").write_text("# exported 2026\n" + ",".join(flat_rows()[0]) + "\n", encoding="utf-8")
    with pytest.raises(DataError, match=r"\(none is there: the first line of a CSV file names its columns\)"):
        Log.open([tmp_path / "log.csv"], schema=tiny_schema())


def test_doubtful_times_and_quotes_are_looked_at_once(tmp_path: pathlib.Path, caplog: pytest.LogCaptureFixture) -> None:
    rows = _texts()
    rows[7]["timestamp"] = "0"
    _write(tmp_path / "log.csv", rows)
    with caplog.at_level("WARNING", logger="absl"):
        assert len(Log.open([tmp_path / "log.csv"], schema=tiny_schema()).rows_per_day) == 1
    assert [message.partition(";")[0] for message in caplog.messages] == [
        "column timestamp: the earliest of 8 rows is of 1970-01-01",
        "column timestamp: no row between 1970-01-01 and 2017-03-01",
    ]
    (tmp_path / "log.csv").write_text(
        (tmp_path / "log.csv").read_text(encoding="utf-8").replace("standard", r'"sta\"ndard"'), encoding="utf-8"
    )
    with pytest.raises(DataError, match="text stands behind a closing quote"):
        _ = Log.open([tmp_path / "log.csv"], schema=tiny_schema()).rows_per_day


def test_what_a_wide_log_lacks_and_has_for_nobody_is_named_as_far_as_a_line_goes(
    tmp_path: pathlib.Path, caplog: pytest.LogCaptureFixture
) -> None:
    names = [f"x{place}" for place in range(300)]
    schema = dataclasses.replace(
        tiny_schema(),
        features=(
            *tiny_schema().features,
            *(Feature(name=name, side="cross", kind="continuous", dtype="float") for name in names),
        ),
    )
    (tmp_path / "log.csv").write_text(",".join([*flat_rows()[0], *names]) + "\n", encoding="utf-8")
    with pytest.raises(DataError, match=r"column 'cross/x0' is missing; .* more; 299 others are missing too$") as lost:
        Log.open([tmp_path / "log.csv"], schema=schema)
    assert len(str(lost.value)) < 1_500
    Log.open([tmp_path / "log.csv"], schema=tiny_schema())
    assert caplog.messages[0].startswith("columns that nobody reads: 'x0', 'x1', ")
    assert caplog.messages[0].endswith("'x19' and 280 more")


def test_numbers_of_a_list_in_columns_of_their_own_are_to_be_joined(tmp_path: pathlib.Path) -> None:
    rows = [{name.replace("item/image", "item/image_0"): text for name, text in row.items()} for row in _texts()]
    for row in rows:
        row["item/image_1"] = row["item/image_10"] = "0.5"
    _write(tmp_path / "log.csv", rows)
    said = r"'item/image' is missing \(join the 3 columns 'item/image_0' to 'item/image_10' to one, of lists\); it"
    with pytest.raises(DataError, match=said):
        Log.open([tmp_path / "log.csv"], schema=tiny_schema())


def test_a_column_of_the_name_of_a_task_is_taken_for_its_event(
    tmp_path: pathlib.Path, caplog: pytest.LogCaptureFixture
) -> None:
    kept = [{name: text for name, text in row.items() if name not in ("event/ctr", "label/ctr")} for row in _texts()]
    _write(tmp_path / "log.csv", [{**row, "ctr": "1"} for row in kept])
    Log.open([tmp_path / "log.csv"], schema=tiny_schema())
    assert caplog.messages == ["columns that nobody reads: 'ctr' (did you mean 'event/ctr'?)"]


@pytest.mark.parametrize("name", ["label", "event", "Label", "labels/ctr"])
def test_a_column_that_only_begins_as_ours_is_nobodys(
    name: str, tmp_path: pathlib.Path, caplog: pytest.LogCaptureFixture
) -> None:
    """A log's own `event`, such as `impression`, is no event of a task."""
    _write(tmp_path / "log.csv", [{**row, name: "impression"} for row in _texts()])
    Log.open([tmp_path / "log.csv"], schema=tiny_schema())
    assert [message.partition(" (")[0] for message in caplog.messages] == [f"columns that nobody reads: {name!r}"]
