"""A few keys of serialized requests, alike from plain and from compact records (docs/data-contract.md)."""

from collections.abc import Collection, Sequence
from typing import Any

import numpy as np
import tensorflow as tf

from mtmd_tf.features.indexing import row_ids
from mtmd_tf.features.item_rows import RowFinder, tensor_of
from mtmd_tf.features.refusal import with_candidates
from tfrecords_tools.item_table.table import ItemTable
from tfrecords_tools.masks import to_words
from tfrecords_tools.requests import Ragged
from tfrecords_tools.schema import Schema
from tfrecords_tools.specs import parsing_spec


class ColumnParser(tf.Module):
    """Parses some keys and no others.

    Args:
        schema: Schema of the data set.
        keys: Keys to parse: none of item lists or vectors.
        columns: Those of the keys that are optional ones.
        items: The item table of a compact data set, or None.
    """

    def __init__(
        self, schema: Schema, keys: Collection[str], *, columns: Sequence[str] = (), items: ItemTable | None = None
    ) -> None:
        super().__init__(name="column_parser")
        spec = parsing_spec(schema, columns, cross=False, compact=items is not None)
        self._find = None if items is None else RowFinder(items)
        self._table = {} if items is None else {key: _column(schema, items, key) for key in keys if key not in spec}
        here = [*keys] if items is None else [*(set(keys) & set(spec)), "item/part", "item/row"]
        self._spec = {key: spec[key] for key in [*here, "request_id"]}
        self._candidates = [key for key in here if isinstance(spec[key], tf.io.RaggedFeature) and key[:5] == "item/"]

    def __call__(self, serialized: tf.Tensor) -> dict[str, Any]:
        """`[requests]` serialized Examples to what `tf.io.parse_example` gives of plain records, and their ids.

        Raises:
            tf.errors.InvalidArgumentError: A key of another type, a request without candidates, or a row that the item
                table lacks (when run).
        """
        parsed = tf.io.parse_example(serialized, self._spec)
        for key in self._candidates:
            parsed[key] = with_candidates(parsed[key], key=key, owner=parsed["request_id"])
        if self._find is not None:
            row = parsed["item/row"]
            rows = self._find(parsed["item/part"], row.values, request=row_ids(row), owner=parsed["request_id"])
            for key, (values, places) in self._table.items():
                parsed[key] = row.with_values(tf.gather(values, tf.gather(places, rows)))
        return parsed


def _column(schema: Schema, items: ItemTable, key: str) -> tuple[tf.Tensor, tf.Tensor]:
    """Values of an item's key and, `[rows]`, the index of each row's."""
    with tf.device("CPU:0"):
        if key == "item/product":
            names = np.array(schema.products)[items.product]
            return tf.constant(names), tf.constant(items.item)
        if key == "item/mask":
            bits = to_words(items.mask)
            return tf.constant(bits[:, 0] if bits.shape[1] == 1 else bits), tf.range(len(items))
        name = key.removeprefix("item/")
        column = items.columns[name]
        if isinstance(column, Ragged):
            raise ValueError(f"{key}: a column of one value an item is the rule")
        return tensor_of(column), tf.constant(items.indices[name])
