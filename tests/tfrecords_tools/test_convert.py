"""Tests of tfrecords_tools/convert.py, logs.py and grouping.py."""

import pathlib
from collections.abc import Callable

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.tfrecords_tools.test_shards import folder_bytes
from tests.tfrecords_tools.tiny import EVAL_FROM, MARCH_1, tiny_items, tiny_requests, tiny_schema
from tfrecords_tools import windows
from tfrecords_tools.convert import convert
from tfrecords_tools.days import Day
from tfrecords_tools.examples import encode_requests
from tfrecords_tools.item_table.table import table_of
from tfrecords_tools.logs.column_names import column_types
from tfrecords_tools.manifest import Manifest
from tfrecords_tools.parsing import decode_items, decode_requests
from tfrecords_tools.records import read_records
from tfrecords_tools.requests import DataError, Ragged

Rows = list[dict[str, object]]


def flat_rows() -> Rows:
    """The tiny requests as a log: one dict a pair, None where a feature is missing."""
    schema, requests = tiny_schema(), tiny_requests()
    rows: Rows = []
    owner = np.repeat(np.arange(4), requests.lengths)
    for pair, request in enumerate(owner):
        row: dict[str, object] = {
            "request_id": requests.request_id[request].decode(),
            "timestamp": int(requests.timestamp[request]),
            "surface": schema.surfaces[requests.surface[request]],
            "item/id": requests.item_id[pair].decode(),
            "item/product": schema.products[requests.product[pair]],
        }
        for side, index in (("query", request), ("item", pair), ("cross", pair)):
            for bit, feature in enumerate(schema.features_of(side)):
                present = getattr(requests, f"{side}_mask")[index, bit]
                row[feature.key] = _value(getattr(requests, side)[feature.name], index) if present else None
        for task in schema.task_names:
            label, event = float(requests.label[task][pair]), int(requests.event[task][pair])
            row |= {f"label/{task}": None if np.isnan(label) else label, f"event/{task}": None if event < 0 else event}
        rows.append(row | {"weight": float(requests.weight[pair]), "bid": float(requests.bid[pair])})
    return rows


def _value(column: np.ndarray | Ragged, row: int) -> object:
    if isinstance(column, Ragged):
        start = int(column.lengths[:row].sum())
        return [token.decode() for token in column.values[start : start + column.lengths[row]]]
    value = column[row].tolist() if isinstance(column[row], np.generic | np.ndarray) else column[row]
    return value.decode() if isinstance(value, bytes) else value


def _parquet(path: pathlib.Path, rows: Rows, **types: pa.DataType) -> None:
    text = {name: pa.string() if kind == pa.binary() else kind for name, kind in column_types(tiny_schema()).items()}
    text |= {name: pa.list_(pa.string()) for name, kind in text.items() if kind == pa.list_(pa.binary())} | types
    pq.write_table(pa.Table.from_pylist(rows, schema=pa.schema([(name, text[name]) for name in rows[0]])), path)


def _csv(path: pathlib.Path, rows: Rows) -> None:
    joined = [{k: "|".join(map(str, v)) if isinstance(v, list) else v for k, v in row.items()} for row in rows]
    integers = ["query/age", "item/brand", "cross/bought", "event/ctr", "event/gctr"]
    pd.DataFrame(joined).astype({name: "Int64" for name in integers if name in joined[0]}).to_csv(path, index=False)


def _convert(folder: pathlib.Path, pattern: str, *, out: str = "out", **arguments) -> Manifest:
    (folder / "schema.json").write_text(tiny_schema().to_json())
    arguments = {"inputs": [str(folder / pattern)], "eval_from": EVAL_FROM, "workers": 1, **arguments}
    return convert(folder / out, schema=folder / "schema.json", **arguments)


def _records(manifest: Manifest) -> list[bytes]:
    shards = [*manifest.shards("train"), *manifest.shards("eval")]
    return [record for shard in shards for record in read_records(shard)]


