"""Raw feature values to table rows and tamed numbers, feature by feature: in readers, and where a tower reads records.

The other signatures of a tower index all features of a call together (`exporting.flat`), by the same rules: what is
done to a number (`tame`), what is refused (`refusal.NUMBER_RULE`), and the row of a token, which stands in two forms.
"""

from collections.abc import Mapping, Sequence

import tensorflow as tf

from mtmd_tf.checks import require_rank
from mtmd_tf.features.batch import Side
from mtmd_tf.features.layout import SideLayout
from tfrecords_tools.hashing import hashed_rows
from tfrecords_tools.masks import BITS, words
from tfrecords_tools.schema import Feature
from tfrecords_tools.specs import TENSOR_TYPES

Raw = Mapping[str, tf.Tensor | tf.RaggedTensor]


class SideIndexer(tf.Module):
    """Hashes, looks up, takes logarithms and unpacks the mask of one side.

    Args:
        layout: Fields of the side.
    """

    def __init__(self, layout: SideLayout) -> None:
        super().__init__(name=f"{layout.side}_indexer")
        self._layout = layout
        self._vocabularies = {
            feature.name: _vocabulary_table(feature) for feature in layout.features if feature.vocabulary is not None
        }

    def __call__(self, raw: Raw, present: tf.Tensor) -> Side:
        """Indexes `rows` rows.

        Args:
            raw: For each feature's name: `[rows]` tokens or floats, `[rows, size]` floats, or `[rows, None]` ragged
                tokens. What stands where `present` is False is never used. A feature left out is absent.
            present: `[rows, features]` bool, in schema order.

        Returns:
            The side, in field order.
        """
        require_rank(present, 2, name="present")
        fields = tf.gather(present, self._layout.mask_bits, axis=1)
        names = [feature.name for feature in self._layout.features]
        here = dict(zip(names, tf.unstack(fields, num=len(names), axis=1), strict=True))
        rows = tf.shape(present)[0]

        def column(feature: Feature) -> tf.Tensor:
            return raw[feature.name] if feature.name in raw else _absent(feature, rows)

        tokens = [
            tf.where(here[f.name], self._rows_of(f, column(f)), self._layout.table_offsets[f.name])
            for f in self._layout.of_kind("categorical")
        ]
        bags = [_keep_rows(column(f), here[f.name]) for f in self._layout.of_kind("ragged")]
        numbers = [column(f) for f in self._layout.of_kind("continuous")]
        vectors = [tf.where(here[f.name][:, None], column(f), 0.0) for f in self._layout.of_kind("dense")]
        return Side(
            tokens=tf.stack(tokens, axis=1) if tokens else tf.zeros([rows, 0], tf.int64),
            bags=tuple(
                bag.with_flat_values(self._rows_of(f, bag.flat_values))
                for f, bag in zip(self._layout.of_kind("ragged"), bags, strict=True)
            ),
            vectors=tuple(vectors),
            numbers=self._numbers(numbers, fields) if numbers else tf.zeros([rows, 0]),
            mask=tf.cast(fields, tf.float32),
        )

    def _numbers(self, columns: Sequence[tf.Tensor], fields: tf.Tensor) -> tf.Tensor:
        last = fields.shape[1] - len(columns)  # fields of numbers come last
        return tame(self._layout.of_kind("continuous"), tf.stack(columns, axis=1), fields[:, last:])

    def _rows_of(self, feature: Feature, tokens: tf.Tensor) -> tf.Tensor:
        if feature.name in self._vocabularies:
            local = self._vocabularies[feature.name].lookup(tokens)
        else:
            local = hashed_rows(tokens, buckets=feature.table_rows)
        return local + self._layout.table_offsets[feature.name]


def unpack_mask(bits: tf.Tensor | tf.RaggedTensor, *, features: int) -> tf.Tensor:
    """Masks as a record's parser gives them to `[rows, features]` bool, bit 0 first.

    Args:
        bits: `[rows]` int64 where one holds all features (`masks.words`), else `[rows, words]` or the same values flat.
        features: Number of features.
    """
    several = words(features)
    flags = tf.constant([1 << feature % BITS for feature in range(features)], tf.int64)[None]  # [1, features]
    if several == 1:
        require_rank(bits, 1, name="bits")
        return tf.bitwise.bitwise_and(bits[:, None], flags) != 0
    flat = bits.flat_values if isinstance(bits, tf.RaggedTensor) else bits
    own = tf.gather(
        tf.reshape(flat, [-1, several]), [feature // BITS for feature in range(features)], axis=1
    )  # [rows, features]
    return tf.bitwise.bitwise_and(own, flags) != 0


def _vocabulary_table(feature: Feature) -> tf.lookup.StaticHashTable:
    vocabulary = feature.vocabulary or ()
    keys = tf.constant(vocabulary, tf.string if feature.dtype == "bytes" else tf.int64)
    values = tf.range(len(vocabulary), dtype=tf.int64)
    initializer = tf.lookup.KeyValueTensorInitializer(keys, values)
    return tf.lookup.StaticHashTable(initializer, default_value=len(vocabulary))


def tame(features: Sequence[Feature], numbers: tf.Tensor, present: tf.Tensor) -> tf.Tensor:
    """`[rows, features]` numbers, the absent ones 0 and counts as logarithms; all at once, for a small graph."""
    numbers = tf.where(present, numbers, 0.0)
    counts = [feature.count_like for feature in features]
    return tf.where(tf.constant(counts), log_count(numbers), numbers) if any(counts) else numbers


def log_count(counts: tf.Tensor) -> tf.Tensor:
    """ln(1 + count), `[...]`; NaN for a count below 0, which readers and towers refuse by `refusal.NUMBER_RULE`."""
    return tf.math.log1p(tf.where(counts < 0, float("nan"), counts))  # the logarithm itself exists down to -1


def _keep_rows(bag: tf.RaggedTensor, present: tf.Tensor) -> tf.RaggedTensor:
    kept = tf.where(tf.gather(present, row_ids(bag)))[:, 0]
    lengths = tf.where(present, bag.row_lengths(), 0)
    return tf.RaggedTensor.from_row_lengths(tf.gather(bag.flat_values, kept), lengths, validate=False)


def row_ids(bag: tf.RaggedTensor) -> tf.Tensor:
    """`[values]` int32: the row of each value, as `value_rowids`, by a search that is a few nodes of a graph."""
    values = tf.range(tf.size(bag.values), dtype=bag.row_splits.dtype)
    return tf.raw_ops.UpperBound(sorted_inputs=bag.row_splits[None, 1:], values=values[None])[0]


def _absent(feature: Feature, rows: tf.Tensor) -> tf.Tensor | tf.RaggedTensor:
    dtype = TENSOR_TYPES[feature.dtype]
    if feature.kind == "ragged":
        return tf.RaggedTensor.from_row_lengths(tf.zeros([0], dtype), tf.zeros([rows], tf.int64), validate=False)
    return tf.zeros([rows] if feature.kind != "dense" else [rows, feature.size], dtype)
