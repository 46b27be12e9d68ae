"""Item embeddings of an older export, made of newer ones without a tower."""

import dataclasses
import json
import pathlib
from collections.abc import Callable

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from mtmd_tf.serving.checksums import checksum
from mtmd_tf.serving.embedding.part_files import METADATA_KEY, write_part
from mtmd_tf.serving.embedding.stored import EmbeddingManifest

STAMP = "0123456789abcdef"


def write_older(
    source: pathlib.Path,
    out: pathlib.Path,
    *,
    stamp: str = STAMP,
    change: Callable[[np.ndarray], np.ndarray] = lambda embedding: embedding,
    lost: int = 0,
) -> pathlib.Path:
    """Copies a folder of embeddings, `[items, width]` of each part changed, its first `lost` items left out."""
    manifest, parts, out = EmbeddingManifest.load(source), [], pathlib.Path(out)
    out.mkdir(parents=True)
    for part in manifest.parts:
        table = pq.read_table(source / part["path"])
        flat = table["embedding"].combine_chunks().flatten().to_numpy().reshape(len(table), manifest.width)
        place, field = table.schema.get_field_index("embedding"), table.schema.field("embedding")
        new = np.ascontiguousarray(change(flat), np.float32).reshape(-1)
        table = table.set_column(place, field, pa.FixedSizeListArray.from_arrays(pa.array(new), type=field.type))
        made_of = json.loads(table.schema.metadata[METADATA_KEY]) | {"stamp": stamp}
        metadata = table.schema.metadata | {METADATA_KEY: json.dumps(made_of).encode()}
        table = table.replace_schema_metadata(metadata).slice(lost)
        write_part(table, out / part["path"])
        whole = checksum((out / part["path"]).read_bytes())
        parts.append({"path": part["path"], "items": len(table), "checksum": whole})
    items = sum(part["items"] for part in parts)
    dataclasses.replace(manifest, stamp=stamp, parts=parts, items=items).write(out)
    return out
