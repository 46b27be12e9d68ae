"""The one value that flows from the reader to the model: a batch of requests and their pairs."""

from typing import NamedTuple, TypeVar

import tensorflow as tf

T = TypeVar("T")


class Side(NamedTuple):
    """The features of one side, indexed and grouped by kind so that the model handles few large tensors.

    Field order, everywhere: tokens, bags, vectors, numbers (`mtmd_tf.features.layout.SideLayout`).

    Attributes:
        tokens: `[rows, categorical features]` int64, rows of the side's embedding table.
        bags: RaggedTensors `[rows, None]` int64, one for each ragged feature, of rows of the same table.
        vectors: Tensors `[rows, size]` float32, one for each dense feature.
        numbers: `[rows, continuous features]` float32, `log1p` already taken where the schema says count-like, 0 where
            the mask is 0.
        mask: `[rows, fields]` float32, 1 where the feature is present.
    """

    tokens: tf.Tensor
    bags: tuple[tf.RaggedTensor, ...]
    vectors: tuple[tf.Tensor, ...]
    numbers: tf.Tensor
    mask: tf.Tensor


class FlatSide(NamedTuple):
    """The features of one side of a call to an exported tower: the tokens of all features in one row, in few tensors.

    Attributes:
        tokens: `[tokens]` int64, rows of the side's embedding table.
        segment: `[tokens]` int32, sum that each token is added to; -1 for a token that is not counted.
        segments: `[]` int32, how many there are.
        index: `[rows, categorical + ragged features]` int32, which segment is a row's, in field order.
        scale: Factor of the sum, float32, of the shape of `index`.
        vectors: Tensors `[rows or 1, size]` float32, one for each dense feature, 0 where it is missing.
        vector_index: `[rows, dense features]` int32, which row of all vectors, one feature after another, is a row's.
        numbers: Numbers, as in `Side`.
        mask: Mask, as in `Side`.
    """

    tokens: tf.Tensor
    segment: tf.Tensor
    segments: tf.Tensor
    index: tf.Tensor
    scale: tf.Tensor
    vectors: tuple[tf.Tensor, ...]
    vector_index: tf.Tensor
    numbers: tf.Tensor
    mask: tf.Tensor


class Batch(NamedTuple):
    """`requests` requests with `pairs` candidates.

    Attributes:
        request_id: Ids of the requests, `[requests]` string.
        timestamp: `[requests]` int64, seconds since 1970.
        surface: Index of the surface, `[requests]` int32.
        request: `[pairs]` int32, the row of each pair's request.
        item_id: Ids of the items, `[pairs]` string.
        product: Index of the product, `[pairs]` int32.
        query: `rows` = requests.
        item: `rows` = pairs.
        cross: `rows` = pairs, or () where the reader was not asked for it.
        label: `{task: [pairs]}` float32, NaN where there is none; empty for data without labels.
        event: `{task: [pairs]}` float32 1 or 0, NaN where it was not observed; empty for data without events.
        weight: `[pairs]` float32, 1 where the data has no such column.
        bid: `[pairs]` float32, 1 where the data has no such column.
    """

    request_id: tf.Tensor
    timestamp: tf.Tensor
    surface: tf.Tensor
    request: tf.Tensor
    item_id: tf.Tensor
    product: tf.Tensor
    query: Side
    item: Side
    cross: Side | tuple[()]
    label: dict[str, tf.Tensor]
    event: dict[str, tf.Tensor]
    weight: tf.Tensor
    bid: tf.Tensor


def batch_spec(batch: T) -> T:
    """The type of a batch, or of one side, with any number of rows, so that one trace serves every one."""

    def free(tensor: tf.Tensor | tf.RaggedTensor) -> tf.TypeSpec:
        if isinstance(tensor, tf.RaggedTensor):
            return tf.RaggedTensorSpec(
                [None, None], tensor.dtype, ragged_rank=1, row_splits_dtype=tensor.row_splits.dtype
            )
        return tf.TensorSpec([None, *tensor.shape[1:]], tensor.dtype)

    return tf.nest.map_structure(free, batch)
