"""Embeds every item of a data set's corpus with the exported item tower, each exactly once (paper section 2.2)."""

import dataclasses
import hashlib
import json
import os
import pathlib
from collections.abc import Iterator

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import tensorflow as tf
from tqdm import tqdm

from mtmd_tf.serving.loading import load_tower
from mtmd_tf.serving.signatures import SERIALIZED
from mtmd_tf.serving.specification import RankerSpec, ServingError
from mtmd_tf.serving.stored import FILE_NAME, METADATA_KEY, EmbeddingManifest, part_schema
from tfrecords_tools.manifest import ItemShard, Manifest
from tfrecords_tools.records import read_batches
from tfrecords_tools.requests import DataError
from tfrecords_tools.schema import Schema

_LONGEST_MESSAGE = 300


@dataclasses.dataclass(frozen=True, kw_only=True)
class _Job:
    """What one run of the job knows.

    Attributes:
        spec: Of the export.
        data: Fingerprint of the corpus.
        embed: The item tower's signature over serialized items.
        batch_items: Items embedded at once.
    """

    spec: RankerSpec
    data: str
    embed: tf.types.experimental.ConcreteFunction
    batch_items: int


def embed_items(
    exports: str | pathlib.Path,
    data: str | pathlib.Path,
    out: str | pathlib.Path,
    *,
    batch_items: int = 1024,
    show_progress: bool = True,
) -> EmbeddingManifest:
    """Writes one Parquet part per shard of the item corpus, then the manifest.

    Parts appear complete or not at all; a run that was cut off goes on at the next shard, a finished one is left alone.

    Args:
        exports: Folder of an export.
        data: Data set whose items to embed.
        out: Folder of the embeddings.
        batch_items: Items embedded at once.
        show_progress: Whether to print a bar with rate and time left.

    Returns:
        The manifest.

    Raises:
        DataError: A corrupt record, an unknown product, a number that is not finite (it names file and record), or an
            item that appears twice.
        ServingError: No finished export, data of another schema, or `out` holds other embeddings.
    """
    out, corpus = pathlib.Path(out), Manifest.load(data)
    corpus.check_schema(Schema.load(data))
    spec = RankerSpec.load(exports)
    corpus.check_schema(spec.schema)
    fingerprint = _fingerprint(corpus)
    if (out / FILE_NAME).exists():
        return _finished(EmbeddingManifest.load(out), out, stamp=spec.stamp, data=fingerprint)
    tower = load_tower(spec.tower_folder(exports, "item_tower"), stamp=spec.stamp)
    job = _Job(spec=spec, data=fingerprint, embed=tower.signatures[SERIALIZED], batch_items=batch_items)
    out.mkdir(parents=True, exist_ok=True)
    shards = corpus.item_shards()
    with tqdm(total=corpus.items["items"], unit=" items", desc="embedding", disable=not show_progress) as progress:
        for number, shard in enumerate(shards):
            _write_part(job, shard, out / _part_name(number, len(shards)), progress)
    manifest = _count(job, shards, out)
    manifest.write(out)
    return manifest


def _write_part(job: _Job, shard: ItemShard, path: pathlib.Path, progress: tqdm) -> None:
    schema = part_schema(width=job.spec.width, stamp=job.spec.stamp, data=job.data, shard=shard.path.name)
    if path.exists() and pq.read_schema(path).metadata.get(METADATA_KEY) == schema.metadata[METADATA_KEY]:
        progress.update(shard.items)
        return
    temporary = path.with_name(f".{path.name}.tmp")
    # Embeddings are noise to a compressor; plain pages are read at the disk's speed.
    with pq.ParquetWriter(temporary, schema, compression="none", use_dictionary=["product"]) as writer:
        for table in _tables(job, shard, schema):
            writer.write_table(table)
            progress.update(len(table))
    os.replace(temporary, path)


