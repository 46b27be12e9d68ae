"""A part of the item embeddings on disk: a Parquet file that says what it was made of (paper section 2.2).

One row an item: `item_id` text, `product` text, `embedding` a fixed-size list of float32, all tasks side by side as the
towers' `embedding` output, `fingerprint`, 16 bytes, a hash of the item's record, and `item/<feature>`, null where it is
missing; dense vectors are left out. Every page has Parquet's own checksum, which other readers can verify too.
"""

import json
import pathlib
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from mtmd_tf.serving.checksums import checksum
from mtmd_tf.serving.specification import ServingError
from tfrecords_tools.dtypes import ARROW_TYPES
from tfrecords_tools.requests import Items, Ragged
from tfrecords_tools.schema import Feature, Schema

METADATA_KEY = b"mtmd_tf"
FAULTS_KEY = b"mtmd_tf_faults"
FINGERPRINT = pa.binary(16)


def part_schema(
    *,
    width: int,
    made_of: Mapping[str, Any],
    failures: Sequence[Mapping[str, Any]] = (),
    features: Sequence[pa.Field] = (),
) -> pa.Schema:
    """A part's columns, and in its metadata what it was made of (its `stamp` among it) and what was left out."""
    columns = [
        pa.field("item_id", pa.string(), nullable=False),
        pa.field("product", pa.string(), nullable=False),
        pa.field("embedding", pa.list_(pa.field("element", pa.float32(), nullable=False), width), nullable=False),
        pa.field("fingerprint", FINGERPRINT, nullable=False),
        *features,
    ]
    metadata = {METADATA_KEY: _json(made_of), FAULTS_KEY: _json(list(failures))}
    return pa.schema(columns, metadata=metadata)


def write_part(table: pa.Table, path: pathlib.Path) -> None:
    """Writes a part's table; embeddings are noise to a compressor, and plain pages are read at the disk's speed."""
    words = [name for name in table.column_names if name not in ("item_id", "embedding", "fingerprint")]
    pq.write_table(table, path, compression="none", use_dictionary=words, write_page_checksum=True)


def part_metadata(path: pathlib.Path) -> tuple[dict[str, Any], list[dict[str, Any]]] | None:
    """What a part was made of and what was left out; None where there is no such part, or a broken one."""
    try:
        metadata = pq.read_metadata(path).metadata or {}
    except (FileNotFoundError, pa.ArrowInvalid):
        return None
    if not {METADATA_KEY, FAULTS_KEY} <= set(metadata):
        return None
    return json.loads(metadata[METADATA_KEY]), json.loads(metadata[FAULTS_KEY])


def _json(plain: Any) -> bytes:
    return json.dumps(plain, sort_keys=True).encode()


def read_part(
    path: pathlib.Path, columns: list[str] | None = None, *, wanted: int | None = None, without: Sequence[str] = ()
) -> pa.Table:
    """Some columns of a part, or all of it.

    Args:
        path: Path of the part.
        columns: Names of the columns; None for all.
        wanted: The whole file's checksum; None: only the pages that are read are verified.
        without: Columns to leave out.

    Raises:
        ServingError: It is missing or damaged.
    """
    rule = "run python -m mtmd_tf.jobs.embed_items again"
    try:
        content = None if wanted is None else path.read_bytes()
        if content is not None and checksum(content) != wanted:
            raise ServingError(f"{path} is damaged: it is not as it was written; {rule}")
        source = path if content is None else pa.BufferReader(content)
        file = pq.ParquetFile(source, page_checksum_verification=True)
        names = columns if columns is not None else [name for name in file.schema_arrow.names if name not in without]
        return file.read(columns=names)
    except FileNotFoundError as error:
        raise ServingError(f"{path} is missing or damaged (no such file); {rule}") from error
    except (OSError, pa.ArrowException) as error:
        raise ServingError(f"{path} is missing or damaged (no whole Parquet file); {rule}") from error


def kept_features(schema: Schema) -> tuple[Feature, ...]:
    """The item features that have a column, in the schema's order."""
    return tuple(feature for feature in schema.features_of("item") if feature.kind != "dense")


def column_fields(schema: Schema) -> list[pa.Field]:
    """Their names and types; a ragged feature is a list."""
    return [
        pa.field(f.key, pa.list_(ARROW_TYPES[f.dtype]) if f.kind == "ragged" else ARROW_TYPES[f.dtype])
        for f in kept_features(schema)
    ]


def item_columns(schema: Schema, items: Items) -> list[pa.Array]:
    """`[items]` arrays, one for each of `column_fields` and in their order."""
    bits = {feature.name: bit for bit, feature in enumerate(schema.features_of("item"))}
    return [
        _column(feature, items.item[feature.name], missing=~items.item_mask[:, bits[feature.name]])
        for feature in kept_features(schema)
    ]


def _column(feature: Feature, column: np.ndarray | Ragged, *, missing: np.ndarray) -> pa.Array:
    kind = ARROW_TYPES[feature.dtype]
    if not isinstance(column, Ragged):
        return pa.array(column, kind, mask=missing)
    offsets = np.concatenate([[0], np.cumsum(column.lengths)]).astype(np.int32)
    return pa.ListArray.from_arrays(pa.array(offsets), pa.array(column.values, kind), mask=pa.array(missing))
