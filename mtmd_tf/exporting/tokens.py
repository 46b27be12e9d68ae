"""Indexes the tokens of all categorical and ragged features of a call together, as rows of the side's table."""

from collections.abc import Mapping
from typing import NamedTuple

import tensorflow as tf

from mtmd_tf.exporting.alignment import Alignment
from mtmd_tf.features.layout import SideLayout
from mtmd_tf.serving.missing import EMPTY, MISSING
from tfrecords_tools.schema import Feature


class Tokens(NamedTuple):
    """What `FlatSide` says of tokens, and presence.

    Attributes:
        rows: Table row of each token, `[tokens]` int64.
        segment: Segment of each token, `[tokens]` int32.
        segments: Number of segments, `[]` int32.
        index: `[rows, features]` int32, features in field order.
        scale: Factor of each sum, `[rows, features]`.
        present: `[rows, features]` bool.
    """

    rows: tf.Tensor
    segment: tf.Tensor
    segments: tf.Tensor
    index: tf.Tensor
    scale: tf.Tensor
    present: tf.Tensor


class TokenIndexer(tf.Module):
    """Looks up all tokens in one table and hashes them by one operation, to the rows that `SideIndexer` gives them.

    Args:
        layout: The side's fields; some are categorical or ragged.
    """

    def __init__(self, layout: SideLayout) -> None:
        super().__init__(name=f"{layout.side}_token_indexer")
        fields = (*layout.of_kind("categorical"), *layout.of_kind("ragged"))
        self._features = tuple(sorted(fields, key=lambda feature: feature.dtype))
        self._places = [self._features.index(feature) for feature in fields]
        starts = [layout.table_offsets[feature.name] for feature in self._features]
        known = [feature.vocabulary or () for feature in self._features]
        # A token that is not in the table: one of `buckets` rows from `first`.
        self._first = [start + len(tokens) for start, tokens in zip(starts, known, strict=True)]
        self._buckets = [feature.hash_buckets or 1 for feature in self._features]
        self._prefixes = [f"{place:04d}" for place in range(len(self._features))]
        keys = [prefix + str(t) for prefix, tokens in zip(self._prefixes, known, strict=True) for t in tokens]
        rows = [start + place for start, tokens in zip(starts, known, strict=True) for place in range(len(tokens))]
        self._table = None
        if keys:
            initializer = tf.lookup.KeyValueTensorInitializer(tf.constant(keys), tf.constant(rows, tf.int64))
            self._table = tf.lookup.StaticHashTable(initializer, default_value=-1)

    def __call__(self, inputs: Mapping[str, tf.Tensor], aligned: Alignment) -> Tokens:
        """Indexes the tokens of a call, `{feature: [rows or 1, ...]}`.

        Args:
            inputs: Inputs, one for each feature.
            aligned: How they line up, in field order.
        """
        place_of = {place: field for field, place in enumerate(self._places)}
        order = [place_of[place] for place in range(len(self._features))]
        own, width = tf.gather(aligned.own, order), tf.gather(aligned.width, order)
        text = self._text(inputs)
        ends, token = tf.cumsum(own * width), tf.range(tf.size(text))
        feature = tf.raw_ops.UpperBound(sorted_inputs=ends[None], values=token[None])[0]
        before = tf.cumsum(own, exclusive=True)
        segment = tf.gather(before, feature) + (token - tf.gather(ends - own * width, feature)) // tf.gather(
            width, feature
        )
        here = text != tf.gather([_text(MISSING, f) for f in self._features], feature)
        empty = [_text(EMPTY if f.kind == "ragged" else MISSING, f) for f in self._features]
        kept = here & (text != tf.gather(empty, feature))
        flags = tf.cast(tf.stack([here, kept], axis=1), tf.float32)
        segments = tf.reduce_sum(own)
        index = aligned.grid + tf.gather(before, self._places)
        count = tf.gather(tf.math.unsorted_segment_sum(flags, segment, segments), index)
        divisor = tf.maximum(count[:, :, 1], 1.0)
        means = [self._features[place].combiner == "mean" for place in self._places]
        return Tokens(
            rows=self._rows_of(text, feature),
            segment=tf.where(kept, segment, -1),
            segments=segments,
            index=index,
            scale=tf.math.reciprocal(divisor if all(means) else tf.where(means, divisor, 1.0)),
            present=count[:, :, 0] > 0,
        )

    def _text(self, inputs: Mapping[str, tf.Tensor]) -> tf.Tensor:
        parts: dict[str, list[tf.Tensor]] = {}
        for feature in self._features:
            parts.setdefault(feature.dtype, []).append(tf.reshape(inputs[feature.name], [-1]))
        joined = {dtype: tf.concat(own, axis=0) for dtype, own in parts.items()}
        texts = [own if dtype == "bytes" else tf.strings.as_string(own) for dtype, own in joined.items()]
        return tf.concat(texts, axis=0)

    def _rows_of(self, text: tf.Tensor, feature: tf.Tensor) -> tf.Tensor:
        # What tf.strings.to_hash_bucket_fast does, but with a number of buckets for each token.
        fingerprint = tf.bitcast(tf.fingerprint(text), tf.uint64)
        buckets = tf.gather(tf.constant(self._buckets, tf.uint64), feature)
        hashed = tf.cast(fingerprint % buckets, tf.int64) + tf.gather(tf.constant(self._first, tf.int64), feature)
        if self._table is None:
            return hashed
        known = self._table.lookup(tf.strings.join([tf.gather(self._prefixes, feature), text]))
        return tf.where(known < 0, hashed, known)


def _text(values: Mapping[str, bytes | int | float], feature: Feature) -> str:
    value = values[feature.dtype]
    return value.decode() if isinstance(value, bytes) else str(value)
