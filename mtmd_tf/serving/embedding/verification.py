"""Verifies that the parts hold every item of the corpus exactly once (paper section 2.2)."""

import dataclasses
from collections.abc import Sequence
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
from absl import logging

from mtmd_tf.serving.checksums import checksum
from mtmd_tf.serving.embedding.failed_items import FailedItem, require_tolerable
from mtmd_tf.serving.embedding.part_files import part_metadata, read_part
from mtmd_tf.serving.embedding.parts import Part
from mtmd_tf.serving.embedding.stored import EmbeddingManifest
from mtmd_tf.serving.specification import RankerSpec
from tfrecords_tools.manifest import Manifest
from tfrecords_tools.requests import DataError


def verify_parts(
    parts: Sequence[Part], *, spec: RankerSpec, corpus: Manifest, data: str, tolerate: int
) -> EmbeddingManifest:
    """Reads back every id and product: each item once, and with those left out as many as the data set says.

    Args:
        parts: All of them, written.
        spec: Specification of the export.
        corpus: Manifest of the data set.
        data: Fingerprint of the corpus.
        tolerate: How many items may be left out.

    Raises:
        DataError: An item that appears twice, or a part of another length than it must have.
        ServingError: More items are left out than tolerated.
    """
    metadata = [part_metadata(part.path) for part in parts]
    failures = [FailedItem(**plain) for each in metadata if each is not None for plain in each[1]]
    for failure in failures:
        logging.warning("%s", failure)
    require_tolerable(failures, tolerate=tolerate, items=corpus.items["items"], data=corpus.folder)
    entries: list[dict[str, Any]] = []
    ids: list[pa.Array] = []
    products: list[pa.Array] = []
    for part in parts:
        whole = checksum(part.path.read_bytes())
        table = read_part(part.path, ["item_id", "product"], wanted=whole)
        lost = sum(failure.items for failure in failures if _is_of(failure, part))
        if len(table) + lost != part.items:
            raise DataError(f"{part.path} holds {len(table)} items and lost {lost}; it must be {part.items}")
        entries.append({"path": part.path.name, "items": len(table), "checksum": whole})
        ids.append(table["item_id"].combine_chunks())
        products.append(table["product"].combine_chunks())
    _require_once(ids, parts)
    counts = pa.chunked_array(products, pa.string()).value_counts().to_pylist()
    counted = {entry["values"]: entry["counts"] for entry in counts}
    return EmbeddingManifest(
        stamp=spec.stamp,
        data=data,
        width=spec.width,
        items=sum(map(len, ids)),
        products={product: counted.get(product, 0) for product in spec.schema.products},
        parts=entries,
        tasks={task.name: [task.coordinates.start, task.coordinates.stop] for task in spec.tasks},
        skipped=[dataclasses.asdict(failure) for failure in failures],
    )


def _is_of(failure: FailedItem, part: Part) -> bool:
    return failure.shard == part.shard and part.first <= failure.record < part.first + part.items


def _require_once(ids: Sequence[pa.Array], parts: Sequence[Part]) -> None:
    """Refuses an item that two records have; `ids` are those of each part."""
    all_ids = pa.chunked_array(ids, pa.string())
    if pc.count_distinct(all_ids).as_py() == len(all_ids):
        return
    counts = all_ids.value_counts()
    twice = counts.filter(pc.greater(counts.field("counts"), 1))[0]["values"].as_py()
    files = [part.shard for part, own in zip(parts, ids, strict=True) if pc.any(pc.equal(own, twice)).as_py()]
    raise DataError(
        f"item {twice} is in the item corpus more than once, in {sorted(set(files))} of {parts[0].data}; "
        "an item is one record"
    )
