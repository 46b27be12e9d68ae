"""Memory-mapped NumPy files: created with room on the disk, opened with the expected type and shape."""

import io
import os
import pathlib

import numpy as np

from mtmd_tf.serving.specification import ServingError


def map_new(path: pathlib.Path, *, dtype: np.dtype | type, shape: tuple[int, ...]) -> np.ndarray:
    """A new file of zeros, `[*shape]`, to write into.

    A sparse file takes its room when it is written to, and a mapping that finds none ends the process by SIGBUS.

    Raises:
        OSError: The disk has no room for it.
    """
    head, size = _head(dtype, shape), _bytes(dtype, shape)
    with path.open("wb") as file:
        file.write(head)
        file.flush()
        if size:
            os.posix_fallocate(file.fileno(), len(head), size)
    return _map(path, "r+", dtype, shape)


def map_array(path: pathlib.Path, *, dtype: np.dtype | type | str, shape: tuple[int, ...], rule: str) -> np.ndarray:
    """A finished file, `[*shape]`; only its header is read, and compared instead of interpreted.

    Raises:
        ServingError: It is missing, or no array of this type and shape; it names the file and the rule.
    """
    head = _head(dtype, shape)
    try:
        with path.open("rb") as file:
            is_sound = file.read(len(head)) == head
    except FileNotFoundError as error:
        raise ServingError(f"{path} is missing; {rule}") from error
    if not is_sound or path.stat().st_size != len(head) + _bytes(dtype, shape):
        raise ServingError(f"{path} is damaged: no array of {np.dtype(dtype)} {list(shape)}; {rule}")
    return _map(path, "r", dtype, shape)


def _map(path: pathlib.Path, mode: str, dtype: np.dtype | type | str, shape: tuple[int, ...]) -> np.ndarray:
    if not _bytes(dtype, shape):  # the system maps nothing
        return np.zeros(shape, dtype)
    offset = len(_head(dtype, shape))
    return np.asarray(np.memmap(path, dtype, mode, offset=offset, shape=shape))


def _head(dtype: np.dtype | type | str, shape: tuple[int, ...]) -> bytes:
    plain = {"descr": np.lib.format.dtype_to_descr(np.dtype(dtype)), "fortran_order": False, "shape": shape}
    file = io.BytesIO()
    np.lib.format.write_array_header_1_0(file, plain)
    return file.getvalue()


def _bytes(dtype: np.dtype | type | str, shape: tuple[int, ...]) -> int:
    return int(np.prod(shape, dtype=np.int64)) * np.dtype(dtype).itemsize
