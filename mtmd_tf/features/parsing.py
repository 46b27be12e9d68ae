"""Serialized requests to a `Batch`, in one graph of tf.data operations (docs/data-contract.md)."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import tensorflow as tf

from mtmd_tf.features.batch import Batch, Side
from mtmd_tf.features.indexing import SideIndexer, row_ids, unpack_mask
from mtmd_tf.features.item_rows import indexed_items
from mtmd_tf.features.layout import SideLayout
from mtmd_tf.features.refusal import require_finite, unless, with_candidates
from tfrecords_tools.item_table.table import ItemTable
from tfrecords_tools.schema import Schema
from tfrecords_tools.specs import parsing_spec


class RequestParser(tf.Module):
    """Parses and indexes a batch of serialized requests.

    Args:
        schema: The data set's schema.
        columns: The optional keys that the records hold (the manifest's `columns`).
        cross: Whether to read the cross features, as the heavyweight ranker does.
        items: The item table of a compact data set, None for records that hold their items' features.
    """

    def __init__(
        self, schema: Schema, *, columns: Sequence[str], cross: bool = False, items: ItemTable | None = None
    ) -> None:
        super().__init__(name="request_parser")
        self._schema = schema
        self._cross = cross and bool(schema.features_of("cross"))
        self._spec = parsing_spec(schema, columns, cross=self._cross, compact=items is not None)
        sides = ("query", "item", "cross") if self._cross else ("query", "item")
        self._layouts = {side: SideLayout(side, schema) for side in sides}
        self._indexers = {side: SideIndexer(layout) for side, layout in self._layouts.items()}
        self._surfaces = name_table(schema.surfaces)
        self._products = name_table(schema.products)
        self._items = None if items is None else indexed_items(schema, items)

    def __call__(self, serialized: tf.Tensor) -> Batch:
        """`[requests]` serialized Examples to a batch.

        Raises:
            tf.errors.InvalidArgumentError: A missing key, an unknown surface or product, a request without candidates,
                columns of different lengths, a number that is not finite, a negative count, a label or weight out of
                its range, or a row that the item table lacks; the message names the request and the field (when run).
        """
        parsed = tf.io.parse_example(serialized, self._spec)
        request_id = parsed["request_id"]
        name = "item/id" if self._items is None else "item/row"
        parsed[name] = with_candidates(parsed[name], key=name, owner=request_id)
        request = row_ids(parsed[name])
        owner = tf.gather(request_id, request)
        candidates = {
            key: column
            for key, column in parsed.items()
            if isinstance(column, tf.RaggedTensor) and not key.startswith("query/")
        }
        flat = one_per_candidate({name: parsed[name]} | candidates, owner=request_id)
        query = self._side("query", parsed, request_id)
        item_id, product, item = self._candidates(parsed, flat, request=request, owner=owner)
        ones = tf.ones_like(owner, tf.float32)
        return Batch(
            request_id=request_id,
            timestamp=parsed["timestamp"],
            surface=look_up(
                self._surfaces, parsed["surface"], names=self._schema.surfaces, what="surface", owner=request_id
            ),
            request=request,
            item_id=item_id,
            product=product,
            query=query,
            item=item,
            cross=self._side("cross", flat, owner) if self._cross else (),
            label=self._per_task(flat, "label", owner),
            event=self._per_task(flat, "event", owner),
            weight=_within(flat["weight"], 0.0, math.inf, key="weight", owner=owner) if "weight" in flat else ones,
            bid=flat.get("bid", ones),
        )

    def _candidates(
        self, parsed: dict[str, Any], flat: dict[str, tf.Tensor], *, request: tf.Tensor, owner: tf.Tensor
    ) -> tuple[tf.Tensor, tf.Tensor, Side]:
        """The items' ids, `[pairs]`, their products and their features."""
        if self._items is None:
            names, found = self._schema.products, flat["item/product"]
            product = look_up(self._products, found, names=names, what="product", owner=owner)
            return flat["item/id"], product, self._side("item", flat, owner)
        rows = self._items.find(parsed["item/part"], flat["item/row"], request=request, owner=parsed["request_id"])
        side = require_finite(self._items.side(rows), self._layouts["item"], owner=owner)
        return *self._items.identity(rows), side

    def _side(self, side: str, columns: dict[str, Any], owner: tf.Tensor) -> Side:
        features = self._schema.features_of(side)
        present = unpack_mask(columns[f"{side}/mask"], features=len(features))
        raw = {feature.name: columns[feature.key] for feature in features}
        raw |= {f.name: _rectangle(raw[f.name], f.size) for f in features if f.size is not None}
        indexed = self._indexers[side](raw, present)
        return require_finite(indexed, self._layouts[side], owner=owner)

    def _per_task(self, flat: dict[str, tf.Tensor], kind: str, owner: tf.Tensor) -> dict[str, tf.Tensor]:
        columns = {task: flat[f"{kind}/{task}"] for task in self._schema.task_names if f"{kind}/{task}" in flat}
        if kind == "label":
            columns = {task: _within(c, 0.0, 1.0, key=f"label/{task}", owner=owner) for task, c in columns.items()}
            return self._below_parents(columns)
        return {task: tf.where(event < 0, float("nan"), tf.cast(event, tf.float32)) for task, event in columns.items()}

    def _below_parents(self, label: dict[str, tf.Tensor]) -> dict[str, tf.Tensor]:
        """Lowers a child's label to its parent's where it is above it: its event implies the parent's."""
        for task in self._schema.tasks:
            if task.name in label and task.parent in label:
                most = label[task.parent]
                label[task.name] = tf.where(label[task.name] > most, most, label[task.name])  # NaN is above nothing
        return label


def name_table(names: Sequence[str]) -> tf.lookup.StaticHashTable:
    """Looks up each name's index; -1 for any other."""
    initializer = tf.lookup.KeyValueTensorInitializer(tf.constant(names), tf.range(len(names)))
    return tf.lookup.StaticHashTable(initializer, default_value=-1)


def look_up(
    table: tf.lookup.StaticHashTable, tokens: tf.Tensor, *, names: Sequence[str], what: str, owner: tf.Tensor
) -> tf.Tensor:
    """Indices `[tokens]` int32 of `tokens`, `[tokens]`; `owner`, `[tokens]`, is the record of each, for errors."""
    index = table.lookup(tokens)
    unknown = tf.where(index < 0)[:, 0]
    message = [
        f"unknown {what}; the schema has {list(names)}; got",
        tf.gather(tokens, unknown),
        "in",
        tf.gather(owner, unknown),
    ]
    return unless(unknown, message, index)


def one_per_candidate(columns: Mapping[str, tf.RaggedTensor], *, owner: tf.Tensor) -> dict[str, tf.Tensor]:
    """The columns with the request axis merged away: `[pairs]` values each.

    All are compared at once, by where their requests begin: a check a column would be most of the parser's graph.

    Args:
        columns: `[requests, None]` each; the first says how many candidates a request has.
        owner: `[requests]`, what a message calls each request.

    Raises:
        tf.errors.InvalidArgumentError: A request has another number of values than of candidates (when run).
    """
    starts = tf.stack([column.row_splits for column in columns.values()])
    lengths = starts[:, 1:] - starts[:, :-1]
    wrong = tf.where(lengths != lengths[0])
    rules = [f"{key}: one value per candidate is the rule; it is broken in request" for key in columns]
    message = [tf.gather(tf.constant(rules), wrong[:, 0]), tf.gather(owner, wrong[:, 1])]
    with tf.control_dependencies([tf.debugging.Assert(tf.size(wrong) == 0, message)]):
        return {key: tf.identity(column.values) for key, column in columns.items()}


def _within(column: tf.Tensor, low: float, high: float, *, key: str, owner: tf.Tensor) -> tf.Tensor:
    """Refuses what is below `low` or above `high`; NaN is neither, except where there is no highest value."""
    wrong = (column < low) | (column > high)
    if math.isinf(high):
        wrong |= ~tf.math.is_finite(column)
    bad = tf.where(wrong)[:, 0]
    rule = f"{key}: from {low:g} on is the rule" if math.isinf(high) else f"{key}: from {low:g} to {high:g} is the rule"
    message = [f"{rule}; it is", tf.gather(column, bad), "in", tf.gather(owner, bad)]
    return unless(bad, message, column)


def _rectangle(column: tf.Tensor | tf.RaggedTensor, size: int) -> tf.Tensor:
    flat = column.flat_values if isinstance(column, tf.RaggedTensor) else column
    return tf.reshape(flat, [-1, size])
