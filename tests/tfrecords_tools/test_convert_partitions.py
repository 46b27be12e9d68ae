"""Tests of short logs: cut by hour, by minute or, without times, by request."""

import pathlib

import pyarrow as pa
import pytest

from tests.tfrecords_tools.test_convert import Rows, _convert, _csv, _parquet, _records, flat_rows
from tests.tfrecords_tools.tiny import MARCH_1, tiny_schema
from tfrecords_tools import convert as converting
from tfrecords_tools.manifest import Manifest
from tfrecords_tools.parsing import decode_requests
from tfrecords_tools.requests import DataError
from tfrecords_tools.tfds_metadata import tfds_split
from tfrecords_tools.validate import validate


def _times(seconds: list[int]) -> Rows:
    """One request of one row at each second after 2017-03-01."""
    return [{**flat_rows()[2], "request_id": f"t{n}", "timestamp": MARCH_1 + s} for n, s in enumerate(seconds)]


def _timeless(order: list[str]) -> Rows:
    """Rows of requests in this order, each row with an item of its own."""
    rows = [{**flat_rows()[2], "request_id": name, "item/id": f"i{n}"} for n, name in enumerate(order)]
    return [{name: value for name, value in row.items() if name != "timestamp"} for row in rows]


def _requests(manifest: Manifest) -> list[tuple[str, int]]:
    decoded = decode_requests(tiny_schema(), _records(manifest), manifest.columns)
    return list(zip([name.decode() for name in decoded.request_id], decoded.timestamp.tolist(), strict=True))


def test_two_days_by_hour_keep_their_true_times(tmp_path: pathlib.Path) -> None:
    seconds = [3600 * hour + 7 for hour in range(0, 48, 2)]
    _parquet(tmp_path / "log.parquet", _times(seconds))
    manifest = _convert(tmp_path, "log.parquet", eval_from=None, partition="hour")
    assert manifest.days("train")[:2] == ("2017-03-01T00", "2017-03-01T02")
    assert len(manifest.days("train")) == 19
    assert manifest.days("eval")[0] == "2017-03-02T14"  # the last fifth: 5 of 24
    assert manifest.shards("train")[0].path.parent.name == "hour=2017-03-01T00"
    assert [time - MARCH_1 for _, time in _requests(manifest)] == seconds
    assert validate(manifest.folder).problems == ()
    assert tfds_split(manifest.folder, "eval").startswith("eval_20170302T14+eval_20170302T16+")
    assert manifest.source["arguments"]["partition"] == "hour"


def test_the_first_hour_of_eval_may_be_said(tmp_path: pathlib.Path) -> None:
    _parquet(tmp_path / "log.parquet", _times([0, 3600, 7200]))
    manifest = _convert(tmp_path, "log.parquet", eval_from="2017-3-1 2:00", partition="hour")
    assert (manifest.days("train"), manifest.days("eval")) == (("2017-03-01T00", "2017-03-01T01"), ("2017-03-01T02",))


def test_a_part_of_an_hour_is_cut_by_minute(tmp_path: pathlib.Path) -> None:
    _parquet(tmp_path / "log.parquet", _times([0, 30, 61, 600]))
    manifest = _convert(tmp_path, "log.parquet", eval_from=None, partition="minute")
    assert manifest.days("train") == ("2017-03-01T0000", "2017-03-01T0001")
    assert manifest.days("eval") == ("2017-03-01T0010",)


@pytest.mark.parametrize(
    ("seconds", "partition", "message"),
    [
        ([0, 7200], "day", "all of 2017-03-01; .* two days or more: --partition=hour cuts the logs into 2 hours, and"),
        ([0, 60], "day", "all of 2017-03-01; .* two days or more: --partition=minute cuts the logs into 2 minutes"),
        ([0, 60, 61], "hour", "all of 2017-03-01T00; .* two hours or more: --partition=minute cuts .* into 2 minutes"),
        ([0], "day", "all of 2017-03-01; .* every row has the same time: .* cut the log by --partition=request; --"),
        ([0, 1], "minute", "all of 2017-03-01T0000; a default .* minutes or more: --eval_from gives one split alone$"),
    ],
)
def test_too_short_a_log_says_what_is_needed_and_what_there_is(
    tmp_path: pathlib.Path, seconds: list[int], partition: str, message: str
) -> None:
    _parquet(tmp_path / "log.parquet", _times(seconds))
    with pytest.raises(DataError, match=message):
        _convert(tmp_path, "log.parquet", eval_from=None, partition=partition)


