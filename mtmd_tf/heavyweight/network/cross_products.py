"""Cross-product transformations: what two categories say together, as in Wide & Deep (Cheng et al., 2016)."""

from typing import Any

import numpy as np
import tensorflow as tf

from mtmd_tf.features.batch import Batch, Side
from mtmd_tf.features.layout import SideLayout
from tfrecords_tools.schema import Schema

LARGE = 500  # rows of an embedding table, above which a category is an identity more than a kind


@tf.keras.utils.register_keras_serializable("mtmd_tf")
class CrossProducts(tf.keras.layers.Layer):
    """One weight a task for each category of the query together with each category of the item.

        y[task] = sum over fields q, i present:  W[task, q, i, code of q, code of i]

    The surface is one of the query's fields and the product one of the item's; a field that always says the same is
    beside each, so that every category has a weight of its own as well. Tables of more than 500 rows are left out:
    what names one thing is met too rarely together with another. All weights start at 0, and most should stay there:
    see `penalty`.

    Args:
        schema: Schema of the data set.
        units: Number of tasks.

    Input:        a `Batch`
    Output shape: `[pairs, units]`
    """

    def __init__(self, schema: Schema, *, units: int, **kwargs) -> None:
        super().__init__(**kwargs)
        self._schema, self._units = schema, units
        self._query, self._item = (_Codes(SideLayout(side, schema)) for side in ("query", "item"))
        query_rows = np.array([1, len(schema.surfaces), *self._query.rows], np.int32)
        item_rows = np.array([1, len(schema.products), *self._item.rows], np.int32)
        cells = np.outer(query_rows, item_rows)
        self._begin = (np.cumsum(cells).reshape(cells.shape) - cells).astype(np.int32)
        self._stride = item_rows
        self.table = self.add_weight("table", shape=[int(cells.sum()), units], initializer="zeros")

    def call(self, batch: Batch) -> tf.Tensor:
        """Adds up the weights of every pair's categories."""
        query, asked = (tf.gather(rows, batch.request) for rows in self._query(batch.query, domain=batch.surface))
        item, shown = self._item(batch.item, domain=batch.product)  # [pairs, 2 + item fields]
        cell = self._begin + query[:, :, None] * self._stride + item[:, None, :]  # [pairs, query codes, item codes]
        return tf.einsum("pq,pi,pqiu->pu", asked, shown, tf.gather(self.table, cell))

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments."""
        return super().get_config() | {"schema": self._schema.to_dict(), "units": self._units}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> "CrossProducts":
        """The layer of a `get_config`."""
        return cls(**config | {"schema": Schema.from_dict(config["schema"])})

    def penalty(self) -> tf.Tensor:
        """Sum of the weights' sizes, one number: as part of a loss (L1), it leaves a weight only where pairs insist."""
        return tf.reduce_sum(tf.abs(self.table))


class _Codes:
    """One side's small categories as their codes: `[rows, 2 + fields]` int32, and 1 where present, float32.

    The first code is always 0, the second the domain.
    """

    def __init__(self, layout: SideLayout) -> None:
        fields = [(place, f) for place, f in enumerate(layout.of_kind("categorical")) if f.table_rows <= LARGE]
        self._places = np.array([place for place, _ in fields], np.int32)
        self._offsets = np.array([layout.table_offsets[feature.name] for _, feature in fields], np.int64)
        self.rows = [feature.table_rows for _, feature in fields]

    def __call__(self, side: Side, *, domain: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        present = tf.gather(side.mask, self._places, axis=1)  # categorical fields come first in the mask
        codes = tf.cast(tf.gather(side.tokens, self._places, axis=1) - self._offsets, tf.int32)
        domain = tf.cast(domain, tf.int32)[:, None]
        always = tf.ones([tf.shape(domain)[0], 2])
        codes = tf.where(present > 0, codes, 0)
        return tf.concat([tf.zeros_like(domain), domain, codes], axis=1), tf.concat([always, present], axis=1)
