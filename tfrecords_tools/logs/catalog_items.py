"""The items of a catalog in order of their identifiers, each once, as the records of a corpus have them."""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from absl import logging

from tfrecords_tools.corpus import two_products
from tfrecords_tools.examples import encode_items
from tfrecords_tools.ids import readable
from tfrecords_tools.logs.catalog import Catalog
from tfrecords_tools.logs.column_names import column_types
from tfrecords_tools.logs.grouping import side_of
from tfrecords_tools.logs.location import shown
from tfrecords_tools.requests import DataError, Items
from tfrecords_tools.schema import Schema

_COMPARED = 65_536  # rows turned into records at once


class CatalogItems:
    """Items that are read from an Arrow table a block at a time: Python objects of a whole catalog take gigabytes.

    Args:
        catalog: The files.

    Raises:
        DataError: As `Catalog.read`; or an item with two rows that differ, which it names with file and row.
    """

    def __init__(self, catalog: Catalog) -> None:
        self._paths, self._schema = catalog.paths, catalog.schema
        self._table, self._starts = catalog.read()
        ids = self._table["item/id"].combine_chunks()
        order = pc.sort_indices(ids)  # stable, by bytes
        ids = ids.take(order)
        again = np.append(False, pc.equal(ids.slice(1), ids.slice(0, len(ids) - 1)).to_numpy(zero_copy_only=False))
        rows = order.to_numpy().astype(np.int64)
        self._require_equal(rows[np.flatnonzero(again) - 1], rows[again])
        self._rows = rows[~again]
        if repeated := int(again.sum()):
            logging.info("%s rows are the same as another row of their item, which counts once", f"{repeated:,}")

    def __len__(self) -> int:
        """How many items there are."""
        return len(self._rows)

    def block(self, start: int, stop: int) -> Items:
        """The items `start` to `stop` in order of their identifiers, as bytes."""
        return _items(self._table.take(pa.array(self._rows[start:stop])), self._schema)

    def _require_equal(self, before: np.ndarray, again: np.ndarray) -> None:
        """Refuses rows `again` that are not the rows `before`, `[rows]` each, of the same items."""
        for start in range(0, len(again), _COMPARED):
            pair = [rows[start : start + _COMPARED] for rows in (before, again)]
            one, two = (self._table.take(pa.array(rows)) for rows in pair)
            other = np.flatnonzero(pc.not_equal(one["item/product"], two["item/product"]).to_numpy())
            if len(other):
                row, item = int(other[0]), readable(one["item/id"][int(other[0])].as_py())
                raise DataError(f"{self._place(pair[1][row])} and {self._place(pair[0][row])}: {two_products(item)}")
            records = (encode_items(self._schema, _items(rows, self._schema)) for rows in (one, two))
            for row, (first, second) in enumerate(zip(*records, strict=True)):
                if first != second:
                    self._refuse(one.slice(row, 1), two.slice(row, 1), [int(rows[row]) for rows in pair])

    def _refuse(self, one: pa.Table, two: pa.Table, rows: list[int]) -> None:
        name = next(name for name in one.column_names if repr(one[name].to_pylist()) != repr(two[name].to_pylist()))
        item, values = readable(one["item/id"][0].as_py()), [shown(table[name][0]) for table in (two, one)]
        raise DataError(
            f"{self._place(rows[1])}, column {name}: item {item} has {values[0]}, and {values[1]} in "
            f"{self._place(rows[0])}; a catalog has one row for each item: keep the newest"
        )

    def _place(self, row: int) -> str:
        """The file and the number, from 1, of a row of the table."""
        file = int(np.searchsorted(self._starts, row, side="right")) - 1
        return f"{self._paths[file]}, row {row - self._starts[file] + 1}"


def _items(table: pa.Table, schema: Schema) -> Items:
    types = column_types(schema)
    table = table.cast(pa.schema([(name, types[name]) for name in table.column_names]))
    columns, mask = side_of(table, schema.features_of("item"))
    products = pa.array([name.encode() for name in schema.products])
    return Items(
        item_id=table["item/id"].to_numpy(),
        product=pc.index_in(table["item/product"], value_set=products).to_numpy().astype(np.int64),
        item=columns,
        item_mask=mask,
    )