def _tiny_with_placeholders() -> list[bytes]:
    """The tiny requests with the placeholders of a log, which carries no value where the mask is False."""
    requests = tiny_requests()
    for side in ("query", "item", "cross"):
        for bit, feature in enumerate(tiny_schema().features_of(side)):
            column = getattr(requests, side)[feature.name]
            if not isinstance(column, Ragged):
                column[~getattr(requests, f"{side}_mask")[:, bit]] = b"" if feature.dtype == "bytes" else 0
    return list(encode_requests(tiny_schema(), requests))


def test_parquet_becomes_the_records_that_the_log_came_from(tmp_path: pathlib.Path) -> None:
    _parquet(tmp_path / "log.parquet", flat_rows())
    assert _records(_convert(tmp_path, "*.parquet")) == _tiny_with_placeholders()


def test_csv_becomes_the_same_records(tmp_path: pathlib.Path) -> None:
    rows = flat_rows()
    _csv(tmp_path / "log.csv", rows)
    manifest = _convert(tmp_path, "*.csv")
    decoded = decode_requests(tiny_schema(), _records(manifest), manifest.columns)
    wanted = decode_requests(tiny_schema(), _tiny_with_placeholders(), manifest.columns)
    assert decoded.item["tags"].values.tolist() == wanted.item["tags"].values.tolist()
    np.testing.assert_array_equal(decoded.query["taste"], wanted.query["taste"])
    np.testing.assert_array_equal(decoded.event["gctr"], wanted.event["gctr"])
    np.testing.assert_array_equal(decoded.query_mask, wanted.query_mask)


def test_rows_of_a_request_may_be_scattered_over_files(tmp_path: pathlib.Path) -> None:
    rows = flat_rows()
    (tmp_path / "logs").mkdir()
    _parquet(tmp_path / "logs/a.parquet", [rows[i] for i in (6, 3, 0)])
    _parquet(tmp_path / "logs/b.parquet", [rows[i] for i in (4, 1, 7, 5, 2)])
    assert _records(_convert(tmp_path, "logs/*.parquet")) == _tiny_with_placeholders()


