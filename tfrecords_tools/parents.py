"""A command that another command started ends when that one does, however it ends."""

import ctypes
import os
import signal

_VARIABLE = "MTMD_TF_PARENT"
_PR_SET_PDEATHSIG = 1  # linux/prctl.h


def environment() -> dict[str, str]:
    """The environment of a command that shall end with this process."""
    return {**os.environ, _VARIABLE: str(os.getpid())}


def end_with_parent() -> None:
    """Asks the kernel to kill this process once the one that called `environment` for it is gone.

    A process that nobody started so goes on without its parent.
    """
    parent = os.environ.pop(_VARIABLE, None)  # its own children have another parent
    if parent is None:
        return
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if str(os.getppid()) != parent:  # it ended before the kernel was asked
        os._exit(1)
