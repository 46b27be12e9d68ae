"""Many ad requests as columns: what every source makes and every writer takes (the data contract in docs)."""

import dataclasses
from collections.abc import Sequence
from typing import NamedTuple, TypeAlias

import numpy as np


class DataError(ValueError):
    """Data that breaks a rule of the data contract; one line that names the record, the field and the rule."""


class Ragged(NamedTuple):
    """A column with any number of tokens a row: `values[sum(lengths)]`, `lengths[rows]`."""

    values: np.ndarray
    lengths: np.ndarray


Column: TypeAlias = np.ndarray | Ragged


def column_rows(column: Column, start: int, stop: int) -> Column:
    """Rows `start` to `stop` of a column, as views."""
    if not isinstance(column, Ragged):
        return column[start:stop]
    first, length = column.lengths[:start].sum(), column.lengths[start:stop].sum()
    return Ragged(column.values[first : first + length], column.lengths[start:stop])


def column_take(column: Column, rows: np.ndarray) -> Column:
    """The rows with the indices `[rows]`, in this order."""
    return ragged_take(column, rows) if isinstance(column, Ragged) else column[rows]


def ragged_take(column: Ragged, rows: np.ndarray) -> Ragged:
    """The rows of a ragged column with the indices `[rows]`, in this order."""
    starts = np.cumsum(column.lengths) - column.lengths
    lengths = column.lengths[rows]
    within = np.arange(lengths.sum()) - np.repeat(np.cumsum(lengths) - lengths, lengths)
    return Ragged(column.values[np.repeat(starts[rows], lengths) + within], lengths)


def column_concat(columns: Sequence[Column]) -> Column:
    """All rows of one column after another."""
    if not isinstance(columns[0], Ragged):
        return np.concatenate(columns)
    return Ragged(*(np.concatenate(parts) for parts in zip(*columns, strict=True)))


@dataclasses.dataclass(frozen=True, kw_only=True)
class Requests:
    """`requests` visits with `pairs = lengths.sum()` candidates, in columns.

    Tokens are numpy `bytes` objects or int64, numbers float32. Where a mask is False the value is ignored, but a column
    still holds something of the right type there (0, b"", or an empty ragged row).

    Attributes:
        request_id: `[requests]` bytes, unique in the data set.
        timestamp: `[requests]` int64, seconds since 1970 in UTC; its UTC day is the partition.
        surface: `[requests]` int64, index into the schema's surfaces.
        lengths: `[requests]` int64, candidates of each request, at least 1.
        query: Columns of `[requests]` rows, one for each query feature; `[requests, size]` for dense features.
        query_mask: `[requests, query features]` bool, in schema order.
        item_id: Ids of the items, `[pairs]` bytes.
        product: `[pairs]` int64, index into the schema's products.
        item: Columns of `[pairs]` rows, one for each item feature.
        item_mask: `[pairs, item features]` bool.
        cross: Columns of `[pairs]` rows, one for each cross feature.
        cross_mask: `[pairs, cross features]` bool.
        label: `{task: [pairs] float32}`, the heavyweight ranker's probability, NaN where there is none. May be empty.
        event: `{task: [pairs] int64}`, 1, 0, or -1 where it was not observed. May be empty.
        weight: `[pairs]` float32 sampling weight, or None.
        bid: `[pairs]` float32, US dollars for the event that a utility multiplies it with, or None.
        item_part: `[requests]` int64, the part of the item table that a compact record names, or None.
        item_row: `[pairs]` int64, the row within the part that holds the item as the request had it, or None.
    """

    request_id: np.ndarray
    timestamp: np.ndarray
    surface: np.ndarray
    lengths: np.ndarray
    query: dict[str, Column]
    query_mask: np.ndarray
    item_id: np.ndarray
    product: np.ndarray
    item: dict[str, Column]
    item_mask: np.ndarray
    cross: dict[str, Column] = dataclasses.field(default_factory=dict)
    cross_mask: np.ndarray | None = None
    label: dict[str, np.ndarray] = dataclasses.field(default_factory=dict)
    event: dict[str, np.ndarray] = dataclasses.field(default_factory=dict)
    weight: np.ndarray | None = None
    bid: np.ndarray | None = None
    item_part: np.ndarray | None = None
    item_row: np.ndarray | None = None

    @property
    def owner(self) -> np.ndarray:
        """`[pairs]` int64, the request that each pair belongs to."""
        return np.repeat(np.arange(len(self.lengths)), self.lengths)

    def items(self) -> "Items":
        """The candidates as `[pairs]` items: one that is shown twice is there twice."""
        return Items(item_id=self.item_id, product=self.product, item=self.item, item_mask=self.item_mask)

    def rows(self, start: int, stop: int) -> "Requests":
        """Requests `start` to `stop` with their candidates, as views."""
        first = int(self.lengths[:start].sum())
        pairs = (first, first + int(self.lengths[start:stop].sum()))
        fields = {}
        for field in dataclasses.fields(self):
            value = getattr(self, field.name)
            bounds = (start, stop) if field.name in _ONCE_A_REQUEST else pairs
            if isinstance(value, dict):
                value = {name: column_rows(column, *bounds) for name, column in value.items()}
            elif value is not None:
                value = column_rows(value, *bounds)
            fields[field.name] = value
        return Requests(**fields)


_ONCE_A_REQUEST = ("request_id", "timestamp", "surface", "lengths", "query", "query_mask", "item_part")


@dataclasses.dataclass(frozen=True, kw_only=True)
class Items:
    """The item corpus in columns: `[items]` rows of the same item columns that requests carry."""

    item_id: np.ndarray
    product: np.ndarray
    item: dict[str, Column]
    item_mask: np.ndarray

    def rows(self, start: int, stop: int) -> "Items":
        """Items `start` to `stop`, as views."""
        return Items(
            item_id=self.item_id[start:stop],
            product=self.product[start:stop],
            item={name: column_rows(column, start, stop) for name, column in self.item.items()},
            item_mask=self.item_mask[start:stop],
        )

    def take(self, rows: np.ndarray) -> "Items":
        """The items with these indices, in this order."""
        item = {name: column_take(column, rows) for name, column in self.item.items()}
        return Items(item_id=self.item_id[rows], product=self.product[rows], item=item, item_mask=self.item_mask[rows])

    @classmethod
    def concat(cls, parts: "Sequence[Items]") -> "Items":
        """All items of `parts`, one after another."""
        return cls(
            item_id=np.concatenate([part.item_id for part in parts]),
            product=np.concatenate([part.product for part in parts]),
            item={name: column_concat([part.item[name] for part in parts]) for name in parts[0].item},
            item_mask=np.concatenate([part.item_mask for part in parts]),
        )