def test_times_that_count_days_or_hours_are_not_cut_finer(tmp_path: pathlib.Path) -> None:
    """Cut by minute, 3 days of numbers such as 20758 would be one minute: the way out is to write the times anew."""
    for counted, unit in (([20758, 20759, 20760], "days since 1970"), ([498_192, 498_216], "hours since 1970")):
        _parquet(tmp_path / "log.parquet", _times([time - MARCH_1 for time in counted]))
        with pytest.raises(
            DataError, match=rf"its times look like {unit}, the first of 2026-11-01 00:00:00: write dates"
        ):
            _convert(tmp_path, "log.parquet", eval_from=None, partition="day")


def test_a_log_without_times_is_cut_in_its_order(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(converting, "_PARTS", 3)
    _parquet(tmp_path / "a.parquet", _timeless(["z", "z", "b", "y"]))
    _parquet(tmp_path / "b.parquet", _timeless(["y", "c", "d", "d"]))  # y goes on in the next file
    manifest = _convert(tmp_path, "*.parquet", eval_from=None, partition="request")
    assert _requests(manifest) == [("z", 0), ("b", 1), ("y", 2), ("c", 3), ("d", 4)]
    assert manifest.days("train") == ("r000000000000", "r000000000002")  # two requests in each
    assert manifest.days("eval") == ("r000000000004",)
    assert manifest.pairs("train") == 6
    assert validate(manifest.folder).problems == ()


def test_a_log_without_times_may_be_csv_whose_files_are_read_by_name(
    tmp_path: pathlib.Path, caplog: pytest.LogCaptureFixture
) -> None:
    for number in (2, 10):
        _csv(tmp_path / f"log.{number}.csv", _timeless([f"r{number}"]))
    manifest = _convert(tmp_path, "*.csv", eval_from=None, partition="request")
    assert _requests(manifest) == [("r10", 0), ("r2", 1)]
    assert "log.10.csv is read before log.2.csv, by their names: write the numbers with zeros in front" in caplog.text


@pytest.mark.parametrize("rows", [3, 100])
def test_rows_of_a_request_stand_together_where_there_is_no_time(
    tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch, rows: int
) -> None:
    monkeypatch.setattr(converting, "_ROWS_AT_ONCE", rows)  # in one window and across windows
    _parquet(tmp_path / "log.parquet", _timeless(["a", "b", "c", "d", "a"]))
    with pytest.raises(DataError, match="request_id: the rows of a request stand together in a log without times"):
        _convert(tmp_path, "log.parquet", eval_from=None, partition="request")


def test_a_log_with_times_is_not_cut_by_request(tmp_path: pathlib.Path) -> None:
    _parquet(tmp_path / "log.parquet", flat_rows())
    with pytest.raises(DataError, match="column 'timestamp' is there; --partition=request is for logs without times"):
        _convert(tmp_path, "log.parquet", eval_from=None, partition="request")


def test_a_log_without_times_is_told_how(tmp_path: pathlib.Path) -> None:
    _parquet(tmp_path / "log.parquet", _timeless(["a"]))
    with pytest.raises(DataError, match=r"column 'timestamp' is missing \(a log without times is cut by --partition"):
        _convert(tmp_path, "log.parquet")


def test_columns_that_nobody_reads_are_named_once(tmp_path: pathlib.Path, caplog: pytest.LogCaptureFixture) -> None:
    rows = [{**{k: v for k, v in row.items() if k != "weight"}, "weights": 1.0, "dt": 1.0} for row in flat_rows()]
    for name in ("a", "b"):
        own = [{**row, "request_id": f"{name}{row['request_id']}"} for row in rows]
        _parquet(tmp_path / f"{name}.parquet", own, weights=pa.float32(), dt=pa.float32())
    with caplog.at_level("WARNING", logger="absl"):
        _convert(tmp_path, "*.parquet")
    said = [record.getMessage() for record in caplog.records if "nobody reads" in record.getMessage()]
    assert said == ["columns that nobody reads: 'weights' (did you mean 'weight'?), 'dt'"]


def test_a_misspelled_feature_is_guessed(tmp_path: pathlib.Path) -> None:
    rows = [{"query/aeg" if name == "query/age" else name: value for name, value in row.items()} for row in flat_rows()]
    _parquet(tmp_path / "log.parquet", rows, **{"query/aeg": pa.float32()})
    with pytest.raises(DataError, match=r"column 'query/age' is missing \(did you mean 'query/aeg'\?\); it needs"):
        _convert(tmp_path, "log.parquet")
