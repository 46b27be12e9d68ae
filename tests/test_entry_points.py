"""Every command ends what a user can mend in one line, as tfrecords_tools/user_errors.py decides it."""

import ast
import errno
import os
import pathlib

import pytest

from tests import warm
from tests.tfrecords_tools.test_shards import folder_bytes, write_tiny
from tfrecords_tools.__main__ import main

CHECKOUT = pathlib.Path(__file__).resolve().parents[1]
SCRIPTS = sorted(
    str(path.relative_to(CHECKOUT))
    for path in [
        *CHECKOUT.glob("*.py"),
        *(CHECKOUT / "mtmd_tf").rglob("*.py"),
        *(CHECKOUT / "tfrecords_tools").rglob("*.py"),
    ]
    if "__main__" in path.read_text(encoding="utf-8") and path.name != "setup.py"
)
HELPERS = ("tfrecords_tools/pipeline.py", "tfrecords_tools/noise_filter.py")  # processes of a command, not commands
FAULTS = {
    "a full disk": "OSError(errno.ENOSPC, 'No space left on device', '/d/a')",
    "a full disk, as Arrow says it": "OSError(errno.ENOSPC, 'Error writing bytes to file')",
    "a full disk, by TensorFlow": "tf.errors.ResourceExhaustedError(None, None, '/d/a; No space left on device')",
    "no memory": "MemoryError()",
    "no memory, as TensorFlow says it": "tf.errors.ResourceExhaustedError(None, None, 'OOM when allocating')",
    "a damaged file": "tf.errors.DataLossError(None, None, 'corrupted record at 0')",
    "a missing file": "FileNotFoundError(errno.ENOENT, 'No such file or directory', '/d/a')",
    "a file not to be read": "tf.errors.PermissionDeniedError(None, None, '/d/a; Permission denied')",
    "a broken rule": "DataError('a rule')",
    "a wrong setting": "ConfigError('a setting')",
}


@pytest.mark.parametrize("script", [script for script in SCRIPTS if script not in HELPERS])
def test_every_command_ends_by_the_one_place(script):
    tree = ast.parse((CHECKOUT / script).read_text(encoding="utf-8"))
    [guard] = [node for node in tree.body if isinstance(node, ast.If) and "__name__" in ast.unparse(node.test)]
    assert ast.unparse(guard.body[-1]) in ("settings.run(main, FLAGS)", "sys.exit(main())")


def test_every_fault_ends_every_command_in_one_line():
    """`settings.run` ends all of them but `python -m tfrecords_tools`, whose own test is below."""
    program = f"""
import contextlib, errno, io, sys
import tensorflow as tf
from absl import flags
from mtmd_tf.config import ConfigError
from mtmd_tf.jobs import settings
from tfrecords_tools.requests import DataError
for fault in {list(FAULTS.values())}:
    said = io.StringIO()
    def main(argv):
        raise eval(fault)
    try:
        with contextlib.redirect_stderr(said):
            settings.run(main, flags.FlagValues())
    except SystemExit as end:
        print(end.code, said.getvalue().count("error: "), said.getvalue().count("\\n"), "Traceback" in said.getvalue())
"""
    done = warm.run("-c", program)
    assert done.stdout.splitlines() == ["1 1 1 False"] * len(FAULTS), done.stderr


@pytest.mark.parametrize("kept", range(8))
def test_a_disk_that_fills_up_leaves_the_data_set_to_go_on(tmp_path, monkeypatch, capsys, kept):
    """After so many files there is no room: one line, no manifest; with room again, an undisturbed build's bytes."""
    real, made = os.replace, []

    def replace(source, target):
        made.append(target)
        if len(made) > kept:
            raise OSError(errno.ENOSPC, "No space left on device", str(source))
        real(source, target)

    with monkeypatch.context() as full:
        full.setattr("os.replace", replace)
        full.setattr("tfrecords_tools.inspect.inspect", lambda *_, **__: write_tiny(tmp_path / "out"))
        assert main(["inspect", str(tmp_path)]) == 1
    [line] = [line for line in capsys.readouterr().err.splitlines() if line.startswith("error: ")]
    assert line.startswith(f"error: {tmp_path}/out/")
    assert line.endswith(": no space left on device; make room, and run the same command to resume")
    assert not (tmp_path / "out/manifest.json").exists()
    write_tiny(tmp_path / "out")
    write_tiny(tmp_path / "once")
    assert folder_bytes(tmp_path / "out") == folder_bytes(tmp_path / "once")
