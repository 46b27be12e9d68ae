"""A part of the item table as it is read: every row with a value of every feature (docs/adr/0051)."""

from typing import NamedTuple

import numpy as np

from tfrecords_tools.item_table.rows import ItemRows, decode_rows
from tfrecords_tools.manifest import TablePart
from tfrecords_tools.records import read_file
from tfrecords_tools.requests import DataError
from tfrecords_tools.schema import Schema


class Filled(NamedTuple):
    """One part.

    Attributes:
        rows: Rows as the file holds them.
        item: `[rows]`, the index of each row's item in `rows.item_id`.
        indices: For each item feature, `[rows]`: the index of each row's value in the feature's column.
    """

    rows: ItemRows
    item: np.ndarray
    indices: list[np.ndarray]


def read_part(schema: Schema, part: TablePart) -> Filled:
    """Reads one part, whose file is the one that the manifest describes.

    Raises:
        DataError: A record that is corrupt or breaks the data contract, or another number of rows than the manifest
            has; it names file and record.
    """
    blocks: list[ItemRows] = []
    count = 0
    fresh = np.zeros(0, bool)
    for number, record in enumerate(read_file(part.path)):
        try:
            block = decode_rows(schema, record, start=count)
            fresh = np.append(fresh, block.first == count + np.arange(len(block.first)))
            if not fresh[block.first].all():
                raise DataError("item/first: the row of an item's first version; it names a later one")
        except DataError as error:
            raise DataError(f"{part.path}, record {number}: {error}") from error
        blocks.append(block)
        count += len(block.first)
    if count != part.rows or not blocks:
        raise DataError(f"{part.path}: the manifest says {part.rows} rows; the file holds {count}")
    rows = ItemRows.concat(blocks)
    return Filled(rows, (np.cumsum(fresh) - 1)[rows.first], _places(rows))


def _places(rows: ItemRows) -> list[np.ndarray]:
    """For each feature, where the latest change of the same item up to each row is among the changes."""
    order = np.argsort(rows.first, kind="stable")  # an item's versions beside each other, the first one first
    back = np.argsort(order)
    indices = []
    for changed in rows.changed.T:
        stored = (np.cumsum(changed) - 1)[order]
        latest = np.maximum.accumulate(np.where(changed[order], np.arange(len(order)), 0))
        indices.append(stored[latest][back])
    return indices
