"""Writes a part of the item table: the versions of items that a run of requests names (docs/adr/0051)."""

import dataclasses
import os
import pathlib
from typing import Any

import numpy as np
import tensorflow as tf

from tfrecords_tools.contents import contents_of
from tfrecords_tools.files import beside, inside
from tfrecords_tools.item_table.rows import ROWS_A_RECORD, ItemRows, encode_rows, require_rows
from tfrecords_tools.item_table.versions import Versions
from tfrecords_tools.manifest import ITEM_TABLE
from tfrecords_tools.requests import Requests
from tfrecords_tools.schema import Schema


class PartWriter:
    """Writes one part.

    Args:
        out: The data set's folder.
        schema: Schema of the data set.
        number: What records call the part: the number of the first partition that names it.
        folder: Name of that partition's folder, such as `day=2017-03-01`.
    """

    def __init__(self, out: pathlib.Path, *, schema: Schema, number: int, folder: str) -> None:
        self.number = number
        self._out, self._schema = out, schema
        self._path = inside(out, f"{ITEM_TABLE}/{folder}", said_by=str(out)) / "part-00000-of-00001.tfrecord"
        self._path.parent.mkdir(parents=True, exist_ok=True)
        self._temporary = beside(self._path)
        self._writer = tf.io.TFRecordWriter(str(self._temporary))
        self._versions = Versions(schema)
        self._pending: ItemRows | None = None
        self._written = 0

    def place(self, block: Requests) -> Requests:
        """The same requests, which name rows of this part.

        Raises:
            DataError: More versions of items than a part can hold.
        """
        row, new = self._versions.add(block.items())
        require_rows(len(self._versions), table=self._path.parent)
        pending = new if self._pending is None else ItemRows.concat([self._pending, new])
        whole = len(pending.first) // ROWS_A_RECORD * ROWS_A_RECORD
        full, self._pending = pending.cut(whole, start=self._written)
        self._write(full)
        part = np.full(len(block.request_id), self.number, np.int64)
        return dataclasses.replace(block, item_part=part, item_row=row)

    def close(self) -> dict[str, Any]:
        """Gives the part its name.

        Returns:
            The manifest's entry.
        """
        if self._pending is not None:
            self._write(self._pending)
        self._writer.close()
        os.replace(self._temporary, self._path)
        path = str(self._path.relative_to(self._out))
        return {"path": path, "part": self.number, "rows": self._written, **contents_of(self._path)}

    def _write(self, rows: ItemRows) -> None:
        for record in encode_rows(self._schema, rows, start=self._written):
            self._writer.write(record)
        self._written += len(rows.first)
