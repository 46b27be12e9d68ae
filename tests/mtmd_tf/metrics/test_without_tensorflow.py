"""Metrics need numpy alone."""

import subprocess
import sys


def test_importing_metrics_does_not_import_tensorflow() -> None:
    code = "import sys, mtmd_tf.metrics; print([name for name in ('tensorflow', 'sklearn') if name in sys.modules])"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"
