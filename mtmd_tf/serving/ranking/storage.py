"""One task's item embeddings in float32, bfloat16 or int8, and their dot products with queries (paper section 2.2).

| storage | bytes a coordinate that are read | a logit differs from float32's by at most |
|---|---|---|
| float32 | 4 | 0 |
| bfloat16 | 2 | sum over coordinates of abs(query x item) / 256 |
| int8, in a scan | 1, and 4 an item | scale / 2 x sum of abs(query) + largest abs(query) / 64,516 x sum of abs(item) |
| int8, of few rows | 2, and 4 an item | scale / 508 x sum of abs(query) |

scale = largest coordinate of the item / 127. A scan multiplies with the first of two digits of int8 (`digits`). What it
finds, and listed candidates, are scored by both: `fine_logits`. The second digits lie in a file of their own.

The last two coordinates carry the biases (`mtmd_tf.embedding`): they are few and large, and stay float32. A logit's
error is an upper bound of that of its ln p; under the constraint the parents' add to it.
"""

import dataclasses
import pathlib
from collections.abc import Mapping

import ml_dtypes
import numpy as np

from mtmd_tf.config import BIAS_UNITS
from mtmd_tf.serving.checksums import Guard, block_checksums, blocks_of
from mtmd_tf.serving.ranking import products
from mtmd_tf.serving.ranking.digits import from_digits, to_digits
from mtmd_tf.serving.ranking.mapped import map_array, map_new

_TILE = 2048  # rows turned into float32 at once: they stay in a core's cache


@dataclasses.dataclass(frozen=True, kw_only=True)
class StoredTask:
    """One task's embeddings.

    Attributes:
        storage: `float32`, `bfloat16` or `int8`.
        values: `[items, width]` float32; or without the biases `[items, width - 2]`, bfloat16 or int8.
        bias: `[items, 2]` float32, None for float32.
        scale: `[items]` float32, what an int8 step is worth, else None.
        low: `[items, width - 2]`, the second digits of int8, else None.
        guards: Guards of the mapped arrays that a scan reads, which verify each block before its first use.
        low_guards: Guards of `low`.
    """

    storage: str
    values: np.ndarray
    bias: np.ndarray | None = None
    scale: np.ndarray | None = None
    low: np.ndarray | None = None
    guards: tuple[Guard, ...] = ()
    low_guards: tuple[Guard, ...] = ()

    @classmethod
    def allocate(cls, folder: pathlib.Path, name: str, *, storage: str, items: int, width: int) -> "StoredTask":
        """Empty files of the right size, to `write` into.

        Raises:
            OSError: The disk is full: said now, for a mapped file without room would kill the process later.
        """
        files = {}
        for part, (dtype, shape) in _layout(storage, items=items, width=width).items():
            files[part] = map_new(_path(folder, name, part), dtype=dtype, shape=shape)
        return cls(storage=storage, **files)

    def checksums(self, name: str) -> dict[str, np.ndarray]:
        """`{file: [blocks] uint32}`, the checksums of what was written."""
        parts = _layout(self.storage, items=0, width=BIAS_UNITS)
        return {_file(name, part): block_checksums(getattr(self, part)) for part in parts}

    @classmethod
    def open(
        cls,
        folder: pathlib.Path,
        name: str,
        *,
        storage: str,
        items: int,
        width: int,
        checksums: Mapping[str, np.ndarray],
        rule: str,
    ) -> "StoredTask":
        """Maps the files of a task into memory; nothing is read yet.

        Args:
            folder: Folder of the files.
            name: Name of the task.
            storage: How they keep it.
            items: Number of items.
            width: Width of the task's embedding.
            checksums: Checksums from the time of writing.
            rule: Advice for the error message about damage.

        Raises:
            ServingError: A file is missing, or no such array.
        """
        parts = _layout(storage, items=items, width=width)
        paths = {part: _path(folder, name, part) for part in parts}
        files = {p: map_array(paths[p], dtype=dtype, shape=shape, rule=rule) for p, (dtype, shape) in parts.items()}
        guards = {
            part: Guard(path, files[part], checksums.get(path.name, np.zeros(0, np.uint32)), rule=rule)
            for part, path in paths.items()
        }
        low = tuple(guards.pop(part) for part in ("low",) if part in guards)
        task = cls(storage=storage, **files, guards=tuple(guards.values()), low_guards=low)
        # NumPy's own format has no bfloat16: the file says uint16.
        return dataclasses.replace(task, values=task.values.view(ml_dtypes.bfloat16)) if storage == "bfloat16" else task

    @classmethod
    def of(cls, embedding: np.ndarray, *, storage: str) -> "StoredTask":
        """`embedding` `[items, width]` float32, rounded, in memory."""
        items, width = embedding.shape
        parts = _layout(storage, items=items, width=width)
        task = cls(storage=storage, **{part: np.empty(shape, dtype) for part, (dtype, shape) in parts.items()})
        task.write(np.arange(items), embedding)
        return dataclasses.replace(task, values=task.values.view(ml_dtypes.bfloat16)) if storage == "bfloat16" else task

    def write(self, rows: np.ndarray, embedding: np.ndarray) -> None:
        """Rounds `embedding` `[rows, width]` float32 and puts it at `rows`; bfloat16 as its bits."""
        if self.bias is None:
            self.values[rows] = embedding
            return
        values = embedding[:, :-BIAS_UNITS]
        self.bias[rows] = embedding[:, -BIAS_UNITS:]
        if self.scale is None:
            self.values[rows] = values.astype(ml_dtypes.bfloat16).view(np.uint16)
            return
        digits = to_digits(values)
        self.scale[rows], self.values[rows] = digits.scale, digits.high
        if self.low is not None:
            self.low[rows] = digits.low

    def logits(self, query: np.ndarray, rows: slice | np.ndarray) -> np.ndarray:
        """`[requests, rows]` float32.

        Args:
            query: `[requests, width]` float32.
            rows: A range of items, which is read in place, or their indices.
        """
        if isinstance(rows, slice) and any(guard.is_pending(rows) for guard in self.guards):
            # A block is multiplied while it is in the cache: read twice from memory, it would cost twice.
            return np.hstack([self._verified_logits(query, block) for block in blocks_of(rows)])
        return self._verified_logits(query, rows)

    def fine_logits(self, query: np.ndarray, rows: np.ndarray) -> np.ndarray:
        """`[requests, rows]` float32 of a few rows: by both digits of int8, else as `logits`."""
        if self.low is None:
            return self.logits(query, rows)
        logits = np.empty((len(query), len(rows)), np.float32)
        _dot(self.embedding(rows), query, out=logits)
        return logits

    def _verified_logits(self, query: np.ndarray, rows: slice | np.ndarray) -> np.ndarray:
        self._verify(rows)
        values = self.values[rows]
        logits = np.empty((len(query), len(values)), np.float32)
        if self.bias is None:
            _dot(values, query, out=logits)
            return logits
        _dot_narrow(values, query[:, :-BIAS_UNITS], out=logits)
        if self.scale is not None:
            logits *= self.scale[rows]
        bias = self.bias[rows]
        for unit in range(BIAS_UNITS):
            logits += query[:, unit - BIAS_UNITS, None] * bias[:, unit]
        return logits

    def embedding(self, rows: slice | np.ndarray) -> np.ndarray:
        """`[rows, width]` float32, as the storage has kept it: int8 in both digits."""
        self._verify(rows)
        if self.bias is None:
            return self.values[rows]
        if self.scale is None or self.low is None:
            return np.hstack([self.values[rows].astype(np.float32), self.bias[rows]])
        for guard in self.low_guards:
            guard.require(rows)
        return np.hstack([from_digits(self.scale[rows], self.values[rows], self.low[rows]), self.bias[rows]])

    def _verify(self, rows: slice | np.ndarray) -> None:
        for guard in self.guards:
            guard.require(rows)

    @property
    def bytes(self) -> int:
        """What one scan of all items reads."""
        return sum(part.nbytes for part in (self.values, self.bias, self.scale) if part is not None)