def test_days_read_one_by_one_give_the_same_records(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tfrecords_tools.convert._ROWS_AT_ONCE", 1)
    _parquet(tmp_path / "log.parquet", flat_rows())
    assert _records(_convert(tmp_path, "*.parquet")) == _tiny_with_placeholders()


def test_compact_windows_have_parts_of_the_item_table_and_give_the_same_records(
    tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tfrecords_tools.convert._ROWS_AT_ONCE", 1)
    _parquet(tmp_path / "log.parquet", flat_rows())
    manifest = _convert(tmp_path, "*.parquet", compact=True)
    assert [part.part for part in manifest.table_parts()] == [17_226, 17_227, 17_228]  # days from 1970 on
    assert [part.rows for part in manifest.table_parts()] == [3, 3, 2]  # a b c, a b d, c d
    table = table_of(manifest, tiny_schema())
    decoded = decode_requests(tiny_schema(), _records(manifest), manifest.columns, items=table)
    assert list(encode_requests(tiny_schema(), decoded)) == _tiny_with_placeholders()


def test_an_interrupted_compact_conversion_ends_with_the_same_bytes(
    tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tfrecords_tools.convert._ROWS_AT_ONCE", 1)
    _parquet(tmp_path / "log.parquet", flat_rows())
    _convert(tmp_path, "*.parquet", compact=True)
    write_window, done = windows.write_window, []

    def killed(window: windows.Window, **arguments) -> list[Day]:
        if done:
            raise KeyboardInterrupt
        done.append(window)
        return write_window(window, **arguments)

    monkeypatch.setattr(windows, "write_window", killed)
    with pytest.raises(KeyboardInterrupt):
        _convert(tmp_path, "*.parquet", out="again", compact=True)
    monkeypatch.setattr(windows, "write_window", write_window)
    _convert(tmp_path, "*.parquet", out="again", compact=True)
    assert folder_bytes(tmp_path / "again") == folder_bytes(tmp_path / "out")


def test_the_corpus_holds_the_last_row_of_each_item(tmp_path: pathlib.Path) -> None:
    rows = flat_rows()
    rows[3]["item/price"] = 50.0  # item a on day 2; day 1 has it at 1
    rows[0]["item/price"] = 60.0
    _parquet(tmp_path / "log.parquet", rows[::-1])
    manifest = _convert(tmp_path, "*.parquet")
    items = decode_items(tiny_schema(), list(read_records(manifest.item_shards()[0])))
    assert items.item_id.tolist() == tiny_items().item_id.tolist()
    assert items.item["price"].tolist() == [50.0, 2.0, 3.0, 4.0]


def test_timestamps_may_be_dates(tmp_path: pathlib.Path) -> None:
    rows = flat_rows()
    for row in rows:
        row["timestamp"] = pd.Timestamp(row["timestamp"], unit="s")
    _parquet(tmp_path / "log.parquet", rows, timestamp=pa.timestamp("us"))
    manifest = _convert(tmp_path, "*.parquet")
    assert decode_requests(tiny_schema(), _records(manifest), manifest.columns).timestamp[0] == MARCH_1


def test_converting_again_leaves_the_data_set_alone(tmp_path: pathlib.Path) -> None:
    _parquet(tmp_path / "log.parquet", flat_rows())
    _convert(tmp_path, "*.parquet")
    before = folder_bytes(tmp_path / "out")
    _convert(tmp_path, "*.parquet")
    assert folder_bytes(tmp_path / "out") == before


def test_empty_text_is_missing(tmp_path: pathlib.Path) -> None:
    rows = flat_rows()
    empty, null = tmp_path / "empty", tmp_path / "null"
    for folder, value in ((empty, ""), (null, None)):
        folder.mkdir()
        changed = [{**row, "query/country": value} if row["request_id"] == "r0" else row for row in rows]
        _parquet(folder / "log.parquet", changed)
    assert _records(_convert(empty, "*.parquet")) == _records(_convert(null, "*.parquet"))


def test_empty_text_is_a_missing_list(tmp_path: pathlib.Path) -> None:
    rows = [{**row, "item/tags": "|".join(row["item/tags"]) if row["item/tags"] else ""} for row in flat_rows()]
    _parquet(tmp_path / "log.parquet", rows, **{"item/tags": pa.string()})
    manifest = _convert(tmp_path, "*.parquet")
    decoded = decode_requests(tiny_schema(), _records(manifest), manifest.columns)
    bit = [feature.name for feature in tiny_schema().features_of("item")].index("tags")
    assert decoded.item["tags"].lengths.tolist() == [2, 1, 0, 2, 1, 0, 0, 0]
    assert decoded.item_mask[:, bit].tolist() == [True, True, False, True, True, False, False, False]


def _log_of_days(path: pathlib.Path, days: list[int]) -> None:
    """The one row of r1, once a day, `days` after 2017-03-01."""
    rows = [{**flat_rows()[2], "request_id": f"d{day}", "timestamp": MARCH_1 + day * 86_400} for day in days]
    _parquet(path, rows)


def test_by_default_the_last_fifth_of_the_days_is_eval(
    tmp_path: pathlib.Path, caplog: pytest.LogCaptureFixture
) -> None:
    _log_of_days(tmp_path / "a.parquet", [9, 0, 1, 2])
    _log_of_days(tmp_path / "b.parquet", [3, 4, 20, 5, 6, 7])  # ten days with two gaps
    with caplog.at_level("INFO", logger="absl"):
        manifest = _convert(tmp_path, "*.parquet", eval_from=None)
    assert manifest.days("eval") == ("2017-03-10", "2017-03-21")
    assert len(manifest.days("train")) == 8
    assert "--eval_from=2017-03-10: the last fifth of the days, 2 of 10, is the eval split" in caplog.text


def test_a_few_rows_of_a_wrong_clock_that_become_the_eval_split_are_said(
    tmp_path: pathlib.Path, caplog: pytest.LogCaptureFixture
) -> None:
    days = [day for day in range(4) for _ in range(60)] + [43]
    rows = [
        {**flat_rows()[2], "request_id": f"r{place}", "timestamp": MARCH_1 + day * 86_400}
        for place, day in enumerate(days)
    ]
    _parquet(tmp_path / "log.parquet", rows)
    assert _convert(tmp_path, "log.parquet", eval_from=None).days("eval") == ("2017-04-13",)
    assert (
        "the eval split has 1 of 241 rows: look for times of a wrong clock, or say --eval_from=2017-03-04"
        in caplog.text
    )
    assert "for 61 of them" in caplog.text


@pytest.mark.parametrize("eval_from", ["2017-03-9", "2017-3-09", "2017-03-09"])
def test_a_day_without_leading_zeros_is_the_same_day(tmp_path: pathlib.Path, eval_from: str) -> None:
    _log_of_days(tmp_path / "log.parquet", list(range(12)))  # 2017-03-01 to 12
    manifest = _convert(tmp_path, "log.parquet", eval_from=eval_from)
    assert (len(manifest.days("train")), len(manifest.days("eval"))) == (8, 4)
    assert manifest.source["arguments"]["eval_from"] == "2017-03-09"


def test_by_default_eval_is_a_day_at_least(tmp_path: pathlib.Path) -> None:
    _log_of_days(tmp_path / "log.parquet", [0, 1])
    assert _convert(tmp_path, "*.parquet", eval_from=None).days("eval") == ("2017-03-02",)


def test_one_day_alone_is_not_split_unasked(tmp_path: pathlib.Path) -> None:
    _log_of_days(tmp_path / "log.parquet", [0])
    with pytest.raises(DataError, match=r"the logs are all of 2017-03-01; .* needs two days or more: .*--eval_from"):
        _convert(tmp_path, "*.parquet", eval_from=None)


def test_a_log_without_rows_is_refused(tmp_path: pathlib.Path) -> None:
    _parquet(tmp_path / "log.parquet", flat_rows())
    pq.write_table(pq.read_table(tmp_path / "log.parquet").slice(0, 0), tmp_path / "log.parquet")
    for eval_from in (None, EVAL_FROM):
        with pytest.raises(DataError, match="the logs hold no row"):
            _convert(tmp_path, "*.parquet", eval_from=eval_from)


def test_a_log_without_labels_has_no_label_columns(tmp_path: pathlib.Path) -> None:
    rows = [{k: v for k, v in row.items() if not k.startswith("label/")} for row in flat_rows()]
    _parquet(tmp_path / "log.parquet", rows)
    assert _convert(tmp_path, "*.parquet").columns == ("event/ctr", "event/gctr", "weight", "bid")


def _with(row: int, **values: object) -> Callable[[Rows], Rows]:
    return lambda rows: [{**r, **values} if i == row else r for i, r in enumerate(rows)]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            _with(4, surface="search"),
            r"row 5, column surface: the same in all rows of a request; a request of another surface has another id; "
            "it is 'search'$",
        ),
        (_with(2, surface="moon"), r"log.parquet, row 3, column surface: one of \['home', 'search'\]; it is 'moon'$"),
        (_with(4, **{"item/product": "x"}), r"log.parquet, row 5, column item/product: one of .*; it is 'x'$"),
        (
            _with(1, timestamp=MARCH_1 + 5),
            r"log.parquet, row 2, column timestamp: one timestamp a request, in all .*; it is \d+$",
        ),
        (
            _with(4, **{"query/country": "us"}),
            r"row 5, column query/country: the same in all rows of a request; what differs .*; it is 'us'$",
        ),
        (
            _with(4, **{"query/taste": [1.0, 0.0]}),
            r"row 5, column query/taste: the same in all rows of a request; .*; it is \[1.0, 0.0\]$",
        ),
        (_with(3, bid=float("nan")), r"row 4, column bid: it needs a number in every row$"),
        (_with(3, **{"item/price": float("nan")}), r"row 4, column item/price: a missing value is null .*, not NaN$"),
        (_with(3, weight=None), r"log.parquet, row 4, column weight: needs a value in every row$"),
        (
            _with(3, **{"item/tags": ["a", None]}),
            r"log.parquet, row 4, column item/tags: no null and no empty text inside a list: leave it out",
        ),
        (_with(3, **{"item/tags": ["a", ""]}), r"log.parquet, row 4, column item/tags: no null and no empty text "),
        (
            _with(4, **{"item/id": "a"}),
            r"row 5, column item/id: an item is a candidate of a request once; keep one row of it, with every event "
            "that either row has; it is 'a'$",
        ),
        (
            _with(3, **{"item/id": "a\0"}),
            r"row 4, column item/id: a name does not end in a zero byte; it is ",
        ),
        (_with(4, **{"item/id": "a", "request_id": "r9"}), r"item a, item/product: one product in all rows of an item"),
        (_with(3, request_id=""), r"log.parquet, row 4, column request_id: needs a value in every row$"),
        (
            _with(0, **{"item/brand": -(2**62)}),
            r"log.parquet, row 1, column item/brand: .* are kept for what is missing",
        ),
        (_with(3, **{"item/image": [1.0]}), r"row 4, column item/image: a vector of 2 numbers is the rule; it has 1$"),
        (_with(0, **{"item/discount": 1.0}), r"log.parquet, row 1, column item/discount: absent outside"),
        (
            lambda rows: [{k: v for k, v in r.items() if k != "query/age"} for r in rows],
            r"log.parquet: column 'query/age' is missing; it needs \[.*'query/age'.*\]; it has \['request_id', ",
        ),
        (
            lambda rows: [{k: v for k, v in r.items() if k != "request_id"} for r in rows],
            r"column 'request_id' is missing \(where the log has none, make every row a request of its own: 'row0', ",
        ),
    ],
)
def test_a_broken_log_names_file_row_and_column(
    tmp_path: pathlib.Path, change: Callable[[Rows], Rows], message: str
) -> None:
    _parquet(tmp_path / "log.parquet", change(flat_rows()))
    with pytest.raises(DataError, match=message):
        _convert(tmp_path, "*.parquet")


