"""What a file of records is known by: its size and its ends, which cost the same to read at any size."""

import functools
import hashlib
import pathlib

from tfrecords_tools.requests import DataError

_END = 65_536  # bytes


def contents_of(path: pathlib.Path) -> dict[str, int | str]:
    """`bytes` and `digest` of a file, for a manifest."""
    return {"bytes": path.stat().st_size, "digest": ends_digest(path)}


def ends_digest(path: pathlib.Path) -> str:
    """16 hexadecimal digits of a file's size, first and last 64 KiB; records in between have their own checksums."""
    found = path.stat()
    return _ends_digest(path, found.st_size, found.st_mtime_ns)


@functools.lru_cache(maxsize=65_536)
def _ends_digest(path: pathlib.Path, size: int, changed: int) -> str:
    del changed  # a file written since is another
    digest = hashlib.sha256(str(size).encode())
    with path.open("rb") as file:
        digest.update(file.read(_END))
        file.seek(max(size - _END, file.tell()))
        digest.update(file.read(_END))
    return digest.hexdigest()[:16]


def require_contents(path: pathlib.Path, *, size: int, digest: str, tolerant: bool = False) -> None:
    """Refuses a file that is not the one that a manifest describes.

    Args:
        path: Path of the file.
        size: Bytes of the file, by the manifest.
        digest: Digest of the file (`ends_digest`), by the manifest; empty if the manifest has none.
        tolerant: Whether it may be shorter or damaged, because its reader skips and counts corrupt records.

    Raises:
        DataError: It is missing, shorter, longer or another one.
    """
    rule = "restore it or build the data set again"
    try:
        found = path.stat().st_size
    except FileNotFoundError as error:
        raise DataError(f"{path}: the manifest names this shard, and it is not there; {rule}") from error
    if found > size or (found < size and not tolerant):
        raise DataError(f"{path}: the manifest says {size} bytes; the file holds {found}; {rule}")
    if digest and not tolerant and ends_digest(path) != digest:
        raise DataError(f"{path}: holds other records than those that the manifest describes; {rule}")
