"""Folders that all workers of pytest-xdist share: the first that asks makes one, the others wait for it and read it."""

import fcntl
import os
import pathlib
import shutil
from collections.abc import Callable


def made_once(base: pathlib.Path, name: str, make: Callable[[pathlib.Path], object]) -> pathlib.Path:
    """The folder `name`, which no test may change.

    Args:
        base: This worker's temporary folder.
        name: Name of the folder; what is made under one name is the same in every worker.
        make: Writes everything in the folder that it is given.
    """
    folder = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / name
    done = folder.with_name(f"{name}.made")
    with folder.with_name(f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not done.exists():
            shutil.rmtree(folder, ignore_errors=True)  # what a worker left that failed half-way
            make(folder)
            done.touch()
    return folder
