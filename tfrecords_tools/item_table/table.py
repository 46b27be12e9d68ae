"""The item table in memory: the features of an item as a request had them, by row (docs/adr/0051)."""

import dataclasses
import functools

import numpy as np

from tfrecords_tools.ids import readable
from tfrecords_tools.item_table.filled import Filled, read_part
from tfrecords_tools.item_table.rows import require_rows
from tfrecords_tools.keys import offsets_of
from tfrecords_tools.manifest import ITEM_TABLE, Manifest, TablePart
from tfrecords_tools.records import verified
from tfrecords_tools.requests import Column, DataError, Items, Ragged, column_concat, column_take
from tfrecords_tools.schema import Schema


@dataclasses.dataclass(frozen=True, kw_only=True, eq=False)
class ItemTable:
    """All parts of an item table, one after another.

    A value that stays from version to version is held once: each row has the index of its own among the feature's.

    Attributes:
        parts: `[parts]` int64, what records call the parts, in ascending order.
        starts: `[parts + 1]` int64, the first row of each, and the number of all rows.
        item: `[rows]` int32, the index of the row's item in `item_id` and `product`.
        item_id: `[items]` bytes.
        product: `[items]` int64.
        mask: `[rows, item features]` bool.
        columns: The values of each item feature.
        indices: `{feature: [rows] int32}`, the index of the row's value in the feature's column.
    """

    parts: np.ndarray
    starts: np.ndarray
    item: np.ndarray
    item_id: np.ndarray
    product: np.ndarray
    mask: np.ndarray
    columns: dict[str, Column]
    indices: dict[str, np.ndarray]

    def __len__(self) -> int:
        """How many rows it has."""
        return len(self.item)

    def take(self, rows: np.ndarray) -> Items:
        """The items of `[pairs]` rows, in this order."""
        item = self.item[rows]
        return Items(
            item_id=self.item_id[item],
            product=self.product[item],
            item={name: column_take(column, self.indices[name][rows]) for name, column in self.columns.items()},
            item_mask=self.mask[rows],
        )

    def rows_of(self, part: np.ndarray, row: np.ndarray, *, lengths: np.ndarray, request_id: np.ndarray) -> np.ndarray:
        """The rows, `[pairs]`, that requests name.

        Args:
            part: `[requests]` int64, `item/part`.
            row: `[pairs]` int64, `item/row`.
            lengths: `[requests]`, the requests' candidates.
            request_id: `[requests]` bytes, for errors.

        Raises:
            DataError: A part or a row that the table lacks; it names the request.
        """
        place = np.searchsorted(self.parts, part).clip(max=len(self.parts) - 1)
        unknown = self.parts[place] != part
        if unknown.any():
            at = int(np.argmax(unknown))
            raise DataError(f"request {readable(request_id[at])}, {part_rule(self.parts)}; it is {part[at]}")
        size = np.repeat(np.diff(self.starts)[place], lengths)
        wrong = (row < 0) | (row >= size)
        if wrong.any():
            at = int(np.argmax(wrong))
            name = readable(np.repeat(request_id, lengths)[at])
            raise DataError(
                f"request {name}, item/row: below {size[at]}, the part's rows, is the rule; it is {row[at]}"
            )
        return np.repeat(self.starts[place], lengths) + row


def part_rule(parts: np.ndarray) -> str:
    """What an error says of a part that is not one of `parts`, `[parts]` in ascending order."""
    return f"item/part: one of the item table's {len(parts)} parts, {parts[0]} to {parts[-1]}, is the rule"


def table_of(manifest: Manifest, schema: Schema) -> ItemTable | None:
    """The item table of a compact data set, read once; None for one whose records have their items' features.

    Raises:
        DataError: A part that is missing or not as the manifest describes, or a record that breaks the data contract;
            it names file and record.
    """
    if not manifest.compact:
        return None
    require_rows(sum(part["rows"] for part in manifest.item_table), table=manifest.folder / ITEM_TABLE)
    parts = sorted(verified(manifest.table_parts()), key=lambda part: part.part)
    return _read(schema, tuple(parts), tuple(part.path.stat().st_mtime_ns for part in parts))


@functools.lru_cache(maxsize=2)  # of a data set and its labeled copy: a table may take gigabytes
def _read(schema: Schema, parts: tuple[TablePart, ...], changed: tuple[int, ...]) -> ItemTable:
    del changed  # a file written since is another
    found = [read_part(schema, part) for part in parts]
    names = [feature.name for feature in schema.features_of("item")]
    return ItemTable(
        parts=np.array([part.part for part in parts], np.int64),
        starts=offsets_of(np.array([len(part.item) for part in found])),
        item=_shifted([part.item for part in found], [part.rows.item_id for part in found]),
        item_id=np.concatenate([part.rows.item_id for part in found]),
        product=np.concatenate([part.rows.product for part in found]),
        mask=np.concatenate([part.rows.mask for part in found]),
        columns={name: column_concat([part.rows.columns[name] for part in found]) for name in names},
        indices={
            name: _shifted([part.indices[bit] for part in found], [_of(part, name) for part in found])
            for bit, name in enumerate(names)
        },
    )


def _of(part: Filled, name: str) -> np.ndarray:
    column = part.rows.columns[name]
    return column.lengths if isinstance(column, Ragged) else column


def _shifted(indices: list[np.ndarray], into: list[np.ndarray]) -> np.ndarray:
    """Places in arrays as indices in the arrays one after another."""
    starts = offsets_of(np.array([len(array) for array in into]))[:-1]
    return np.concatenate([own + start for own, start in zip(indices, starts, strict=True)]).astype(np.int32)
