"""Embeds one part of the item corpus: the unit of work of a batch job (paper section 2.2)."""

import dataclasses
import functools
import os
import pathlib
import platform
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa

from mtmd_tf.serving.embedding.failed_items import FailedItem
from mtmd_tf.serving.embedding.item_tower import ItemTower, use_one_thread
from mtmd_tf.serving.embedding.matmul_throughput import matmul_throughput
from mtmd_tf.serving.embedding.part_files import (
    FINGERPRINT,
    column_fields,
    item_columns,
    part_metadata,
    part_schema,
    read_part,
    write_part,
)
from mtmd_tf.serving.embedding.part_items import Part, PartItem, read_items
from mtmd_tf.serving.embedding.previous import PreviousEmbeddings
from mtmd_tf.serving.embedding.stored import FILE_NAME, FORMAT
from mtmd_tf.serving.specification import ServingError
from tfrecords_tools.files import atomically
from tfrecords_tools.parsing import decode_items
from tfrecords_tools.schema import Schema


class PartWork(NamedTuple):
    """What was done for a part.

    Attributes:
        items: All items of the part, lost ones included.
        embedded: Items that went through the tower.
        taken: Items taken over from previous embeddings.
        flops: FLOPs of the tower's matrix products.
        tower_seconds: Spent in the tower.
        throughput: FLOPs a second of a large matrix product in this process, measured beside the work.
        process: Id of the process that did the work.
    """

    items: int
    embedded: int
    taken: int
    flops: int
    tower_seconds: float
    throughput: float
    process: str


def embed_part(part: Part, *, exports: str, stamp: str, since: str | None = None) -> PartWork:
    """Writes one part, whole or not at all. What it needs beside its arguments it loads once a process.

    Args:
        part: The part: its records and its file.
        exports: Folder of the export.
        stamp: Stamp of the export.
        since: Folder of previous embeddings to take unchanged items from.

    Raises:
        DataError: No such shard, or one with more items than the data set's manifest says.
        ServingError: Another export than the one meant.
    """
    tower = _tower(exports, stamp)
    begun = tower.seconds
    items, failures = read_items(part, products=tower.spec.schema.products)
    embedding = np.zeros([len(items), tower.spec.width], np.float32)
    done = np.zeros(len(items), bool)
    if since is not None:
        done, embedding[done] = _take(since, stamp, items)
    taken, flops = int(done.sum()), 0
    for product in tower.spec.schema.products:
        rows = [row for row, item in enumerate(items) if item.product == product and not done[row]]
        if not rows:
            continue
        embedding[rows], lost = tower.embed([items[row].record for row in rows])
        flops += len(rows) * tower.flops[product]
        done[rows] = True
        for place, reason in lost.items():
            item = items[rows[place]]
            done[rows[place]] = False
            failures.append(FailedItem(shard=part.shard, record=item.position, item_id=item.item_id, reason=reason))
    kept = [item for item, good in zip(items, done, strict=True) if good]
    failures.sort(key=lambda failure: failure.record)
    _write(part, kept, embedding[done], failures, stamp=stamp, schema=tower.spec.schema)
    return PartWork(
        items=part.items,
        embedded=len(items) - taken,
        taken=taken,
        flops=flops,
        tower_seconds=tower.seconds - begun,
        throughput=matmul_throughput(),
        process=f"{platform.node()} {os.getpid()}",
    )


def made_of(part: Part, *, stamp: str) -> dict[str, Any]:
    """What a part must be made again for, when it changes."""
    source = {"shard": part.shard, "digest": part.digest, "first": part.first, "items": part.items}
    return {"format": FORMAT, "stamp": stamp, **source}


def is_done(part: Part, *, stamp: str) -> bool:
    """Whether a part is there, made of the same, each of its pages as it was written."""
    metadata = part_metadata(part.path)
    if metadata is None or metadata[0] != made_of(part, stamp=stamp):
        return False
    try:
        read_part(part.path)
    except ServingError:
        return False
    return True


def _write(
    part: Part,
    items: Sequence[PartItem],
    embedding: np.ndarray,
    failures: Sequence[FailedItem],
    *,
    stamp: str,
    schema: Schema,
) -> None:
    features = column_fields(schema)
    stored = part_schema(
        width=embedding.shape[1],
        made_of=made_of(part, stamp=stamp),
        failures=[dataclasses.asdict(failure) for failure in failures],
        features=features,
    )
    kept = decode_items(schema, [item.record for item in items])
    columns = [
        pa.array([item.item_id for item in items], pa.string()),
        pa.array([item.product for item in items], pa.string()),
        pa.FixedSizeListArray.from_arrays(pa.array(embedding.reshape(-1)), type=stored.field("embedding").type),
        pa.array([item.fingerprint for item in items], FINGERPRINT),
        *item_columns(schema, kept),
    ]
    table = pa.Table.from_arrays(columns, schema=stored)
    # Two engines may try a part at once, each under its own name; the bytes are the same.
    with atomically(part.path) as temporary:
        write_part(table, temporary)


def _take(since: str, stamp: str, items: Sequence[PartItem]) -> tuple[np.ndarray, np.ndarray]:
    written = (pathlib.Path(since) / FILE_NAME).stat().st_mtime_ns
    return _previous(since, stamp, written).take([item.fingerprint for item in items])


@functools.lru_cache(maxsize=1)
def _tower(exports: str, stamp: str) -> ItemTower:
    use_one_thread()
    return ItemTower(exports, stamp=stamp)


@functools.lru_cache(maxsize=1)
def _previous(since: str, stamp: str, written: int) -> PreviousEmbeddings:
    del written  # a folder made again since is another
    return PreviousEmbeddings(since, stamp=stamp)
