"""What items alone hold, as text: which features they have, and the first of them."""

import itertools
from collections.abc import Iterator

import numpy as np
import pandas as pd

from tfrecords_tools.doctor.table import read_presence
from tfrecords_tools.manifest import Manifest
from tfrecords_tools.parsing import decode_items
from tfrecords_tools.records import read_records
from tfrecords_tools.request_text import describe_items
from tfrecords_tools.schema import Schema


def item_parts(manifest: Manifest, schema: Schema, *, show: int, sample: int) -> Iterator[str]:
    """Sections of a report for a terminal.

    Args:
        manifest: Manifest of the data set.
        schema: Schema of the data set.
        show: Items to print.
        sample: About how many items to read for the presence of their features, evenly from all shards.

    Raises:
        DataError: A shard that is missing or not the one described, or a corrupt record.
    """
    presence = read_presence(manifest, schema, count=sample)
    title = f"Presence of item features by product, {len(presence.product):,} items read (. = cannot exist)"
    shares = {
        product: {
            feature.name: float(presence.item_mask[presence.product == index, bit].mean())
            for bit, feature in enumerate(schema.features_of("item"))
            if feature.exists_in(product=product)
        }
        for index, product in enumerate(schema.products)
        if np.any(presence.product == index)
    }
    names = [feature.name for feature in schema.features_of("item")]
    table = pd.DataFrame(shares, index=names).to_string(na_rep=".", float_format="{:.3f}".format)
    yield f"{title}\n{'-' * len(title)}\n{table}"
    first = list(itertools.islice(read_records(manifest.item_shards()[0]), show))
    if first:
        yield describe_items(schema, decode_items(schema, first))
