"""Tests of tfrecords_tools/logs/inputs.py, and of what `convert` takes for a log."""

import os
import pathlib
import re

import pytest

from tests.tfrecords_tools.test_convert import _convert, _csv, _parquet, flat_rows
from tests.tfrecords_tools.tiny import tiny_schema
from tfrecords_tools import folder
from tfrecords_tools.logs.inputs import digests, distinct, find_logs
from tfrecords_tools.manifest import Manifest
from tfrecords_tools.requests import DataError


def _names(paths: list[pathlib.Path], folder: pathlib.Path) -> list[str]:
    return [str(path.relative_to(folder)) for path in paths]


@pytest.fixture
def logs(tmp_path: pathlib.Path) -> pathlib.Path:
    """What Spark leaves, in days, beside a schema: four logs of three contents."""
    for name, text in {
        "day=1/part-0.parquet": "a",
        "day=1/.part-0.parquet.crc": "c",
        "day=2/part-0.parquet": "b",
        "day=2/_temporary/part-1.parquet": "t",
        "day=2/_SUCCESS": "",
        "logs [v1]/x.csv": "a",
        "more.CSV": "d",
        "schema.json": "{}",
        "_SUCCESS": "",
    }.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return tmp_path


_NO_ITEMS: dict[str, object] = {"shards": [], "items": 0, "products": {}}
ALL = ["day=1/part-0.parquet", "day=2/part-0.parquet", "logs [v1]/x.csv", "more.CSV"]


@pytest.mark.parametrize(
    ("patterns", "names"),
    [
        (["."], ALL),
        (["*"], ALL),
        (["**"], ALL),
        (["day=*"], ALL[:2]),
        (["day=*/*.parquet", "day=1/*"], ALL[:2]),
        (["logs [v1]/x.csv"], ALL[2:3]),
        (["logs [v1]"], ALL[2:3]),
        (["day=[2]/*", "more.CSV"], [ALL[1], ALL[3]]),
    ],
)
def test_paths_folders_and_patterns_name_each_log_once(
    logs: pathlib.Path, patterns: list[str], names: list[str]
) -> None:
    assert _names(find_logs([f"{logs}/{pattern}" for pattern in patterns]), logs) == names


def test_a_home_folder_is_found(logs: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(logs))
    assert _names(find_logs(["~/day=1", "~/mor*"]), logs) == [ALL[0], ALL[3]]


@pytest.mark.parametrize(
    ("patterns", "message"),
    [
        (
            ["*.CSV", "day=1/part-0.parqet"],
            r"--input=\S+/day=1/part-0.parqet matches nothing; .*holds 'part-0.parquet'$",
        ),
        (["x*", "*.CSV", "y*"], r"--input=\S+/x\* matches nothing; .*; --input=\S+/y\* matches nothing; "),
        (["nowhere/a.csv"], r"--input=\S+/nowhere/a.csv matches nothing: no folder \S+/nowhere$"),
        (["[n]owhere/a.csv"], r"--input=\S+/\[n\]owhere/a.csv matches nothing$"),
        (["day=2/_temporary/.."], None),
        (["empty"], r"--input=\S+/empty: the folder holds no .parquet or .csv file$"),
        (
            ["notes"],
            r"/notes/a.txt: .* .parquet or .csv, and a folder holds such files; write it as one of them$",
        ),
        (["schema.json"], r"/schema.json: .* ends in .parquet or .csv, and a folder holds such files; write it as Par"),
    ],
)
def test_every_pattern_must_match_logs(logs: pathlib.Path, patterns: list[str], message: str | None) -> None:
    (logs / "empty").mkdir()
    (logs / "notes").mkdir()
    (logs / "notes/a.txt").write_text("no log")
    inputs = [f"{logs}/{pattern}" for pattern in patterns]
    if message is None:
        assert len(find_logs(inputs)) == 1
    else:
        with pytest.raises(DataError, match=message):
            find_logs(inputs)


@pytest.mark.parametrize(
    ("made", "message"),
    [
        ("_temporary", r"/day=1 is not written to its end: there is a _temporary of its writer, and no _SUCCESS$"),
        ("_delta_log", r"/day=1 is a table of Delta Lake; it keeps files that are no longer part of it: write it as"),
        (".hoodie", r"/day=1 is a table of Apache Hudi; it keeps files that are no longer part of it: write it as"),
    ],
)
def test_a_folder_whose_files_are_not_its_rows_is_refused(logs: pathlib.Path, made: str, message: str) -> None:
    (logs / "day=1" / made).mkdir()
    for pattern in (logs, logs / "day=*"):
        with pytest.raises(DataError, match=message):
            find_logs([str(pattern)])


