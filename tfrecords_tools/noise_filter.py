"""Passes lines of text through, less TensorFlow's greetings; runs as a process of its own (`tfrecords_tools.quiet`).

It is another process so that nothing is lost where loading TensorFlow ends this one: what it said then comes through.
"""

import os
import re
import sys

_GREETING = re.compile(
    rb"WARNING: All log messages before absl::InitializeLog\(\) is called"
    rb"|[IW]\d{4} \d\d:\d\d:\d+"  # what TF_CPP_MIN_LOG_LEVEL=2 leaves out once TensorFlow has read it
)
_NO_GPU = re.compile(rb"E\d{4} .*failed call to cuInit")  # the news that a machine without a GPU has none
_GPU = "/dev/nvidiactl"  # of NVIDIA's driver: where it is there, that call had better succeed


def is_noise(line: bytes, *, gpu: bool) -> bool:
    """Whether a line says nothing that a user could act on."""
    return bool(_GREETING.match(line) or (not gpu and _NO_GPU.match(line)))


def main() -> None:
    """From stdin to stderr, line by line."""
    gpu = os.path.exists(_GPU)
    for line in sys.stdin.buffer:
        if not is_noise(line, gpu=gpu):
            os.write(2, line)


if __name__ == "__main__":
    main()
