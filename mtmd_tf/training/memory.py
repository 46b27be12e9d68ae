"""Whether this machine can hold a schema's embedding tables while it trains."""

import os

from mtmd_tf.config import ConfigError
from tfrecords_tools.schema import Schema
from tfrecords_tools.tables import in_units, table_bytes


def require_memory(schema: Schema, *, dim: int, cross: bool, most_rows: int = 0) -> None:
    """Refuses tables that are larger than the machine's memory, before any of them is made.

    Args:
        schema: Schema with the tables.
        dim: Numbers in a row.
        cross: Whether cross features have tables too, as a heavyweight ranker's do.
        most_rows: The most rows of a side's table; 0 for as many as the schema has.

    Raises:
        ConfigError: They are; it names the largest, and both sizes.
    """
    features = [feature for feature in schema.features if cross or feature.side != "cross"]
    sides = [sum(f.table_rows for f in features if f.side == side) for side in ("query", "item", "cross")]
    needed = table_bytes(sum(min(rows, most_rows) if most_rows else rows for rows in sides), dim=dim)
    there = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    if needed > there:
        largest = max(features, key=lambda feature: feature.table_rows)
        raise ConfigError(
            f"the embedding tables and their optimizer take {in_units(needed)} at --dim={dim}, and this machine has "
            f"{in_units(there)}; the largest is {largest.key} with {largest.table_rows:,} rows: give it fewer "
            "hash_buckets in the schema, or take a smaller --dim or, in train.py, --max_table_rows."
        )
