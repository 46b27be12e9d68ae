"""The item table of a compact data set as tensors, indexed once: a batch gathers its items by row (docs/adr/0051)."""

import functools

import numpy as np
import tensorflow as tf

from mtmd_tf.features.batch import Side
from mtmd_tf.features.indexing import SideIndexer, tame
from mtmd_tf.features.layout import SideLayout
from mtmd_tf.features.refusal import unless
from tfrecords_tools.item_table.table import ItemTable, part_rule
from tfrecords_tools.requests import Column, Ragged
from tfrecords_tools.schema import Schema

_ROWS = 65_536  # indexed together


class RowFinder(tf.Module):
    """Where the rows that records name are in the item table.

    Args:
        items: The item table.
    """

    def __init__(self, items: ItemTable) -> None:
        super().__init__(name="row_finder")
        self._rule = part_rule(items.parts)
        with tf.device("CPU:0"):
            self._parts, self._starts = tf.constant(items.parts), tf.constant(items.starts)

    def __call__(self, part: tf.Tensor, row: tf.Tensor, *, request: tf.Tensor, owner: tf.Tensor) -> tf.Tensor:
        """Finds rows.

        Args:
            part: `[requests]` int64, `item/part`.
            row: `[pairs]` int64, `item/row`.
            request: `[pairs]`, the row of each pair's request.
            owner: `[requests]`, what a message calls each request.

        Returns:
            `[pairs]` int64, rows of the whole table.

        Raises:
            tf.errors.InvalidArgumentError: A part or row that the table lacks (when run).
        """
        place = tf.minimum(tf.searchsorted(self._parts, part), tf.size(self._parts) - 1)
        unknown = tf.where(tf.gather(self._parts, place) != part)[:, 0]
        message = [f"{self._rule}; it is", tf.gather(part, unknown), "in", tf.gather(owner, unknown)]
        place = tf.gather(unless(unknown, message, place), request)
        start = tf.gather(self._starts, place)
        wrong = tf.where((row < 0) | (row >= tf.gather(self._starts, place + 1) - start))[:, 0]
        rule = "item/row: below the number of rows of the item table's part is the rule; it is"
        message = [rule, tf.gather(row, wrong), "in", tf.gather(owner, tf.gather(request, wrong))]
        return unless(wrong, message, start + row)


class IndexedItems(tf.Module):
    """Items by row, as the records of a plain data set would give them, bit by bit.

    Tokens are hashed once; logarithms are taken batch by batch, as their last bit depends on the place in a batch.

    Args:
        schema: Schema of the data set.
        items: Item table of the data set.
    """

    def __init__(self, schema: Schema, items: ItemTable) -> None:
        super().__init__(name="indexed_items")
        self.find = RowFinder(items)
        self._layout = SideLayout("item", schema)
        with tf.device("CPU:0"):
            self._item = tf.constant(items.item)
            self._item_id = tf.constant(items.item_id.tolist(), tf.string)
            self._product = tf.constant(items.product, tf.int32)
            present = items.mask[:, list(self._layout.mask_bits)]  # [rows, fields]
            self._present = tf.constant(present)
            self._side = self._indexed(schema, items)
            self._numbers = tf.constant(self._raw_numbers(items, present))

    def identity(self, rows: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        """The ids, `[pairs]` string, and the index of the product, `[pairs]` int32, of `[pairs]` rows."""
        item = tf.gather(self._item, rows)
        return tf.gather(self._item_id, item), tf.gather(self._product, item)

    def side(self, rows: tf.Tensor) -> Side:
        """The features of `[pairs]` rows, in field order."""
        present, numbers = tf.gather(self._present, rows), tf.gather(self._numbers, rows)
        features = self._layout.of_kind("continuous")
        if features:
            numbers = tame(features, numbers, present[:, present.shape[1] - len(features) :])
        return Side(
            tokens=tf.gather(self._side.tokens, rows),
            bags=tuple(tf.gather(bag, rows) for bag in self._side.bags),
            vectors=tuple(tf.gather(vector, rows) for vector in self._side.vectors),
            numbers=numbers,
            mask=tf.cast(present, tf.float32),
        )

    def _indexed(self, schema: Schema, items: ItemTable) -> Side:
        indexer, blocks = SideIndexer(self._layout), []
        for start in range(0, len(items), _ROWS):
            block = items.take(np.arange(start, min(start + _ROWS, len(items))))
            raw = {name: tensor_of(column) for name, column in block.item.items()}
            blocks.append(indexer(raw, tf.constant(block.item_mask))._replace(numbers=(), mask=()))
        return tf.nest.map_structure(lambda *parts: tf.concat(parts, axis=0), *blocks)

    def _raw_numbers(self, items: ItemTable, present: np.ndarray) -> np.ndarray:
        """`[rows, continuous features]` float32, 0 where there is none."""
        features = self._layout.of_kind("continuous")
        numbers = np.zeros((len(items), len(features)), np.float32)
        for place, feature in enumerate(features):
            numbers[:, place] = items.columns[feature.name][items.indices[feature.name]]
        return np.where(present[:, present.shape[1] - len(features) :], numbers, np.float32(0))


@functools.lru_cache(maxsize=2)
def indexed_items(schema: Schema, items: ItemTable) -> IndexedItems:
    """The tensors of an item table, which all parsers of a data set share."""
    return IndexedItems(schema, items)


def tensor_of(column: Column) -> tf.Tensor | tf.RaggedTensor:
    """A column as a tensor of `[rows]`, `[rows, size]` or, ragged, `[rows, (tokens)]`."""
    if isinstance(column, Ragged):
        return tf.RaggedTensor.from_row_lengths(tensor_of(column.values), column.lengths, validate=False)
    return tf.constant(column.tolist(), tf.string) if column.dtype.kind in "OS" else tf.constant(column)