def _dot(values: np.ndarray, query: np.ndarray, *, out: np.ndarray) -> None:
    if len(query) == 1:  # one pass at the memory's speed, in the calling thread: the linear algebra's own threads wait
        np.vecdot(values, query[0], out=out[0])
    else:
        np.matmul(query, values.T, out=out)


def _dot_narrow(values: np.ndarray, query: np.ndarray, *, out: np.ndarray) -> None:
    """Of rows of bfloat16 or int8."""
    if products.has_products(values.dtype.name):
        products.dot(query, values, out=out)
        return
    scratch = np.empty((min(_TILE, len(values)), values.shape[1]), np.float32)
    for first in range(0, len(values), _TILE):
        tile = values[first : first + _TILE]
        wide = scratch[: len(tile)]
        np.copyto(wide, tile, casting="unsafe")
        _dot(wide, query, out=out[:, first : first + _TILE])


def _layout(storage: str, *, items: int, width: int) -> dict[str, tuple[type, tuple[int, ...]]]:
    if storage == "float32":
        return {"values": (np.float32, (items, width))}
    values, bias = (items, width - BIAS_UNITS), (items, BIAS_UNITS)
    if storage == "bfloat16":
        return {"values": (np.uint16, values), "bias": (np.float32, bias)}
    scale: tuple[type, tuple[int, ...]] = (np.float32, (items,))
    return {"values": (np.int8, values), "bias": (np.float32, bias), "scale": scale, "low": (np.int8, values)}


def _path(folder: pathlib.Path, name: str, part: str) -> pathlib.Path:
    return folder / _file(name, part)


def _file(name: str, part: str) -> str:
    return f"{name}.npy" if part == "values" else f"{name}.{part}.npy"