@pytest.mark.parametrize("inside", ["*.parquet", "part-0.parquet", "../day=1/part*"])
@pytest.mark.parametrize(
    ("made", "table"),
    [
        ("day=1/_delta_log/0.json", "Delta Lake"),
        ("day=1/.hoodie/x", "Apache Hudi"),
        ("day=1/metadata/v1.metadata.json", "Apache Iceberg"),
        ("_delta_log/0.json", "Delta Lake"),  # the folder taken is one of its parts
    ],
)
def test_files_inside_a_table_are_read_with_a_word(
    logs: pathlib.Path, made: str, table: str, inside: str, caplog: pytest.LogCaptureFixture
) -> None:
    (logs / made).parent.mkdir()
    (logs / made).touch()
    with caplog.at_level("WARNING", logger="absl"):
        assert len(find_logs([f"{logs}/day=1/{inside}"])) == 1
    assert f"part-0.parquet is in a table of {table}; it keeps files that are no longer part of it: name" in caplog.text
    assert caplog.text.count("is in a table") == 1


def test_an_iceberg_table_is_refused(logs: pathlib.Path) -> None:
    (logs / "metadata").mkdir()
    (logs / "metadata" / "v1.metadata.json").touch()
    with pytest.raises(DataError, match="is a table of Apache Iceberg; it keeps files that are no longer part of it"):
        find_logs([str(logs)])


def test_a_data_set_in_the_folder_of_logs_is_named(logs: pathlib.Path) -> None:
    """As after `convert --input logs --out=logs/out`, with a second conversion of the same folder."""
    (logs / "day=1" / "out").mkdir()
    (logs / "day=1" / "out" / "manifest.json").write_text("{}")
    with pytest.raises(
        DataError, match=r"day=1/out is a data set \(manifest.json\), which a conversion has written: name"
    ):
        find_logs([str(logs)])


def test_links_copies_and_other_paths_of_one_file_count_once(
    logs: pathlib.Path, caplog: pytest.LogCaptureFixture
) -> None:
    (logs / "link.csv").symlink_to(logs / "more.CSV")
    found = find_logs([str(logs), f"{logs}/day=1/../*.CSV"])
    assert len(found) == 6
    with caplog.at_level("WARNING", logger="absl"):
        kept = distinct(found, digests(found))
    assert [path.read_text() for path in kept] == ["d", "a", "b"]
    assert "of files with the same content one is read" in caplog.text
    assert re.search(r"logs \[v1\]/x.csv is the same as \S+/day=1/part-0.parquet", caplog.text)


def test_files_of_other_content_are_all_read_without_a_word(
    logs: pathlib.Path, caplog: pytest.LogCaptureFixture
) -> None:
    found = find_logs([f"{logs}/day=*"])
    assert distinct(found, digests(found)) == found
    assert not caplog.text


def test_a_folder_of_parts_and_brackets_in_a_path_convert(tmp_path: pathlib.Path) -> None:
    folder = tmp_path / "logs [v1]"
    folder.mkdir()
    (folder / "_SUCCESS").touch()
    _parquet(folder / "part-0.parquet", flat_rows()[:3])
    _parquet(folder / "part-1.parquet", flat_rows()[3:])
    assert _convert(tmp_path, "logs [v1]").pairs("train") == 6
    assert _convert(tmp_path, "logs [v1]/part-0.parquet", out="one").pairs("train") == 3


def test_a_log_corrected_in_place_is_another_log(tmp_path: pathlib.Path) -> None:
    _csv(tmp_path / "log.csv", flat_rows())
    _convert(tmp_path, "log.csv")
    text = (tmp_path / "log.csv").read_text()
    (tmp_path / "log.csv").write_text(text.replace(",fr,", ",us,"))
    assert (tmp_path / "log.csv").stat().st_size == len(text)
    with pytest.raises(
        DataError, match=r'of another build \({"arguments": {"files": \[\["log.csv", "\w{32}"\]\]}, "name"'
    ):
        _convert(tmp_path, "log.csv")


def test_of_many_other_logs_the_first_are_named(tmp_path: pathlib.Path) -> None:
    schema, one = tiny_schema(), {"name": "convert", "arguments": {"files": [["a.csv", "0"]], "seed": 0}}
    many = {**one, "arguments": {"files": [["a.csv", "0"], *([f"b{i}.csv", "1"] for i in range(2000))], "seed": 0}}
    empty = Manifest(
        folder=tmp_path, schema_fingerprint="0", source=many, columns=(), splits={}, items=_NO_ITEMS, statistics={}
    )
    empty.write()
    with (
        pytest.raises(
            DataError, match=r'"b2.csv", "1"\], "and 1,997 more"\]}, .*this one is {"arguments": {"files": \[\]}'
        ),
        folder.building(tmp_path, schema=schema, source=one),
    ):
        pass


def test_a_name_in_another_encoding_is_refused(tmp_path: pathlib.Path) -> None:
    name = os.fsdecode(b"m\xfcnchen.csv")  # Latin-1
    (tmp_path / name).write_text("a\n1\n", encoding="utf-8")
    with pytest.raises(
        DataError, match=r"^b'.*m\\xfcnchen\.csv' is no text in utf-8, .*: rename the file, or set a locale"
    ):
        find_logs([str(tmp_path)])
