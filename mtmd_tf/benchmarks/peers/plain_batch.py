"""A batch as NumPy arrays, with one row of query features a request or, as flat logs have it, one a pair."""

import tensorflow as tf

from mtmd_tf.benchmarks.peers.plain import PlainBatch, PlainSide
from mtmd_tf.features.batch import Batch, Side


def flat(batch: Batch) -> Batch:
    """The same pairs, each a request of its own: the query features stand once a pair."""

    def own(tensor: tf.Tensor | tf.RaggedTensor) -> tf.Tensor | tf.RaggedTensor:
        return tf.gather(tensor, batch.request)

    return batch._replace(
        request_id=own(batch.request_id),
        timestamp=own(batch.timestamp),
        surface=own(batch.surface),
        request=tf.range(tf.size(batch.request)),
        query=tf.nest.map_structure(own, batch.query),
    )


def plain(batch: Batch) -> PlainBatch:
    """The batch as NumPy arrays."""
    return PlainBatch(
        surface=batch.surface.numpy(),
        request=batch.request.numpy(),
        product=batch.product.numpy(),
        query=_side(batch.query),
        item=_side(batch.item),
        label={task: label.numpy() for task, label in batch.label.items()},
    )


def _side(side: Side) -> PlainSide:
    return PlainSide(
        tokens=side.tokens.numpy(),
        bags=tuple((bag.flat_values.numpy(), bag.row_starts().numpy()) for bag in side.bags),
        vectors=tuple(vector.numpy() for vector in side.vectors),
        numbers=side.numbers.numpy(),
        mask=side.mask.numpy(),
    )
