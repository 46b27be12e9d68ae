"""Keeps TensorFlow's greetings out of a command's stderr, so that what stands there is the command's own.

TensorFlow writes some lines while it is loaded, whatever its log level says. A command calls `quiet_tensorflow` before
anything imports TensorFlow; errors still come through, and TF_CPP_MIN_LOG_LEVEL=0 shows everything (docs/adr/0025).
"""

import contextlib
import importlib.abc
import importlib.machinery
import importlib.util
import os
import pathlib
import subprocess
import sys
from collections.abc import Iterator, Sequence
from types import ModuleType

_LEVEL = "TF_CPP_MIN_LOG_LEVEL"
_QUIET_FROM = 2  # errors and what is worse
_FILTER = pathlib.Path(__file__).with_name("noise_filter.py")
_PATIENCE = 10.0  # seconds for the filter to pass on its last lines


def quiet_tensorflow() -> None:
    """Has the first import of TensorFlow say errors alone; does nothing where it is imported, or asked to say more."""
    asked = os.environ.setdefault(_LEVEL, str(_QUIET_FROM))
    loud = not asked.isdecimal() or int(asked) < _QUIET_FROM
    if not loud and "tensorflow" not in sys.modules:
        sys.meta_path.insert(0, _Finder())


class _Finder(importlib.abc.MetaPathFinder):
    """Finds TensorFlow where it is, once, and has it loaded behind the filter."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        if fullname != "tensorflow":
            return None
        sys.meta_path.remove(self)
        spec = importlib.util.find_spec(fullname)
        if spec is None or spec.loader is None:
            return spec
        load = spec.loader.exec_module

        def load_quietly(module: ModuleType) -> None:
            with _filtered_stderr():
                load(module)
                module.config.list_physical_devices()  # looks for a GPU, and says on the way that there is none

        spec.loader.exec_module = load_quietly  # type: ignore[method-assign]
        return spec


@contextlib.contextmanager
def _filtered_stderr() -> Iterator[None]:
    """What this process writes to its file 2 goes through `noise_filter` meanwhile."""
    sys.stderr.flush()
    read, write = os.pipe()
    command = [sys.executable, "-I", "-S", str(_FILTER)]
    # A session of its own: Ctrl-C is for the command, and the filter ends when the command has no more to say.
    process = subprocess.Popen(command, stdin=read, stdout=subprocess.DEVNULL, start_new_session=True)
    os.close(read)
    before = os.dup(2)
    os.dup2(write, 2)
    os.close(write)
    try:
        yield
    finally:
        sys.stderr.flush()
        os.dup2(before, 2)
        os.close(before)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(_PATIENCE)
