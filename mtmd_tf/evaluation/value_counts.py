"""One cheap pass over the tokens of a few features, which finds their most frequent values."""

from collections import Counter
from collections.abc import Callable, Sequence

import tensorflow as tf

from mtmd_tf.evaluation.feature_values import FeatureValues, named_values
from mtmd_tf.features.columns import ColumnParser
from mtmd_tf.features.diagnosis import explained
from mtmd_tf.features.indexing import SideIndexer, unpack_mask
from mtmd_tf.features.layout import SideLayout
from mtmd_tf.features.reading import DataSet
from mtmd_tf.features.serialized import serialized_requests
from tfrecords_tools.schema import Feature, Schema

_RECORDS = 4096  # read together
_TOKENS_KEPT = 100_000  # of a feature while counting, so that memory is bounded; far more than are named


def frequent_values(data: DataSet, *, split: str, features: Sequence[Feature]) -> tuple[FeatureValues, ...]:
    """The most frequent values of each feature over the pairs of a split, whatever slice `data` is opened for.

    Args:
        data: Nothing but the features' columns is read.
        split: `train` or `eval`.
        features: Categorical ones of the query or the item.

    Raises:
        DataError: A record that breaks the data contract.
    """
    if not features:
        return ()
    counts: dict[str, Counter[tuple[int, bytes | int]]] = {feature.key: Counter() for feature in features}
    wanted = {"item/product", *(key for feature in features for key in (feature.key, f"{feature.side}/mask"))}
    columns = ColumnParser(data.schema, wanted, items=data.items)
    count = {feature.key: _counter(feature, data.schema) for feature in features}

    def parse(serialized: tf.Tensor) -> dict[str, tuple[tf.Tensor, ...]]:
        parsed = columns(serialized)
        return {feature.key: count[feature.key](parsed) for feature in features}

    paths = [str(shard.path) for shard in data.shards(split)]
    records = serialized_requests(paths).batch(_RECORDS).map(tf.autograph.experimental.do_not_convert(parse))
    with explained(data.schema, data.manifest, paths):
        for batch in records:
            for key, columns in batch.items():
                tokens, rows, pairs = (column.numpy().tolist() for column in columns)
                counts[key].update(dict(zip(zip(rows, tokens, strict=True), pairs, strict=True)))
                if len(counts[key]) > 2 * _TOKENS_KEPT:
                    counts[key] = Counter(dict(counts[key].most_common(_TOKENS_KEPT)))
    return tuple(named_values(feature, counts[feature.key]) for feature in features)


def _counter(feature: Feature, schema: Schema) -> Callable[[dict], tuple[tf.Tensor, ...]]:
    """From parsed columns to every token that is present, its row of the feature's table, and its pairs."""
    layout, of_side = SideLayout(feature.side, schema), schema.features_of(feature.side)
    indexer, column = SideIndexer(layout), layout.of_kind("categorical").index(feature)

    def count(parsed: dict) -> tuple[tf.Tensor, ...]:
        token, bits = parsed[feature.key], parsed[f"{feature.side}/mask"]
        if feature.side == "query":
            token, bits = (tf.gather(each, parsed["item/product"].value_rowids()) for each in (token, bits))
        else:
            token, bits = token.flat_values, bits.flat_values
        present = unpack_mask(bits, features=len(of_side))[:, of_side.index(feature)]
        unique, _, pairs = tf.unique_with_counts(tf.boolean_mask(token, present))
        alone = tf.fill([tf.size(unique), len(of_side)], True)
        row = indexer({feature.name: unique}, alone).tokens[:, column] - layout.table_offsets[feature.name]
        return unique, row, pairs

    return count
