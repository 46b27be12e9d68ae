"""Finds the row of the item table that a candidate's item has, or gives it a new one (docs/adr/0051)."""

import hashlib
import math
from collections.abc import Hashable, Iterable

import numpy as np

from tfrecords_tools.item_table.rows import ItemRows
from tfrecords_tools.masks import to_words
from tfrecords_tools.requests import Column, Items, Ragged, column_take
from tfrecords_tools.schema import Schema

_DIGEST = 16  # bytes of a version's digest: two of 10^12 versions share one with a probability of 10^-15


class Versions:
    """Which versions of items there are so far; equal columns, bit by bit, are one version.

    It remembers a digest of each version (about 150 bytes) and the latest version of each item.

    Args:
        schema: The data set's schema.
    """

    def __init__(self, schema: Schema) -> None:
        self._codes = {feature.name: _Codes() for feature in schema.features_of("item")}
        self._items = _Codes()
        self._rows: dict[bytes, int] = {}
        self._first = np.zeros(0, np.int64)  # by item, its row
        self._latest = np.zeros((0, 0), np.uint8)  # by item, `[items, bytes]`

    def __len__(self) -> int:
        """How many versions there are."""
        return len(self._rows)

    def add(self, items: Items) -> tuple[np.ndarray, ItemRows]:
        """The row of each candidate, `[pairs]` int64, and the rows that are new, in order of their first candidate."""
        start, parts = len(self), self._parts(items)
        item = self._items.of(zip(items.item_id.tolist(), items.product.tolist(), strict=True))
        number, new = self._numbered(np.concatenate([_bytes_of(item), *parts], axis=1))
        changed, fresh = self._since(item[new], [part[new] for part in parts], start=start)
        kept, values = items.take(new), {}
        for bit, name in enumerate(self._codes):
            values[name] = column_take(kept.item[name], np.flatnonzero(changed[:, bit]))
        rows = ItemRows(
            first=self._first[item[new]],
            changed=changed,
            mask=kept.item_mask,
            item_id=kept.item_id[fresh],
            product=kept.product[fresh],
            columns=values,
        )
        return number, rows

    def _parts(self, items: Items) -> list[np.ndarray]:
        """`[pairs, bytes]` of each feature and, last, of the mask."""
        columns = [_fixed(items.item[name], codes) for name, codes in self._codes.items()]
        return [*columns, _bytes_of(to_words(items.item_mask))]

    def _numbered(self, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The number of the version of each of `[pairs, bytes]`, and the index of the first pair of each new one."""
        whole, width = rows.tobytes(), rows.shape[1]
        number, new, count = np.empty(len(rows), np.int64), [], len(self)
        for place in range(len(rows)):
            digest = hashlib.blake2b(whole[place * width : (place + 1) * width], digest_size=_DIGEST).digest()
            number[place] = found = self._rows.setdefault(digest, count)
            if found == count:
                new.append(place)
                count += 1
        return number, np.array(new, np.int64)

    def _since(self, item: np.ndarray, parts: list[np.ndarray], *, start: int) -> tuple[np.ndarray, np.ndarray]:
        """What each new version, `[new]` of items and of parts, changes of the one before it, and which have none."""
        known, widths = len(self._first), [part.shape[1] for part in parts]
        order = np.argsort(item, kind="stable")
        of, now = item[order], np.concatenate(parts, axis=1)[order]
        if not known:
            self._latest = now[:0]
        opens = np.diff(of, prepend=-1) != 0
        fresh, later = opens & (of >= known), opens & (of < known)
        before = np.roll(now, 1, axis=0)
        before[later] = self._latest[of[later]]
        starts = np.cumsum([0, *widths[:-2]])
        differs = np.logical_or.reduceat((before != now)[:, : sum(widths[:-1])], starts, axis=1)
        self._first = np.concatenate([self._first, start + order[fresh]])
        self._latest = _grown(self._latest, rows=len(self._first))
        closes = np.append(opens[1:], True)[: len(of)]
        self._latest[of[closes]] = now[closes]
        back = np.argsort(order)
        return (differs | fresh[:, None])[back], fresh[back]


class _Codes:
    """A number for each value that came, from 0."""

    def __init__(self) -> None:
        self._known: dict[Hashable, int] = {}

    def of(self, values: Iterable[Hashable]) -> np.ndarray:
        """`[values]` int32."""
        known = self._known
        return np.array([known.setdefault(value, len(known)) for value in values], np.int32)


def _fixed(column: Column, codes: _Codes) -> np.ndarray:
    """`[rows, bytes]` of a column: numbers as they are, tokens and lists by a number for each."""
    if isinstance(column, Ragged):
        tokens, ends = column.values.tolist(), np.cumsum(column.lengths)
        places = zip((ends - column.lengths).tolist(), ends.tolist(), strict=True)
        return _bytes_of(codes.of(tuple(tokens[start:end]) for start, end in places))
    return _bytes_of(column if column.dtype.kind in "if" else codes.of(column.tolist()))


def _bytes_of(column: np.ndarray) -> np.ndarray:
    """`[rows, bytes]` of a column of numbers."""
    rows = np.ascontiguousarray(column).reshape(len(column), math.prod(column.shape[1:]))
    return rows.view(np.uint8).reshape(len(rows), rows.shape[1] * rows.itemsize)


def _grown(table: np.ndarray, *, rows: int) -> np.ndarray:
    """The table with room for so many rows; it doubles, so that many small steps cost no more than one."""
    if rows <= len(table):
        return table
    larger = np.zeros((max(rows, 2 * len(table)), table.shape[1]), np.uint8)
    larger[: len(table)] = table
    return larger
