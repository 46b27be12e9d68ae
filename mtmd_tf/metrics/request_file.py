"""Rows of requests in a Parquet file that grows batch by batch, so that memory holds a batch of them."""

import contextlib
import json
import math
import pathlib
import shutil
import tempfile
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from tfrecords_tools.files import about, atomically

if TYPE_CHECKING:
    import pyarrow as pa

_ABOUT = "mtmd_tf"  # the key of what is said once for all rows
_KINDS = {"request_id": bytes, "surface": np.int32, "error": np.float32, "kl": np.float32, "pairs": np.int32}


class RequestFile:
    """Row groups in a nameless file, which is gone once closed, however the process ends.

    A context manager: what was not saved is gone at its end.

    Args:
        folder: Folder of the nameless file, on a disk with enough room.
        shapes: `{column: shape of one row}`; such a column is an array `[requests, *shape]`.
    """

    def __init__(self, folder: pathlib.Path, shapes: Mapping[str, tuple[int, ...]]) -> None:
        import pyarrow.parquet as pq  # half a second

        self._folder, self._shapes, self._types = folder, dict(shapes), _types(shapes)
        self._file = tempfile.TemporaryFile(dir=folder)  # noqa: SIM115, closed by `close`
        self._writer = pq.ParquetWriter(self._file, self._types, compression="zstd")

    def __enter__(self) -> "RequestFile":
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def append(self, **columns: np.ndarray) -> None:
        """Adds a row group.

        Args:
            columns: An array `[requests, *shape]` for each column of the file.

        Raises:
            ValueError: Rows of another shape.
            OSError: A full disk; it names the folder.
        """
        import pyarrow as pa

        arrays = [self._array(field, columns[field.name]) for field in self._types]
        with about(self._folder):
            self._writer.write_table(pa.Table.from_arrays(arrays, schema=self._types))

    def save(self, path: pathlib.Path, said: Mapping[str, Any]) -> None:
        """Ends the file and gives it a name, completely or not at all; nothing can be added after it.

        Args:
            path: File to write.
            said: What `load` gives back beside the columns; JSON holds it.
        """
        if self._writer.is_open:
            with about(self._folder):
                self._writer.add_key_value_metadata({_ABOUT: json.dumps(said)})
                self._writer.close()
        self._file.seek(0)
        with atomically(path) as temporary, temporary.open("wb") as file:
            shutil.copyfileobj(self._file, file)

    def close(self) -> None:
        """Gives the disk space back; what a full disk did not take is not wanted any more."""
        with contextlib.suppress(OSError, ValueError):
            self._writer.close()
        with contextlib.suppress(OSError):
            self._file.close()

    def _array(self, field: "pa.Field", column: np.ndarray) -> "pa.Array":
        import pyarrow as pa

        shape = self._shapes.get(field.name, ())
        if column.shape[1:] != shape:
            raise ValueError(f"rows of {field.name} must have the shape {shape}; got {column.shape[1:]}")
        if field.name == "request_id":
            return pa.array(column.tolist(), field.type)
        flat = pa.array(np.ascontiguousarray(column, _KINDS[field.name]).reshape(-1))
        return pa.FixedSizeListArray.from_arrays(flat, math.prod(shape)) if shape else flat


def load(path: pathlib.Path, shapes: Mapping[str, tuple[int, ...]]) -> dict[str, np.ndarray]:
    """The columns that `RequestFile` saved, `{column: [requests, *shape]}`.

    Args:
        path: File to read.
        shapes: Shapes of one row, as in `RequestFile`.
    """
    import pyarrow.parquet as pq

    columns: dict[str, np.ndarray] = {}
    for name, column in zip((types := _types(shapes)).names, pq.read_table(path, columns=types.names), strict=True):
        values = column.combine_chunks()
        if name == "request_id":
            columns[name] = np.array(values.to_pylist(), dtype=bytes)
        else:
            flat = values.flatten() if name in shapes else values
            columns[name] = flat.to_numpy(zero_copy_only=False).reshape(len(column), *shapes.get(name, ()))
    return columns


def said_in(path: pathlib.Path) -> dict[str, Any]:
    """What `RequestFile.save` was told, and the names of the columns as `columns`.

    Raises:
        OSError: No such file.
        ValueError: Another file, or one that was cut off.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        with pq.ParquetFile(path) as file:
            said = json.loads((file.metadata.metadata or {})[_ABOUT.encode()])
            return {**said, "columns": file.schema_arrow.names}
    except (pa.ArrowException, KeyError) as error:
        raise ValueError(f"{path} is no file of requests, or was cut off") from error


def _types(shapes: Mapping[str, tuple[int, ...]]) -> "pa.Schema":
    import pyarrow as pa

    plain = {np.int32: pa.int32(), np.float32: pa.float32(), bytes: pa.binary()}
    fields = {name: plain[kind] for name, kind in _KINDS.items() if name in ("request_id", "surface") or name in shapes}
    lists = {name: pa.list_(fields[name], math.prod(shape)) for name, shape in shapes.items()}
    return pa.schema([(name, lists.get(name, kind)) for name, kind in fields.items()])
