"""A command's stderr holds its own lines, and every error of TensorFlow's."""

import os
import pathlib
import subprocess
import sys

import pytest

from tfrecords_tools.noise_filter import is_noise

CHECKOUT = pathlib.Path(__file__).parents[2]
GREETING = "I0000 00:00:1795939891.370374    9113 cudart_stub.cc:31] Could not find cuda drivers on your machine"
NO_GPU = "E0000 00:00:1795939952.631367   10179 cuda_platform.cc:52] failed call to cuInit: UNKNOWN ERROR (303)"
ERROR = "E0000 00:00:1795939952.631367   10179 loader.cc:52] a real error"
FAKE = f"""
import os
os.write(2, b"WARNING: All log messages before absl::InitializeLog() is called are written to STDERR\\n")
os.write(2, {GREETING.encode()!r} + b"\\n" + {ERROR.encode()!r} + b"\\n")
if os.environ.get("END"):
    os.write(2, b"F0000 no such instruction\\n")
    os.abort()
class config:
    @staticmethod
    def list_physical_devices():
        os.write(2, {ERROR.encode()!r} + b" again\\n")
"""


def imported(folder: pathlib.Path, **environment: str) -> subprocess.CompletedProcess:
    """Imports a TensorFlow that says the above, after `quiet_tensorflow`."""
    (folder / "tensorflow.py").write_text(FAKE, encoding="utf-8")
    code = (
        "import sys; from tfrecords_tools.quiet import quiet_tensorflow; quiet_tensorflow(); import tensorflow; "
        "print('ours', file=sys.stderr); assert tensorflow.config.list_physical_devices"
    )
    return subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "TF_CPP_MIN_LOG_LEVEL": "2", "PYTHONPATH": f"{folder}:{CHECKOUT}", **environment},
        capture_output=True,
        text=True,
        check=False,
    )


def test_greetings_are_left_out_and_errors_come_through_in_their_order(tmp_path) -> None:
    done = imported(tmp_path)
    assert done.stderr.splitlines() == [ERROR, f"{ERROR} again", "ours"]
    assert done.returncode == 0


def test_what_it_said_before_it_ended_the_process_comes_through(tmp_path) -> None:
    done = imported(tmp_path, END="1")
    assert done.stderr.splitlines()[:2] == [ERROR, "F0000 no such instruction"]
    assert done.returncode < 0


def test_who_asks_for_everything_gets_it(tmp_path) -> None:
    assert GREETING in imported(tmp_path, TF_CPP_MIN_LOG_LEVEL="0").stderr


@pytest.mark.parametrize(
    ("line", "gpu", "noise"),
    [
        (GREETING, True, True),
        (NO_GPU, False, True),
        (NO_GPU, True, False),
        (ERROR, False, False),
        ("step 12", False, False),
    ],
)
def test_which_lines_are_noise(line, gpu, noise) -> None:
    assert is_noise(line.encode(), gpu=gpu) is noise
