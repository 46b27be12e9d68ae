"""An order with settings of the size of the data, of all of it and of each slice (docs/adr/0026)."""

import dataclasses
from collections.abc import Collection

from mtmd_tf.experiments.runs.pairs import training_pairs
from mtmd_tf.experiments.runs.plan import Order, Settings
from mtmd_tf.sizing import rule
from mtmd_tf.sizing.settle import settle
from mtmd_tf.slices import ANY
from tfrecords_tools.manifest import Manifest
from tfrecords_tools.schema import Schema


def on_data(order: Order, manifest: Manifest, schema: Schema) -> Order:
    """The order for a data set: its slices, and settings of the size of each where nobody said them."""

    def size(configs: Settings, said: Collection[str], slice_name: str) -> Settings:
        model, train = (rule.said(config, said) for config in configs)
        found = settle(manifest, schema, model=model, train=train, slice_name=slice_name)
        return found.model, found.train

    slices = [name.partition("/") for name in training_pairs(manifest) if name and not name.startswith(ANY)]
    named = tuple((surface, product) for surface, _, product in slices)
    reference = size(order.reference, order.said, "")
    return dataclasses.replace(order, reference=reference, size=size, data=manifest.fingerprint(), slices=named)
