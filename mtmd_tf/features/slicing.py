"""Reads one slice of a data set, such as the paper's baselines are trained on (paper section 3.2)."""

import tensorflow as tf

from mtmd_tf.features.batch import Batch
from mtmd_tf.features.columns import ColumnParser
from mtmd_tf.slices import ANY
from tfrecords_tools.item_table.table import ItemTable
from tfrecords_tools.schema import Schema

_RECORDS = 256  # looked at together


def records_of(
    chosen: tuple[str, str], records: tf.data.Dataset, *, schema: Schema, items: ItemTable | None = None
) -> tf.data.Dataset:
    """The serialized requests of the slice's surface that have a candidate of its product; `*` is any.

    Args:
        chosen: The slice.
        records: Serialized requests.
        schema: Schema of the data set.
        items: The item table of a compact data set, or None.
    """
    surface, product = chosen
    parse = ColumnParser(schema, ("surface", "item/product"), items=items)

    def keep(serialized: tf.Tensor) -> tf.Tensor:
        parsed = parse(serialized)
        kept = tf.ones_like(parsed["surface"], tf.bool)
        if surface != ANY:
            kept &= parsed["surface"] == surface
        if product != ANY:
            kept &= tf.reduce_any(parsed["item/product"] == product, axis=1)
        return tf.boolean_mask(serialized, kept)

    return records.batch(_RECORDS).map(tf.autograph.experimental.do_not_convert(keep)).unbatch()


def keep_slice(batch: Batch, *, surface: int | None, product: int | None) -> Batch:
    """The pairs of one slice and the requests that keep at least one, in their order.

    Args:
        batch: Pairs of any slices.
        surface: Index into the schema's surfaces; None keeps all.
        product: Index into its products; None keeps all.
    """
    chosen = tf.ones_like(batch.product, tf.bool)
    if surface is not None:
        chosen &= tf.gather(batch.surface, batch.request) == surface
    if product is not None:
        chosen &= batch.product == product
    pairs = tf.where(chosen)[:, 0]
    requests, request = tf.unique(tf.gather(batch.request, pairs))

    def of_requests(part):
        return tf.nest.map_structure(lambda tensor: tf.gather(tensor, requests), part)

    def of_pairs(part):
        return tf.nest.map_structure(lambda tensor: tf.gather(tensor, pairs), part)

    return Batch(
        request_id=of_requests(batch.request_id),
        timestamp=of_requests(batch.timestamp),
        surface=of_requests(batch.surface),
        request=request,
        item_id=of_pairs(batch.item_id),
        product=of_pairs(batch.product),
        query=of_requests(batch.query),
        item=of_pairs(batch.item),
        cross=of_pairs(batch.cross),
        label=of_pairs(batch.label),
        event=of_pairs(batch.event),
        weight=of_pairs(batch.weight),
        bid=of_pairs(batch.bid),
    )
