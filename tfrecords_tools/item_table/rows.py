"""Rows of an item table, as a file holds them: of an item's later versions only what has changed (docs/adr/0051)."""

import pathlib
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np

from tfrecords_tools.examples import column_keys
from tfrecords_tools.keys import Key, encode_keys, names_of, offsets_of
from tfrecords_tools.masks import to_words
from tfrecords_tools.parsing import indices_of, mask_of, parse_examples, side_columns
from tfrecords_tools.requests import Column, DataError, Ragged, column_concat, column_rows
from tfrecords_tools.schema import Schema
from tfrecords_tools.specs import item_rows_spec

ROWS_A_RECORD = 8192
MOST_ROWS = 2**31 - 1  # of a part and of a whole table: readers count them in 32 bits


class ItemRows(NamedTuple):
    """Rows of one part of an item table, in their order.

    Attributes:
        first: `[rows]` int64, the row of the part that holds the item's first version.
        changed: `[rows, item features]` bool, what differs from the item's version before; in a first version, all.
        mask: `[rows, item features]` bool.
        item_id: `[items]` bytes, of the rows that are first versions.
        product: `[items]` int64, of the same rows.
        columns: For each item feature, `[rows where it has changed]` values.
    """

    first: np.ndarray
    changed: np.ndarray
    mask: np.ndarray
    item_id: np.ndarray
    product: np.ndarray
    columns: dict[str, Column]

    @classmethod
    def concat(cls, blocks: "Sequence[ItemRows]") -> "ItemRows":
        """All rows of blocks that follow each other."""
        first, changed, mask, item_id, product = map(np.concatenate, zip(*(block[:5] for block in blocks), strict=True))
        columns = {name: column_concat([block.columns[name] for block in blocks]) for name in blocks[0].columns}
        return cls(first, changed, mask, item_id, product, columns)

    def cut(self, at: int, *, start: int) -> "tuple[ItemRows, ItemRows]":
        """The first `at` rows and the others; `start` is the number of the first row."""
        items = int((self.first[:at] == start + np.arange(at)).sum())
        counts = self.changed[:at].sum(axis=0).tolist()  # the features' order is that of the columns
        ends = zip(self.columns.items(), counts, self.changed.sum(axis=0).tolist(), strict=True)
        both = {name: (column_rows(c, 0, n), column_rows(c, n, end)) for (name, c), n, end in ends}
        head, tail = ({name: halves[side] for name, halves in both.items()} for side in (0, 1))
        first, changed, mask, item_id, product, _ = self
        return (
            ItemRows(first[:at], changed[:at], mask[:at], item_id[:items], product[:items], head),
            ItemRows(first[at:], changed[at:], mask[at:], item_id[items:], product[items:], tail),
        )


def encode_rows(schema: Schema, rows: ItemRows, *, start: int) -> Iterator[bytes]:
    """Serialized Examples of at most `ROWS_A_RECORD` rows each, in columns; `start` is the number of the first row."""
    count = len(rows.first)
    edges = np.minimum(np.arange(0, count + ROWS_A_RECORD, ROWS_A_RECORD), count)
    items = offsets_of(rows.first == start + np.arange(count))[edges]
    changed, mask = to_words(rows.changed), to_words(rows.mask)
    keys = {
        "item/first": Key("int64", rows.first, edges),
        "item/changed": Key("int64", changed.reshape(-1), edges * changed.shape[1]),
        "item/mask": Key("int64", mask.reshape(-1), edges * mask.shape[1]),
        "item/id": Key("bytes", rows.item_id, items),
        "item/product": Key("bytes", names_of(schema.products, rows.product), items),
    }
    for bit, feature in enumerate(schema.features_of("item")):
        offsets = offsets_of(rows.changed[:, bit])[edges]
        keys |= column_keys(feature, rows.columns[feature.name], offsets, lengths=True)
    yield from encode_keys(keys)


def decode_rows(schema: Schema, record: bytes, *, start: int) -> ItemRows:
    """The rows of one record, the inverse of `encode_rows`; `start` is the number of the first of them.

    Raises:
        DataError: A key that is missing, of another type or length, or a row that follows no first version.
    """
    features = schema.features_of("item")
    parsed = parse_examples([record], item_rows_spec(schema))
    first = parsed["item/first"].flat_values.numpy()
    rows = ItemRows(
        first=first,
        changed=mask_of("item/changed", parsed, len(features)),
        mask=mask_of("item/mask", parsed, len(features)),
        item_id=parsed["item/id"].flat_values.numpy(),
        product=indices_of("product", schema.products, parsed["item/product"].flat_values.numpy()),
        columns=side_columns(features, parsed),
    )
    own = start + np.arange(len(first))
    if ((first > own) | (first < 0)).any():
        raise DataError("item/first: a row of the same part, this one or one before it; it is behind it")
    if not rows.changed[first == own].all():
        raise DataError("item/changed: every feature of an item's first version; one is left out")
    _require("item/changed", len(rows.changed), len(first))
    _require("item/mask", len(rows.mask), len(first))
    for key, column in (("item/id", rows.item_id), ("item/product", rows.product)):
        _require(key, len(column), int((first == own).sum()))
    for bit, feature in enumerate(features):
        column = rows.columns[feature.name]
        count = len(column.lengths) if isinstance(column, Ragged) else len(column)
        _require(feature.key, count, int(rows.changed[:, bit].sum()))
    return rows


def require_rows(rows: int, *, table: pathlib.Path) -> None:
    """Refuses more versions of items than readers can count.

    Raises:
        DataError: It names the folder of the table.
    """
    if rows > MOST_ROWS:
        rule = f"at most {MOST_ROWS:,} versions of items fit into an item table"
        raise DataError(f"{table}: {rule}; it has {rows:,}: write plain records, without --compact")


def _require(key: str, count: int, wanted: int) -> None:
    if count != wanted:
        raise DataError(f"{key}: one value for each row that needs one, so {wanted}; it has {count}")
