"""Tests of tfrecords_tools/inspect_items.py, and of what else reads items alone."""

import pathlib

import pytest

from tests.tfrecords_tools.catalogs import item_rows, write, write_parquet
from tfrecords_tools.__main__ import main
from tfrecords_tools.coverage import draw_coverage
from tfrecords_tools.doctor.examine import examine
from tfrecords_tools.inspect import inspect
from tfrecords_tools.labels import copy_with_labels
from tfrecords_tools.manifest import Manifest
from tfrecords_tools.requests import DataError
from tfrecords_tools.tfds_metadata import tfds_split
from tfrecords_tools.validate import validate

ALONE = (
    r"^\S+ has items alone and no requests: `python -m mtmd_tf.jobs.embed_items --data` takes it; give here a data set"
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> pathlib.Path:
    folder = tmp_path_factory.mktemp("catalog")
    write_parquet(folder / "ads.parquet", item_rows())
    write(folder, "ads.parquet")
    return folder / "out"


def test_the_report_shows_items_and_the_presence_of_their_features(folder: pathlib.Path) -> None:
    lines = [line.split() for line in inspect(folder, records=2).splitlines()]
    assert ["items", "4:", "2", "standard,", "2", "shopping"] in lines
    assert "Presence of item features by product, 4 items read (. = cannot exist)" in inspect(folder)
    assert ["discount", ".", "1.000"] in lines  # b and d are shopping
    assert ["image", "1.000", "0.500"] in lines  # d has none
    assert ["item/tags", "[red", "big]", "[red]"] in lines
    assert ["item/discount", "-", "0.5"] in lines
    assert ["The", "first", "2", "items"] in lines
    assert "The first" not in inspect(folder, records=0)


def test_it_is_sound_and_a_changed_record_is_named(folder: pathlib.Path, tmp_path: pathlib.Path) -> None:
    report = validate(folder)
    assert (report.records, report.problems, report.remarks) == (4, (), ())
    write_parquet(tmp_path / "ads.parquet", item_rows())
    (shard,) = write(tmp_path, "ads.parquet").item_shards()
    content = bytearray(shard.path.read_bytes())
    content[20] ^= 1
    shard.path.write_bytes(content)
    (problem,) = validate(tmp_path / "out").problems
    assert problem.startswith(f"{shard.path}, record 0: corrupt")


def test_whatever_needs_requests_says_what_to_do(folder: pathlib.Path, tmp_path: pathlib.Path) -> None:
    manifest = Manifest.load(folder)
    for ask in (
        lambda: manifest.days("train"),
        lambda: manifest.shards("eval"),
        lambda: manifest.requests("train"),
        lambda: manifest.split("train"),
        lambda: examine(folder),
        lambda: draw_coverage(folder, tmp_path / "figure.png"),
        lambda: tfds_split(folder, "train"),
        lambda: copy_with_labels(folder, tmp_path / "out", days=["2017-03-01"], score=lambda batch: {}, origin={}),
    ):
        with pytest.raises(DataError, match=ALONE):
            ask()


@pytest.mark.parametrize("command", [["doctor"], ["inspect", "--figure=none.png"]], ids=str)
def test_a_verb_for_requests_ends_in_one_line(
    folder: pathlib.Path, capsys: pytest.CaptureFixture[str], command: list[str]
) -> None:
    assert main([*command, str(folder)]) == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith(f"error: {folder} has items alone")
