"""The data set that training, reading and serving are measured on: an ad world of 12 candidates a request."""

import pathlib
import subprocess
import sys

from tfrecords_tools import parents


def require_data(folder: str, requests: int) -> pathlib.Path:
    """The folder, built with so many requests where it is missing.

    Raises:
        subprocess.CalledProcessError: The build failed; it has said why.
    """
    path = pathlib.Path(folder)
    if not (path / "manifest.json").exists():
        build = ["build", "adworld", f"--out={path}", f"--requests={requests}", "--seed=1", "--candidates=12"]
        subprocess.run([sys.executable, "-m", "tfrecords_tools", *build], env=parents.environment(), check=True)
    return path
