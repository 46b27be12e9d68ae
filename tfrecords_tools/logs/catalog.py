"""Item catalogs in Parquet or CSV, one row an item, as one Arrow table."""

import dataclasses
import pathlib
from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from absl import logging

from tfrecords_tools.logs.column_names import catalog_columns, require_columns, warn_of_unread
from tfrecords_tools.logs.files import every_column, read_columns
from tfrecords_tools.logs.inputs import kind_of
from tfrecords_tools.logs.location import Location
from tfrecords_tools.logs.quotes import require_doubled
from tfrecords_tools.logs.suspicions import Suspicions
from tfrecords_tools.logs.typed_rows import typed_rows
from tfrecords_tools.partition import Partition
from tfrecords_tools.printable import listed
from tfrecords_tools.progress import progress_bar
from tfrecords_tools.requests import DataError
from tfrecords_tools.schema import Schema


@dataclasses.dataclass(frozen=True, kw_only=True)
class Catalog:
    """Files of items.

    Attributes:
        paths: Paths in the order of their names.
        schema: The schema that names the columns.
    """

    paths: tuple[pathlib.Path, ...]
    schema: Schema

    @classmethod
    def open(cls, paths: Sequence[pathlib.Path], *, schema: Schema) -> "Catalog":
        """Looks at the columns of every file, and says which nobody reads, such as those of requests.

        Raises:
            DataError: A column that is missing.
        """
        paths, needed = tuple(sorted(paths)), catalog_columns(schema)
        unread: dict[str, None] = {}
        for path in paths:
            found = every_column(path, known=needed)
            require_columns(path, needed, found, Partition())
            unread |= dict.fromkeys(name for name in found if name not in needed)
        warn_of_unread(unread, [])
        return cls(paths=paths, schema=schema)

    def read(self) -> tuple[pa.Table, np.ndarray]:
        """All rows, in the order of files and rows; says what looks like a mistake.

        Returns:
            The table, in the types that items need but for lists and texts, whose offsets have 64 bits so that each
            column is one array however large; and `[files + 1]`, the table's row with which each file begins.

        Raises:
            DataError: A value of the wrong type or one that breaks a rule, a null where there must be a value, or an
                unknown product; it names file, column and row. Or no row at all.
        """
        suspicions, tables = Suspicions(self.schema), []
        for path in progress_bar(self.paths, desc="reading", unit=" files"):
            tables.append(self._file(path, suspicions))
        for line in suspicions.lines():
            logging.warning("%s", line)
        rows = [len(table) for table in tables]
        if not sum(rows):
            raise DataError("the catalog holds no row")
        if empty := [path for path, count in zip(self.paths, rows, strict=True) if not count]:
            logging.warning("%d of %d files hold no row, the first of them %s", len(empty), len(rows), empty[0])
        return pa.concat_tables(tables).combine_chunks(), np.cumsum([0, *rows])

    def _file(self, path: pathlib.Path, suspicions: Suspicions) -> pa.Table:
        names = catalog_columns(self.schema)
        if kind_of(path) == ".csv":
            require_doubled(path)
        raw = read_columns(path, names)
        suspicions.add(path, raw)
        rows = np.arange(1, len(raw) + 1)
        columns = typed_rows(path, raw, names, schema=self.schema, rows=rows)
        product = columns["item/product"]
        unknown = pc.invert(pc.is_in(product, value_set=pa.array([name.encode() for name in self.schema.products])))
        of_product = Location(path=path, column="item/product", rows=rows)
        of_product.refuse(unknown, f"one of {listed(self.schema.products)}", product)
        table = pa.table(columns)
        return table.cast(pa.schema([(field.name, _large(field.type)) for field in table.schema]))


def _large(kind: pa.DataType) -> pa.DataType:
    """The same type with offsets of 64 bits."""
    if pa.types.is_list(kind):
        return pa.large_list(_large(kind.value_type))
    return pa.large_binary() if pa.types.is_binary(kind) else kind
