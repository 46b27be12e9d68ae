"""Pairs as one table of numbers, a row a pair, for learners that are not networks."""

from typing import NamedTuple

import numpy as np

from mtmd_tf.features.batch import Batch, Side
from mtmd_tf.features.layout import SideLayout
from tfrecords_tools.schema import SIDES, Schema

_COUNTED = 64
_FIRST_TOKENS = 3


class Column(NamedTuple):
    """One column: its name, whether it holds category codes, and the rows of the table that they come from."""

    name: str
    categorical: bool
    table_rows: int = 0


class PairTable:
    """Lays every feature that the heavyweight ranker sees out in columns; NaN where it is absent.

    A categorical feature is its code, a number itself, a vector one column an entry. A ragged feature is its length,
    and how often it holds each token of a table up to 64 rows; of a larger table, the codes of its first three tokens,
    as lists put what matters first. Surface and product are categories as well.

    Args:
        schema: Schema of the data set.
    """

    def __init__(self, schema: Schema) -> None:
        self._layouts = {side: SideLayout(side, schema) for side in SIDES if schema.features_of(side)}
        self.columns = [Column("surface", True, len(schema.surfaces)), Column("product", True, len(schema.products))]
        for layout in self._layouts.values():
            self.columns += _columns(layout)

    def __call__(self, batch: Batch) -> np.ndarray:
        """`[pairs, columns]` float32 of a batch that holds cross features where the schema has some."""
        request = batch.request.numpy()
        parts = [batch.surface.numpy()[request][:, None], batch.product.numpy()[:, None]]
        for side, layout in self._layouts.items():
            part = _values(layout, getattr(batch, side))
            parts.append(part[request] if side == "query" else part)
        return np.concatenate([part.astype(np.float32) for part in parts], axis=1)


def _columns(layout: SideLayout) -> list[Column]:
    columns = [Column(feature.key, True, feature.table_rows) for feature in layout.of_kind("categorical")]
    for feature in layout.of_kind("ragged"):
        columns.append(Column(f"{feature.key} length", False))
        if feature.table_rows <= _COUNTED:
            columns += [Column(f"{feature.key} token {row}", False) for row in range(feature.table_rows)]
        else:
            columns += [Column(f"{feature.key} {rank}", True, feature.table_rows) for rank in range(_FIRST_TOKENS)]
    for feature in layout.of_kind("dense"):
        columns += [Column(f"{feature.key} {place}", False) for place in range(feature.size or 0)]
    return columns + [Column(feature.key, False) for feature in layout.of_kind("continuous")]


def _values(layout: SideLayout, side: Side) -> np.ndarray:
    """`[rows, columns]` float32, in the order of `_columns`."""
    absent = side.mask.numpy() == 0  # in field order: tokens, bags, vectors, numbers
    rows, parts, place = len(absent), [], 0
    tokens = side.tokens.numpy()
    for column, feature in enumerate(layout.of_kind("categorical")):
        code = tokens[:, column] - layout.table_offsets[feature.name]
        parts.append(_blank(code[:, None], absent[:, place]))
        place += 1
    for bag, feature in zip(side.bags, layout.of_kind("ragged"), strict=True):
        code = bag.flat_values.numpy() - layout.table_offsets[feature.name]
        owner, lengths = bag.value_rowids().numpy(), bag.row_lengths().numpy()
        parts.append(_blank(lengths[:, None], absent[:, place]))
        if feature.table_rows <= _COUNTED:
            counts = np.bincount(owner * feature.table_rows + code, minlength=rows * feature.table_rows)
            parts.append(_blank(counts.reshape(rows, feature.table_rows), absent[:, place]))
        else:
            first = np.full([rows, _FIRST_TOKENS], np.nan, np.float32)
            rank = np.arange(len(owner)) - (np.cumsum(lengths) - lengths)[owner]
            early = rank < _FIRST_TOKENS
            first[owner[early], rank[early]] = code[early]
            parts.append(first)
        place += 1
    for vector in side.vectors:
        parts.append(_blank(vector.numpy(), absent[:, place]))
        place += 1
    numbers = side.numbers.numpy()
    parts.append(np.where(absent[:, place:], np.float32("nan"), numbers))
    return np.concatenate(parts, axis=1, dtype=np.float32)


def _blank(values: np.ndarray, absent: np.ndarray) -> np.ndarray:
    return np.where(absent[:, None], np.float32("nan"), values.astype(np.float32))
