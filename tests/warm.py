"""Commands in processes that begin with TensorFlow imported: forks of a server, which imports it once for all of them.

A Python of its own imports TensorFlow for four seconds of processor time before it does anything.
"""

import multiprocessing
import os
import pathlib
import runpy
import subprocess
import sys
import tempfile
import threading
from collections.abc import Mapping, Sequence
from multiprocessing import connection
from typing import IO, Any

CHECKOUT = pathlib.Path(__file__).parents[1]
_PARENT = "MTMD_TF_PARENT"  # the parent of these processes is the server: they end with it
_SERVER = multiprocessing.get_context("forkserver")
_ONE_READER = threading.Lock()  # of two threads that read how a process ended, one would find nothing


class Process:
    """As much of `subprocess.Popen` as this project uses, of `python SCRIPT`, `-m MODULE` or `-c CODE` and arguments.

    Args:
        command: The Python, and its arguments.
        stdout: File that stdout is appended to.
        stderr: File of stderr; `subprocess.STDOUT` is that of stdout.
        env: Environment; None for this process's own.
        cwd: Working directory; None for this process's own.
    """

    def __init__(
        self,
        command: Sequence[str],
        *,
        stdout: IO[Any],
        stderr: IO[Any] | int,
        env: Mapping[str, str] | None = None,
        cwd: pathlib.Path | None = None,
    ) -> None:
        _SERVER.set_forkserver_preload(["tests.warm_modules"])
        plain = {name: value for name, value in (env or os.environ).items() if name != _PARENT}
        errors = stdout.name if isinstance(stderr, int) else stderr.name
        arguments = ([*map(str, command)][1:], stdout.name, errors, plain, str(cwd or pathlib.Path.cwd()))
        self._process = _SERVER.Process(target=_run, args=arguments)
        with _ONE_READER:
            self._process.start()  # asks what became of the others, too

    @property
    def returncode(self) -> int | None:
        with _ONE_READER:
            return self._process.exitcode

    def wait(self) -> int:
        connection.wait([self._process.sentinel])
        code = self.returncode
        assert code is not None
        return code

    def kill(self) -> None:
        self._process.kill()


def run(*command: str, **environment: str) -> "subprocess.CompletedProcess[str]":
    """As `subprocess.run` of `python SCRIPT`, `-m MODULE` or `-c CODE` and arguments, in the checkout.

    Args:
        command: The arguments.
        environment: Variables beside this process's own.
    """
    env = {**os.environ, **environment}
    with tempfile.TemporaryDirectory() as folder:
        out, errors = (pathlib.Path(folder) / name for name in ("out", "errors"))
        with out.open("w") as to, errors.open("w") as also:
            code = Process([sys.executable, *command], stdout=to, stderr=also, env=env, cwd=CHECKOUT).wait()
        return subprocess.CompletedProcess(command, code, out.read_text(), errors.read_text())


def _run(command: Sequence[str], out: str, errors: str, environment: Mapping[str, str], folder: str) -> None:
    """Becomes the command."""
    for name, descriptor in ((out, 1), (errors, 2)):
        file = os.open(name, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
        os.dup2(file, descriptor)
        os.close(file)
    os.environ.clear()
    os.environ.update(environment)
    os.chdir(folder)
    kind, *rest = command
    if kind == "-c":
        code, *arguments = rest
        sys.argv, sys.path[0] = [kind, *arguments], folder
        exec(code, {"__name__": "__main__"})
    elif kind == "-m":
        sys.argv, sys.path[0] = rest, folder
        runpy.run_module(rest[0], run_name="__main__", alter_sys=True)
    else:
        sys.argv, sys.path[0] = [*command], str(pathlib.Path(kind).resolve().parent)
        runpy.run_path(kind, run_name="__main__")
