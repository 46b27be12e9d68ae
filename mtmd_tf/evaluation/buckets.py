"""One cheap pass over the labels of a split, which finds where its buckets begin (paper Table 6)."""

from collections.abc import Mapping

import numpy as np
import tensorflow as tf

from mtmd_tf.features.columns import ColumnParser
from mtmd_tf.features.diagnosis import explained
from mtmd_tf.features.parsing import look_up, name_table, one_per_candidate
from mtmd_tf.features.reading import DataSet
from mtmd_tf.features.serialized import serialized_requests
from mtmd_tf.metrics import Buckets, LabelHistograms, Slices, roots_of

_RECORDS = 4096  # read together


def label_buckets(data: DataSet, *, split: str, parents: Mapping[str, str | None]) -> Buckets:
    """The buckets of every slice of a split: all its requests, whatever slice `data` is opened for.

    Args:
        data: Data set, of which the labels of root tasks are read.
        split: `train` or `eval`.
        parents: `{task: parent or None}` of the tasks.

    Raises:
        DataError: A record that breaks the data contract.
    """
    schema, roots = data.schema, roots_of(parents)
    columns = {root: f"label/{root}" for root in roots.values() if f"label/{root}" in data.manifest.columns}
    wanted = tuple(columns.values())
    parse_keys = ColumnParser(
        schema, ("request_id", "surface", "item/product", *wanted), columns=wanted, items=data.items
    )
    surfaces, products = name_table(schema.surfaces), name_table(schema.products)

    def parse(serialized: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor, dict[str, tf.Tensor]]:
        parsed = parse_keys(serialized)
        owner, product = parsed["request_id"], parsed["item/product"]
        surface = look_up(surfaces, parsed["surface"], names=schema.surfaces, what="surface", owner=owner)
        request = product.value_rowids()
        index = look_up(
            products, product.values, names=schema.products, what="product", owner=tf.gather(owner, request)
        )
        flat = one_per_candidate(
            {"item/product": product} | {key: parsed[key] for key in columns.values()}, owner=owner
        )
        return tf.gather(surface, request), index, {root: flat[key] for root, key in columns.items()}

    histograms = LabelHistograms(Slices(surfaces=schema.surfaces, products=schema.products), roots=roots)
    paths = [str(shard.path) for shard in data.shards(split)]
    records = serialized_requests(paths).batch(_RECORDS).map(tf.autograph.experimental.do_not_convert(parse))
    with explained(schema, data.manifest, paths):
        for surface, product, label in records:
            none = np.full(product.shape[0], np.nan)
            labels = {root: label[root].numpy() if root in label else none for root in roots.values()}
            histograms.update(surface=surface.numpy(), product=product.numpy(), label=labels)
    return histograms.result()
