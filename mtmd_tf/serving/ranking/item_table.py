"""The features of an index's items, in the index's order: they name ranked items and answer conditions."""

import pathlib
from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from mtmd_tf.serving.checksums import checksum
from mtmd_tf.serving.specification import ServingError

FILE_NAME = "items.parquet"

_ROW_GROUP = 4096  # what is read to name one item
_TAIL = 8  # bytes behind a Parquet file's footer: its length, and PAR1


class ItemTable:
    """Opens the table of a finished index; nothing but its footer is read until it is asked for.

    Args:
        path: Path of the file.
        footer: The footer's checksum; pages have Parquet's own.
        rule: Advice for the error message about damage.

    Raises:
        ServingError: It is missing or damaged.
    """

    def __init__(self, path: pathlib.Path, *, footer: int, rule: str) -> None:
        self._path, self._rule = path, rule
        try:
            if footer_checksum(path) != footer:
                raise self._damage()
            self._file = pq.ParquetFile(path, memory_map=True, page_checksum_verification=True)
        except (OSError, pa.ArrowException) as error:
            raise self._damage() from error

    @property
    def names(self) -> tuple[str, ...]:
        """Of its columns: `item/<feature>`."""
        return tuple(self._file.schema_arrow.names)

    def rows(self, rows: np.ndarray, names: Sequence[str]) -> list[dict[str, Any]]:
        """`{column: value}` of each of `rows`, `[rows]`, without missing values; reads only their row groups."""
        groups = np.asarray(rows, np.int64) // _ROW_GROUP
        found: list[dict[str, Any]] = [{} for _ in groups]
        for group in np.unique(groups).tolist() if names else []:
            places = np.flatnonzero(groups == group)
            table = self._read([group], names).take(pa.array(rows[places] - group * _ROW_GROUP))
            for place, row in zip(places.tolist(), table.to_pylist(), strict=True):
                found[place] = {name: value for name, value in row.items() if value is not None}
        return found

    def column(self, name: str) -> pa.ChunkedArray:
        """`[items]`, null where it is missing."""
        return self._read(range(self._file.num_row_groups), [name])[name]

    def _read(self, groups: Sequence[int], names: Sequence[str]) -> pa.Table:
        try:
            return self._file.read_row_groups(list(groups), columns=list(names))
        except (OSError, pa.ArrowException) as error:
            raise self._damage() from error

    def _damage(self) -> ServingError:
        return ServingError(f"{self._path} is missing or damaged; {self._rule}")


def write_item_table(path: pathlib.Path, table: pa.Table) -> int:
    """Writes the features of an index's items; returns the footer's checksum."""
    pq.write_table(table, path, row_group_size=_ROW_GROUP, compression="zstd", write_page_checksum=True)
    return footer_checksum(path)


def footer_checksum(path: pathlib.Path) -> int:
    """Of the part of a Parquet file that says where and what its columns are."""
    with path.open("rb") as file:
        file.seek(-_TAIL, 2)
        length = int.from_bytes(file.read(4), "little")
        file.seek(-min(length + _TAIL, file.tell() + 4), 2)
        return checksum(file.read())
