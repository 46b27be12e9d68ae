"""Tests of tfrecords_tools/catalog_command.py."""

import pathlib

import pytest

from tests.tfrecords_tools.catalogs import item_rows, records, write, write_parquet
from tfrecords_tools.__main__ import main
from tfrecords_tools.manifest import Manifest


def test_items_are_made_inspected_and_validated_from_the_command_line(
    tmp_path: pathlib.Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_parquet(tmp_path / "ads.parquet", item_rows())
    wanted, ads = write(tmp_path, "ads.parquet"), tmp_path / "ads"
    arguments = [f"--schema={tmp_path}", f"--input={tmp_path / 'ads.parquet'}", f"--out={ads}"]
    assert main(["items", *arguments]) == 0
    assert capsys.readouterr().out == f"{ads}: 4 items (2 standard, 2 shopping)\n"
    assert records(Manifest.load(ads)) == records(wanted)
    assert main(["validate", str(ads)]) == 0
    assert "4 records read, sound" in capsys.readouterr().out
    assert main(["inspect", str(ads)]) == 0
    assert "The first 2 items" in capsys.readouterr().out


def test_input_said_twice_is_both(tmp_path: pathlib.Path, capsys: pytest.CaptureFixture[str]) -> None:
    rows = item_rows()
    write_parquet(tmp_path / "first.parquet", rows[:1])
    write_parquet(tmp_path / "others.parquet", rows[1:])
    write(tmp_path, "others.parquet")
    files = [f"--input={tmp_path / name}.parquet" for name in ("first", "others")]
    assert main(["items", f"--schema={tmp_path}", *files, f"--out={tmp_path / 'ads'}"]) == 0
    assert capsys.readouterr().out == f"{tmp_path / 'ads'}: 4 items (2 standard, 2 shopping)\n"


def test_what_a_user_can_mend_is_one_line(tmp_path: pathlib.Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_parquet(tmp_path / "ads.parquet", item_rows())
    write(tmp_path, "ads.parquet")
    for wrong, said in (
        (["--input=ads/*.csv", "--out=x"], "--input=ads/*.csv matches nothing"),
        ([f"--input={tmp_path}", f"--out={tmp_path}"], f"{tmp_path}"),
        ([f"--input={tmp_path / 'ads.jsonl'}", "--out=x"], "matches nothing"),
    ):
        assert main(["items", f"--schema={tmp_path}", *wrong]) == 1
        lines = capsys.readouterr().err.splitlines()
        assert lines[-1].startswith("error: ")
        assert said in lines[-1]