def test_lists_of_a_request_that_differ_in_length_or_in_one_token_are_refused(tmp_path: pathlib.Path) -> None:
    words = [row["query/words"] for row in flat_rows()]
    row = next(i for i in range(1, len(words)) if words[i] and words[i] == words[i - 1])
    for number, other in enumerate(([*words[row], "boat"], [*words[row][:-1], "boat"], [])):
        folder = tmp_path / str(number)
        folder.mkdir()
        _parquet(folder / "log.parquet", _with(row, **{"query/words": other})(flat_rows()))
        with pytest.raises(DataError, match=rf"row {row + 1}, column query/words: the same in all rows of a request"):
            _convert(folder, "*.parquet")


def test_timestamps_in_milliseconds_are_refused(tmp_path: pathlib.Path) -> None:
    rows = [{**row, "timestamp": row["timestamp"] * 1000} for row in flat_rows()]
    _parquet(tmp_path / "log.parquet", rows)
    with pytest.raises(DataError, match=r"timestamp: seconds since 1970 in UTC are the rule; these look like milli"):
        _convert(tmp_path, "*.parquet")


def test_a_request_on_two_days_is_refused(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tfrecords_tools.convert._ROWS_AT_ONCE", 1)
    _parquet(tmp_path / "log.parquet", _with(1, timestamp=MARCH_1 + 86_400)(flat_rows()))
    with pytest.raises(
        DataError, match=r"request r0, timestamp: one timestamp a request, .*; its rows are of two days"
    ):
        _convert(tmp_path, "*.parquet")


def test_a_label_of_no_task_is_refused(tmp_path: pathlib.Path) -> None:
    _csv(tmp_path / "log.csv", [{**row, "label/cvr": 0.5} for row in flat_rows()])
    with pytest.raises(
        DataError, match=r"column 'label/cvr' is of no task of the schema; its tasks have \['label/ctr'"
    ):
        _convert(tmp_path, "*.csv")


def test_files_with_other_optional_columns_are_refused(tmp_path: pathlib.Path) -> None:
    _csv(tmp_path / "a.csv", flat_rows())
    _csv(tmp_path / "b.csv", [{k: v for k, v in row.items() if k != "bid"} for row in flat_rows()])
    with pytest.raises(
        DataError,
        match=r"b.csv: optional columns .*'weight'\]; .*a.csv has .*'bid'\]: make them equal; a column may be empty",
    ):
        _convert(tmp_path, "*.csv")


def test_text_where_a_number_belongs_names_file_and_column(tmp_path: pathlib.Path) -> None:
    _csv(tmp_path / "log.csv", _with(2, **{"item/price": "cheap"})(flat_rows()))
    with pytest.raises(DataError, match=r"log.csv, row 3, column item/price: a number is the rule, .*; it is 'cheap'$"):
        _convert(tmp_path, "*.csv")
