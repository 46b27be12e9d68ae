"""Tests of tfrecords_tools/user_errors.py."""

import errno
import pathlib
import subprocess
import sys

import pytest
import tensorflow as tf

from tfrecords_tools.requests import DataError
from tfrecords_tools.user_errors import exit_code, user_message

FULL = "no space left on device; make room, and run the same command to resume"
ERRORS = tf.errors


def test_a_file_and_the_reason_are_named(tmp_path: pathlib.Path) -> None:
    with pytest.raises(OSError, match="No such file") as caught:
        (tmp_path / "none" / "a").write_text("")
    wanted = f"{tmp_path}/none/a: no such file or directory; check the path, and that it may be read and written"
    assert user_message(caught.value) == wanted


@pytest.mark.parametrize("word", ["--out=gs://bucket/ds", "s3://bucket/log.csv", "-run=dbfs:/runs/a", "file:///tmp/x"])
def test_the_address_of_a_store_becomes_no_folder_here(
    word: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["convert", "--schema=schema.json", word])
    assert exit_code(lambda: pytest.fail("it ran"), user_errors=()) == 1
    assert capsys.readouterr().err.startswith(f"error: {word} is the address of a store; name a file or folder of this")


@pytest.mark.parametrize("word", ["--query_tower=https://host:8501", "--beam=--temp_location=gs://b", "gs", "C:/logs"])
def test_other_addresses_and_paths_are_left_alone(word: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", ["rank", word])
    assert exit_code(lambda: 7, user_errors=()) == 7


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (OSError(errno.ENOSPC, "No space left on device", "/d/a"), f"/d/a: {FULL}"),
        (OSError(errno.ENOSPC, "Error writing bytes to file"), f"a file or connection: {FULL}"),
        (OSError(errno.EIO, "Input/output error"), "a file or connection: input/output error; check the path"),
        (OSError(errno.EFBIG, "File too large", "/d/a"), "/d/a: file too large; lift the limit on the size of files"),
        (OSError(errno.EDQUOT, "Disk quota exceeded", "/d/a"), "/d/a: disk quota exceeded; make room, and"),
        (OSError(errno.EROFS, "Read-only file system", b"/d/a"), "/d/a: read-only file system; check the path"),
        (
            ERRORS.ResourceExhaustedError(None, None, "/d/.a.tfrecord.0123456789abcdef.tmp; No space left on device"),
            f"/d/a.tfrecord: {FULL}",
        ),
        (
            ERRORS.ResourceExhaustedError(
                None,
                None,
                "{{function_node __wrapped__SaveV2}} /r/ckpt-1_temp/part-0; No space left on device [Op:SaveV2]",
            ),
            f"/r/ckpt-1_temp/part-0: {FULL}",
        ),
        (
            ERRORS.ResourceExhaustedError(None, None, "OOM when allocating tensor with shape[9,9]\nand more"),
            "not enough memory (OOM when allocating tensor with shape[9,9] and more); free memory, or take smaller",
        ),
        (
            ERRORS.PermissionDeniedError(None, None, "/d/a; Permission denied"),
            "/d/a: permission denied; check the path",
        ),
        (ERRORS.UnknownError(None, None, "/d/a; Input/output error"), "/d/a"),
        (ERRORS.DataLossError(None, None, "corrupted record at 12"), "corrupted record at 12; a file is damaged"),
        (MemoryError("Unable to allocate 8 EiB"), "not enough memory (Unable to allocate 8 EiB); free memory"),
    ],
)
def test_what_the_machine_refuses_is_one_line(error: Exception, said: str) -> None:
    words = user_message(error)
    assert words is not None
    assert words.startswith(said)
    assert "\n" not in words


@pytest.mark.parametrize(
    "error",
    [ConnectionError("gone"), ValueError("a fault of ours"), ERRORS.InvalidArgumentError(None, None, "rank 2, not 1")],
)
def test_a_fault_of_the_program_keeps_its_traceback(error: Exception) -> None:
    def command() -> None:
        raise error

    assert user_message(error) is None
    with pytest.raises(type(error)):
        exit_code(command, user_errors=(DataError,))


def test_nobody_reading_is_no_error() -> None:
    program = (
        "from tfrecords_tools.user_errors import exit_code\n"
        "exit(exit_code(lambda: print('line\\n' * 99999), user_errors=()))"
    )
    with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        process.stdout.close()
        assert process.stderr.read() == b""
    assert process.returncode == 141


@pytest.mark.parametrize("lines", [1, 99_999], ids=["flushed at the end", "flushed on the way"])
def test_an_output_without_room_is_named(tmp_path: pathlib.Path, lines: int) -> None:
    program = tmp_path / "program.py"
    program.write_text(
        "from tfrecords_tools.user_errors import exit_code\n"
        f"def command():\n    print('line\\n' * {lines})\n"
        "exit(exit_code(command, user_errors=()))"
    )
    with open("/dev/full", "w") as full:
        done = subprocess.run([sys.executable, program], stdout=full, stderr=subprocess.PIPE, text=True, check=False)
    assert done.returncode == 1
    assert done.stderr == f"error: standard output: {FULL}\n"


def test_a_word_in_another_encoding_is_refused_before_a_command_runs(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.argv", ["convert", "--out=m\udcfcnchen"])
    assert exit_code(lambda: 0, user_errors=()) == 1
    assert "error: b'--out=m\\xfcnchen' is no text in utf-8" in capsys.readouterr().err


def test_a_name_with_new_lines_and_escapes_stays_on_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    def refuse() -> int:
        raise DataError("request a\nb\x1b[31m, item/price: finite")

    assert exit_code(refuse, user_errors=(DataError,)) == 1
    assert capsys.readouterr().err == "error: request a\\nb\\x1b[31m, item/price: finite\n"
