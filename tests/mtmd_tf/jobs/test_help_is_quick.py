"""`--help` of the jobs that make tables loads nothing that takes a second to import."""

import subprocess
import sys

import pytest


@pytest.mark.parametrize("job", ["reproduce", "ladder"])
def test_help_needs_neither_figures_nor_frames(job):
    command = [sys.executable, "-X", "importtime", "-m", f"mtmd_tf.jobs.{job}", "--help"]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    assert result.returncode == 0
    assert "--seeds" in result.stdout
    loaded = {line.rpartition("|")[2].strip() for line in result.stderr.splitlines()}
    assert "mtmd_tf.config" in loaded
    assert not loaded & {"matplotlib", "pandas", "tensorflow", "pyarrow", "markdown"}
