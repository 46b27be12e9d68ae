"""Reuses the embeddings of unchanged items from a previous run of the same export (paper section 2.2)."""

import pathlib
from collections.abc import Sequence

import numpy as np
import pyarrow as pa

from mtmd_tf.serving.embedding.part_files import FINGERPRINT, read_part
from mtmd_tf.serving.embedding.stored import load_previous


class PreviousEmbeddings:
    """The embeddings of a finished folder, found by the fingerprint of an item's record.

    Args:
        folder: Folder of the previous embeddings.
        stamp: Stamp of the export that embeds now.

    Raises:
        ServingError: Incomplete embeddings, or those of another export (it names both stamps).
    """

    def __init__(self, folder: str | pathlib.Path, *, stamp: str) -> None:
        self._folder, self._manifest = pathlib.Path(folder), load_previous(folder, stamp=stamp)
        columns = [self._read(part, "fingerprint") for part in range(len(self._manifest.parts))]
        halves = np.concatenate([np.empty([0, 2], np.uint64), *(_halves(column) for column in columns)])
        self._order = np.argsort(halves[:, 0], kind="stable")
        self._halves = halves[self._order]
        self._starts = np.cumsum([0, *(len(column) for column in columns)])

    def take(self, fingerprints: Sequence[bytes]) -> tuple[np.ndarray, np.ndarray]:
        """`[items]` whether an item of this fingerprint was embedded, and `[those that were, width]` its embedding."""
        wanted = _halves(pa.array(fingerprints, FINGERPRINT))
        place = np.searchsorted(self._halves[:, 0], wanted[:, 0])
        place = np.minimum(place, max(len(self._halves) - 1, 0))
        known = (self._halves[place] == wanted).all(axis=1) if len(self._halves) else np.zeros(len(wanted), bool)
        rows = self._order[place[known]]
        embedding = np.empty([len(rows), self._manifest.width], np.float32)
        part = np.searchsorted(self._starts, rows, side="right") - 1
        for number in np.unique(part).tolist():
            own = part == number
            stored = self._read(number, "embedding").flatten().to_numpy().reshape(-1, self._manifest.width)
            embedding[own] = stored[rows[own] - self._starts[number]]
        return known, embedding

    def _read(self, part: int, column: str) -> pa.Array:
        path = self._folder / self._manifest.parts[part]["path"]
        return read_part(path, [column])[column].combine_chunks()


def _halves(fingerprints: pa.Array) -> np.ndarray:
    """`[items, 2]` uint64."""
    flat = b"".join(fingerprints.to_pylist())
    return np.frombuffer(flat, np.uint64).reshape(-1, 2)
