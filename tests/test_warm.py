"""A warm process is a process of its own: arguments, output, exit code, and TensorFlow imported but not begun."""

import signal
import subprocess
import sys

from tests import warm

CODE = """
import sys
from tensorflow.python.eager import context
print('tensorflow' in sys.modules, context.context()._context_handle, sys.argv)
print('said', file=sys.stderr)
sys.exit(3)
"""


def test_it_begins_with_tensorflow_imported_and_has_arguments_output_and_exit_code_of_its_own() -> None:
    done = warm.run("-c", CODE, "a")
    assert (done.returncode, done.stdout, done.stderr) == (3, "True None ['-c', 'a']\n", "said\n")


def test_killed_it_says_so(tmp_path) -> None:
    with (tmp_path / "log.txt").open("a") as log:
        command = [sys.executable, "-c", "import time; time.sleep(600)"]
        process = warm.Process(command, stdout=log, stderr=subprocess.STDOUT)
    assert process.returncode is None
    process.kill()
    assert process.wait() == -signal.SIGKILL
