"""Proves by counting that the parts hold every item of the corpus once (paper section 2.2)."""

import dataclasses
from collections.abc import Sequence

import pyarrow as pa
import pyarrow.compute as pc

from mtmd_tf.serving.checksums import checksum
from mtmd_tf.serving.embedding.faults import Fault
from mtmd_tf.serving.embedding.part_files import part_metadata, read_part
from mtmd_tf.serving.embedding.part_items import Part
from mtmd_tf.serving.embedding.stored import EmbeddingManifest
from mtmd_tf.serving.specification import RankerSpec
from tfrecords_tools.requests import DataError


def read_faults(parts: Sequence[Part]) -> list[Fault]:
    """What the parts left out, in order."""
    metadata = [part_metadata(part.path) for part in parts]
    return [Fault(**plain) for each in metadata if each is not None for plain in each[1]]


def count_parts(parts: Sequence[Part], faults: Sequence[Fault], *, spec: RankerSpec, data: str) -> EmbeddingManifest:
    """Reads back every id and product: each item once, and with those left out as many as the data set says.

    Args:
        parts: All of them, written.
        faults: Records that the parts left out.
        spec: Specification of the export.
        data: Fingerprint of the corpus.

    Raises:
        DataError: An item that appears twice, or a part of another length than it must have.
    """
    entries, ids, products = [], [], []
    for part in parts:
        whole = checksum(part.path.read_bytes())
        table = read_part(part.path, ["item_id", "product"], wanted=whole)
        lost = sum(
            fault.items
            for fault in faults
            if fault.shard == part.shard and part.first <= fault.record < part.first + part.items
        )
        if len(table) + lost != part.items:
            raise DataError(f"{part.path} holds {len(table)} items and lost {lost}; it must be {part.items}")
        entries.append({"path": part.path.name, "items": len(table), "checksum": whole})
        ids.append(table["item_id"].combine_chunks())
        products.append(table["product"].combine_chunks())
    all_ids = pa.chunked_array(ids, pa.string())
    if pc.count_distinct(all_ids).as_py() != len(all_ids):
        counts = all_ids.value_counts()
        twice = counts.filter(pc.greater(counts.field("counts"), 1))[0]["values"].as_py()
        files = [part.shard for part, own in zip(parts, ids, strict=True) if pc.any(pc.equal(own, twice)).as_py()]
        raise DataError(
            f"item {twice} is in the item corpus more than once, in {sorted(set(files))} of {parts[0].data}; "
            "an item is one record"
        )
    counted = {
        entry["values"]: entry["counts"] for entry in pa.chunked_array(products, pa.string()).value_counts().to_pylist()
    }
    return EmbeddingManifest(
        stamp=spec.stamp,
        data=data,
        width=spec.width,
        items=len(all_ids),
        products={product: counted.get(product, 0) for product in spec.schema.products},
        parts=entries,
        tasks={task.name: [task.coordinates.start, task.coordinates.stop] for task in spec.tasks},
        skipped=[dataclasses.asdict(fault) for fault in faults],
    )
