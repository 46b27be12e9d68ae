"""Columns that grow on disk block by block and end in one .npz, so that memory holds a block of them."""

import contextlib
import pathlib
import tempfile
import zipfile
from collections.abc import Mapping
from typing import IO

import numpy as np

from tfrecords_tools.files import about, atomically


class Spool:
    """A column's blocks in a nameless file, which is gone once closed, however the process ends.

    Args:
        folder: Folder of the buffers, on a disk with enough room.
        block: The first rows, perhaps none; what follows has their shape but for the first axis.
    """

    def __init__(self, folder: pathlib.Path, block: np.ndarray) -> None:
        self._folder = folder
        self._file = tempfile.TemporaryFile(dir=folder)  # noqa: SIM115, closed by `close`
        self._blocks, self._rows, self._shape, self._dtype = 0, 0, block.shape[1:], block.dtype
        self.append(block)

    def append(self, block: np.ndarray) -> None:
        """Adds `[rows, ...]`; where types differ the column takes the wider one, as `np.concatenate` does.

        Raises:
            ValueError: Rows of another shape.
        """
        if block.shape[1:] != self._shape:
            raise ValueError(f"rows of a column must all have the shape {self._shape}; got {block.shape[1:]}")
        with about(self._folder):
            np.lib.format.write_array(self._file, block, allow_pickle=False)
        self._blocks, self._rows = self._blocks + 1, self._rows + len(block)
        self._dtype = np.promote_types(self._dtype, block.dtype)

    def copy_to(self, file: IO[bytes]) -> None:
        """Writes all rows as one array in the format .npy."""
        header = {
            "descr": np.lib.format.dtype_to_descr(self._dtype),
            "fortran_order": False,
            "shape": (self._rows, *self._shape),
        }
        np.lib.format.write_array_header_1_0(file, header)
        self._file.seek(0)
        for _ in range(self._blocks):
            block = np.lib.format.read_array(self._file, allow_pickle=False)
            file.write(block.astype(self._dtype, order="C").tobytes())

    def close(self) -> None:
        """Gives the disk space back; what a full disk did not take is not wanted any more."""
        with contextlib.suppress(OSError):
            self._file.close()


def save_npz(path: pathlib.Path, columns: Mapping[str, Spool | np.ndarray]) -> None:
    """Writes columns, `[rows, ...]`, as `np.savez_compressed` does, completely or not at all."""
    with atomically(path) as temporary, zipfile.ZipFile(temporary, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, column in columns.items():
            with archive.open(f"{name}.npy", "w", force_zip64=True) as file:
                if isinstance(column, Spool):
                    column.copy_to(file)
                else:
                    np.lib.format.write_array(file, column, allow_pickle=False)
