"""Files that come to be whole or not at all."""

import contextlib
import glob
import os
import pathlib
import secrets
import shutil
from collections.abc import Iterator
from typing import Any

from tfrecords_tools.requests import DataError

UNFINISHED = ".*.tmp"  # what a kill leaves of a file that was being written


@contextlib.contextmanager
def atomically(path: str | pathlib.Path) -> Iterator[pathlib.Path]:
    """Gives a new, empty file beside `path` to write into; when the block ends it takes the place of `path`.

    A block that fails leaves `path` as it was and nothing beside it. A link at `path` is replaced, never followed.

    Raises:
        OSError: What the file system refuses while the file is written; it names `path`.
    """
    path = pathlib.Path(path)
    temporary = beside(path)
    try:
        with about(path, temporary):
            yield temporary
            os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)


def beside(path: pathlib.Path) -> pathlib.Path:
    """Makes an empty file next to `path` whose name nobody can guess, so that no link waits under it.

    Raises:
        OSError: The folder is missing, full or not to be written in; it names `path`.
    """
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(8)}.tmp")
    with about(path, temporary):
        os.close(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o666))
    return temporary


def folder_beside(path: pathlib.Path, *, alone: bool = True) -> pathlib.Path:
    """Makes an empty folder next to `path`, as `beside` makes a file.

    Args:
        path: What the folder is to become.
        alone: Whether no other process can be making the folder; leftovers of killed processes are then removed.

    Raises:
        OSError: As `beside`.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    for left in path.parent.glob(f".{glob.escape(path.name)}.*tmp") if alone else ():
        shutil.rmtree(left, ignore_errors=True)  # refuses links
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(8)}.tmp")
    with about(path, temporary):
        temporary.mkdir()
    return temporary


@contextlib.contextmanager
def about(path: pathlib.Path, temporary: pathlib.Path | None = None) -> Iterator[None]:
    """Gives an error of the file system the name that people know: a full disk says none, Arrow its own words.

    Args:
        path: The file that is written.
        temporary: Temporary name of the file.

    Raises:
        OSError: It names `path`, or another file that it was about.
    """
    try:
        yield
    except OSError as error:
        if error.errno is None or error.filename not in (None, str(temporary), temporary):
            raise
        raise OSError(error.errno, os.strerror(error.errno), str(path)) from error


def write_text(path: str | pathlib.Path, text: str) -> None:
    """Writes a whole file of UTF-8 or nothing.

    Raises:
        OSError: What the file system refuses; it names `path`.
    """
    with atomically(path) as temporary:
        temporary.write_text(text, encoding="utf-8")


def write_bytes(path: str | pathlib.Path, content: bytes) -> None:
    """Writes a whole file or nothing.

    Raises:
        OSError: What the file system refuses; it names `path`.
    """
    with atomically(path) as temporary:
        temporary.write_bytes(content)


def inside(folder: pathlib.Path, name: Any, *, said_by: str) -> pathlib.Path:
    """The path of a file that another one names, such as a shard of a manifest; it cannot leave the folder.

    Args:
        folder: Folder that must contain the file.
        name: Relative path without `..`; no link on the way may lead out of the folder.
        said_by: For people, the file that says so.

    Raises:
        DataError: It is no such name, or leads elsewhere.
    """
    rule = f"a path inside {folder}, without `..` or links that lead out of it"
    pure = pathlib.PurePosixPath(name if isinstance(name, str) else "")
    if not pure.parts or pure.is_absolute() or ".." in pure.parts or "\0" in name:
        raise DataError(f"{said_by} names {name!r} where the rule is {rule}; build the data set again")
    path = folder / pure
    if not path.resolve().is_relative_to(folder.resolve()):
        raise DataError(f"{said_by} names {name!r}, which leads to {path.resolve()}; the rule is {rule}")
    return path
