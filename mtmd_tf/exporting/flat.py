"""Indexes the inputs of a signature all at once, as the reader does feature by feature.

For one request an operation costs more to start than to run, and a tower has many features (docs/adr/0017). What comes
out is what `SideIndexer` makes of the same values.
"""

from collections.abc import Mapping, Sequence

import tensorflow as tf

from mtmd_tf.exporting.alignment import Alignment, assert_plainly
from mtmd_tf.exporting.inputs import default_of
from mtmd_tf.exporting.tokens import TokenIndexer, Tokens
from mtmd_tf.features.batch import FlatSide
from mtmd_tf.features.indexing import tame
from mtmd_tf.features.layout import SideLayout
from mtmd_tf.features.refusal import number_message


class FlatIndexer(tf.Module):
    """Indexes one side of a call.

    Args:
        layout: The side's fields.
    """

    def __init__(self, layout: SideLayout) -> None:
        super().__init__(name=f"{layout.side}_flat_indexer")
        self._layout = layout
        self._kinds = [(*layout.of_kind("categorical"), *layout.of_kind("ragged"))]
        self._kinds += [layout.of_kind("dense"), layout.of_kind("continuous")]
        self._tokens = TokenIndexer(layout) if self._kinds[0] else None

    def __call__(
        self, inputs: Mapping[str, tf.Tensor], *, key: tf.Tensor | None = None, exists: tf.Tensor | None = None
    ) -> FlatSide:
        """Indexes `rows` rows.

        Args:
            inputs: Inputs of the signature, by feature name, of `rows` rows or one; one left out is missing.
            key: Another input, which counts as they do for the number of rows.
            exists: `[rows or 1, fields]` bool, where a feature can exist; None for everywhere.

        Raises:
            tf.errors.InvalidArgumentError: When run, inputs of different numbers of rows, a present number that is
                not finite, or a negative count; it names the features.
        """
        whole = {f.name: inputs[f.name] if f.name in inputs else default_of(f) for f in self._layout.features}
        together = Alignment.of([*whole.values()] if key is None else [*whole.values(), key])
        aligned, start = [], 0
        for features in self._kinds:
            aligned.append(together.part(start, len(features)))
            start += len(features)
        tokens = self._tokens(whole, aligned[0]) if self._tokens else _no_tokens(together.rows)
        vectors = [whole[feature.name] for feature in self._kinds[1]]
        numbers = _side_by_side([whole[feature.name] for feature in self._kinds[2]], aligned[2])
        there = [tf.reduce_any(tf.equal(vector, vector), axis=1) for vector in vectors]
        present = [tokens.present, _side_by_side(there, aligned[1], tf.bool), tf.equal(numbers, numbers)]
        mask = tf.concat(present, axis=1)
        mask = mask if exists is None else mask & exists
        vectors = [tf.where(here[:, None], vector, 0.0) for here, vector in zip(there, vectors, strict=True)]
        numbers = tame(self._kinds[2], numbers, mask[:, mask.shape[1] - numbers.shape[1] :])
        return self._require_finite(
            FlatSide(
                tokens=tokens.rows,
                segment=tokens.segment,
                segments=tokens.segments,
                index=tokens.index,
                scale=tokens.scale,
                vectors=tuple(vectors),
                vector_index=aligned[1].index,
                numbers=numbers,
                mask=tf.cast(mask, tf.float32),
            )
        )

    def _require_finite(self, side: FlatSide) -> FlatSide:
        """Refuses infinity, half a vector, and a negative count."""
        features = (*self._kinds[1], *self._kinds[2])
        if not features:
            return side
        finite = [tf.reduce_all(tf.math.is_finite(vector), axis=1) for vector in side.vectors]
        whole = tf.gather(tf.concat(finite, axis=0), side.vector_index) if finite else None
        parts = [tf.math.is_finite(side.numbers)] if whole is None else [whole, tf.math.is_finite(side.numbers)]
        wrong = ~tf.concat(parts, axis=1) & (side.mask[:, side.mask.shape[1] - len(features) :] > 0)
        bad = tf.where(wrong)
        with tf.control_dependencies([assert_plainly(tf.equal(tf.size(bad), 0), number_message(features, bad))]):
            return side._replace(mask=tf.identity(side.mask))


def _side_by_side(inputs: Sequence[tf.Tensor], aligned: Alignment, dtype: tf.DType = tf.float32) -> tf.Tensor:
    """`[rows, inputs]` of inputs of one value a row."""
    return tf.gather(tf.concat(inputs, axis=0), aligned.index) if inputs else tf.zeros([aligned.rows, 0], dtype)


def _no_tokens(rows: tf.Tensor) -> Tokens:
    return Tokens(
        rows=tf.zeros([0], tf.int64),
        segment=tf.zeros([0], tf.int32),
        segments=tf.constant(0),
        index=tf.zeros([rows, 0], tf.int32),
        scale=tf.zeros([rows, 0]),
        present=tf.zeros([rows, 0], tf.bool),
    )
