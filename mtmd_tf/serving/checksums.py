"""Checksums of stored embeddings, at the speed of memory: a flipped bit would change a score.

A page of 4 KiB is summed up as 512 unsigned numbers of 64 bits; a block's checksum is the CRC-32 of its pages' sums.
One flipped bit changes its page's sum for certain. It costs the reading: 30 GB/s, where CRC-32 itself reaches 1.
"""

import pathlib
import zlib

import numpy as np

from mtmd_tf.serving.specification import ServingError

BLOCK_ROWS = 1024  # of an array: what is verified at once, and what a flipped bit costs to find

_PAGE = 4096


def checksum(content: bytes | np.ndarray) -> int:
    """A number below 2**32 that differs for damaged content; an array has any shape `[...]`."""
    flat = np.frombuffer(content, np.uint8) if isinstance(content, bytes) else content.reshape(-1).view(np.uint8)
    whole = len(flat) // _PAGE * _PAGE
    pages = np.add.reduce(flat[:whole].view(np.uint64).reshape(-1, _PAGE // 8), axis=1)
    return zlib.crc32(flat[whole:].tobytes(), zlib.crc32(pages.tobytes(), len(flat) & 0xFFFFFFFF))


def block_checksums(array: np.ndarray) -> np.ndarray:
    """`[blocks]` uint32 of an array's blocks of `BLOCK_ROWS` rows."""
    starts = range(0, len(array), BLOCK_ROWS)
    return np.array([checksum(array[first : first + BLOCK_ROWS]) for first in starts], np.uint32)


def blocks_of(rows: slice) -> list[slice]:
    """A range cut at the blocks' borders; at least one."""
    cuts = [*range(rows.start // BLOCK_ROWS * BLOCK_ROWS + BLOCK_ROWS, rows.stop, BLOCK_ROWS)]
    return [slice(start, stop) for start, stop in zip([rows.start, *cuts], [*cuts, rows.stop], strict=True)]


class Guard:
    """Verifies the blocks of a mapped array, each before it is used for the first time.

    Args:
        path: Path of the array, for an error.
        array: `[rows, ...]`, contiguous.
        wanted: Expected `block_checksums` of the array.
        rule: Advice for the error message about damage.

    Raises:
        ServingError: The array has another number of blocks; it names the file.
    """

    def __init__(self, path: pathlib.Path, array: np.ndarray, wanted: np.ndarray, *, rule: str) -> None:
        self._path, self._array, self._wanted, self._rule = path, array, wanted, rule
        if len(wanted) != -(-len(array) // BLOCK_ROWS):
            raise ServingError(f"{path} is damaged: {len(array):,} rows, but {len(wanted):,} checksums; {rule}")
        self._unverified = np.ones(len(wanted), bool)

    def require(self, rows: slice | np.ndarray) -> None:
        """Verifies the blocks of `rows` (a range, or `[n]` indices) once; several threads may do so at the same time.

        Raises:
            ServingError: A block is damaged; it names the file and the rows.
        """
        if isinstance(rows, slice):
            start, stop, _ = rows.indices(len(self._array))
            first = start // BLOCK_ROWS
            blocks = first + np.flatnonzero(self._unverified[first : -(-stop // BLOCK_ROWS)])
        else:
            own = np.asarray(rows) // BLOCK_ROWS
            blocks = np.unique(own[self._unverified[own]])
        for block in blocks.tolist():
            self._verify(block)

    def is_pending(self, rows: slice) -> bool:
        """Whether something in a range has not been verified."""
        start, stop, _ = rows.indices(len(self._array))
        return bool(self._unverified[start // BLOCK_ROWS : -(-stop // BLOCK_ROWS)].any())

    def _verify(self, block: int) -> None:
        first = block * BLOCK_ROWS
        content = self._array[first : first + BLOCK_ROWS]
        if checksum(content) != self._wanted[block]:
            raise ServingError(
                f"{self._path} is damaged in rows {first:,} to {first + len(content) - 1:,}; {self._rule}"
            )
        self._unverified[block] = False
