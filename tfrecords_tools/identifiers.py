"""Identifiers in files, so that repeated ones are found among more than memory holds."""

import itertools
import pathlib
from collections.abc import Sequence

import numpy as np
import pandas as pd
import pyarrow as pa

from tfrecords_tools.files import atomically

_BUCKETS = 64  # held in memory one at a time
_SCHEMA = pa.schema([("id", pa.binary())])


def write_identifiers(path: pathlib.Path, identifiers: np.ndarray) -> None:
    """Writes `[count]` bytes objects as an Arrow file with a batch for each bucket of their hashes."""
    buckets = pd.util.hash_array(identifiers) % _BUCKETS
    order = np.argsort(buckets, kind="stable")
    batch = pa.record_batch([pa.array(identifiers[order], pa.binary())], schema=_SCHEMA)
    cuts = np.searchsorted(buckets[order], np.arange(_BUCKETS + 1)).tolist()
    with (
        atomically(path) as temporary,
        pa.OSFile(str(temporary), "wb") as sink,
        pa.ipc.new_file(sink, _SCHEMA) as writer,
    ):
        for start, stop in itertools.pairwise(cuts):
            writer.write_batch(batch.slice(start, stop - start))


def first_repeated(paths: Sequence[pathlib.Path]) -> bytes | None:
    """The least identifier that comes twice in these files, if one does."""
    found = [again for bucket in range(_BUCKETS if paths else 0) for again in _repeated(paths, bucket)]
    return min(found, default=None)


def _repeated(paths: Sequence[pathlib.Path], bucket: int) -> list[bytes]:
    identifiers = pd.Series(np.concatenate([_read(path, bucket) for path in paths]))
    return identifiers[identifiers.duplicated()].tolist()


def _read(path: pathlib.Path, bucket: int) -> np.ndarray:
    with pa.memory_map(str(path)) as source:
        return pa.ipc.open_file(source).get_batch(bucket).column("id").to_numpy(zero_copy_only=False)
