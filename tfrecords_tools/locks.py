"""One process at a time in a folder; a lock goes with its process."""

import contextlib
import fcntl
import os
import pathlib
import time
from collections.abc import Iterator

FILE_NAME = ".lock"
_LOOK_EVERY = 0.1
_PATIENCE = 2.0  # seconds that a killed process may take to be gone


@contextlib.contextmanager
def alone_in(
    folder: pathlib.Path,
    *,
    doing: str,
    other: str,
    raises: type[Exception],
    name: str = FILE_NAME,
    patience: float = _PATIENCE,
) -> Iterator[None]:
    """Holds a folder for this process.

    Args:
        folder: Is there already.
        doing: For people, what another process would be doing: `writing`.
        other: For people, the flag that names another folder: `--out`.
        raises: The error to raise when it does.
        name: File of the lock; another one where a step of the same work holds the folder as well.
        patience: Seconds to wait for it.

    Raises:
        OSError: The file system cannot lock; it names the file.
    """
    path, until = folder / name, time.monotonic() + patience
    while (lock := _locked(path)) is None:
        if time.monotonic() > until:
            raise raises(f"another process is {doing} in {folder}; wait for it or choose another {other}.")
        time.sleep(_LOOK_EVERY)
    try:
        yield
    finally:
        path.unlink(missing_ok=True)
        os.close(lock)


def _locked(path: pathlib.Path) -> int | None:
    """The descriptor of the file once it is locked, or None while another process has it."""
    lock = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o666)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(lock)
        return None
    except OSError as error:
        os.close(lock)
        raise OSError(error.errno, error.strerror, str(path)) from error
    with contextlib.suppress(FileNotFoundError):
        if os.path.samestat(os.fstat(lock), path.stat()):
            return lock
    os.close(lock)  # its holder deleted it just now
    return None