def _tables(job: _Job, shard: ItemShard, schema: pa.Schema) -> Iterator[pa.Table]:
    first = 0
    for records in read_batches(shard.path, size=job.batch_items):
        try:
            outputs = {
                name: tensor.numpy() for name, tensor in job.embed(serialized=tf.constant(records, tf.string)).items()
            }
        except tf.errors.InvalidArgumentError as error:
            raise _explain(job, shard, records, first) from error
        broken = np.flatnonzero(~np.isfinite(outputs["embedding"]).all(axis=1))
        if len(broken):
            item = outputs["item_id"][broken[0]].decode(errors="replace")
            raise DataError(f"{shard.path}, record {first + broken[0]}: the embedding of item {item} is not finite")
        flat = pa.array(outputs["embedding"].reshape(-1), pa.float32())
        columns = [
            pa.array(outputs["item_id"].tolist(), pa.binary()).cast(pa.string()),
            pa.array(outputs["product"].tolist(), pa.binary()).cast(pa.string()),
            pa.FixedSizeListArray.from_arrays(flat, type=schema.field("embedding").type),
        ]
        yield pa.Table.from_arrays(columns, schema=schema)
        first += len(records)


def _explain(job: _Job, shard: ItemShard, records: list[bytes], first: int) -> DataError:
    """Embeds the records of a failed batch one by one until the culprit fails again."""
    for number, record in enumerate(records, start=first):
        try:
            job.embed(serialized=tf.constant([record], tf.string))
        except tf.errors.InvalidArgumentError as error:
            return DataError(f"{shard.path}, record {number}: {_short(error)}")
    return DataError(f"{shard.path}, records {first} to {first + len(records) - 1} fail together but not one by one")


def _short(error: tf.errors.OpError) -> str:
    """The message without where in the graph it arose."""
    text = " ".join(error.message.split()).partition(" [[{{")[0]
    for before in ("<stack traces unavailable> ", "assertion failed: "):
        text = text.partition(before)[2] or text
    return text[:_LONGEST_MESSAGE]


def _count(job: _Job, shards: tuple[ItemShard, ...], out: pathlib.Path) -> EmbeddingManifest:
    """Reads back every id and product: each item once, as many as the data set says."""
    parts, ids, products = [], [], []
    for number, shard in enumerate(shards):
        name = _part_name(number, len(shards))
        table = pq.read_table(out / name, columns=["item_id", "product"])
        if len(table) != shard.items:
            raise DataError(
                f"{shard.path} holds {len(table)} items, the data set's manifest says {shard.items}; build it again"
            )
        parts.append({"path": name, "items": len(table)})
        ids.append(table["item_id"].combine_chunks())
        products.append(table["product"].combine_chunks())
    all_ids = pa.chunked_array(ids, pa.string())
    if pc.count_distinct(all_ids).as_py() != len(all_ids):
        counts = all_ids.value_counts()
        twice = counts.filter(pc.greater(counts.field("counts"), 1))[0]["values"].as_py()
        files = [
            str(shard.path) for shard, own in zip(shards, ids, strict=True) if pc.any(pc.equal(own, twice)).as_py()
        ]
        raise DataError(f"item {twice} is in the item corpus more than once, in {files}; an item is one record")
    counted = {
        entry["values"]: entry["counts"] for entry in pa.chunked_array(products, pa.string()).value_counts().to_pylist()
    }
    return EmbeddingManifest(
        stamp=job.spec.stamp,
        data=job.data,
        width=job.spec.width,
        items=len(all_ids),
        products={product: counted.get(product, 0) for product in job.spec.schema.products},
        parts=parts,
    )


def _finished(done: EmbeddingManifest, out: pathlib.Path, *, stamp: str, data: str) -> EmbeddingManifest:
    if (done.stamp, done.data) != (stamp, data):
        raise ServingError(
            f"{out} holds embeddings of the stamp {done.stamp} and the corpus {done.data}, "
            f"these would be {stamp} and {data}; give another --out, or delete the folder"
        )
    return done


def _fingerprint(corpus: Manifest) -> str:
    plain = {"schema": corpus.schema_fingerprint, "source": corpus.source, "items": corpus.items}
    return hashlib.sha256(json.dumps(plain, sort_keys=True).encode()).hexdigest()[:16]


def _part_name(number: int, parts: int) -> str:
    return f"part-{number:05d}-of-{parts:05d}.parquet"
