"""Cuts a data set's item corpus into the parts of its embeddings (paper section 2.2)."""

import hashlib
import json
import pathlib

from mtmd_tf.serving.embedding.part_items import Part
from tfrecords_tools.manifest import Manifest
from tfrecords_tools.requests import DataError

PART_ITEMS = 8192  # small enough that one shard keeps many processes busy and a kill costs seconds


def plan_parts(corpus: Manifest, out: pathlib.Path, *, part_items: int = PART_ITEMS) -> tuple[Part, ...]:
    """The parts in order: ranges of at most `part_items` records of a shard.

    Raises:
        DataError: A shard that is not there.
    """
    ranges = []
    for shard in corpus.item_shards():
        name, digest = str(shard.path.relative_to(corpus.folder)), _digest(shard.path)
        for first in range(0, max(shard.items, 1), part_items):
            ranges.append(
                (name, digest, first, min(part_items, shard.items - first), first + part_items >= shard.items)
            )
    return tuple(
        Part(
            path=out / f"part-{number:05d}-of-{len(ranges):05d}.parquet",
            data=corpus.folder.absolute(),
            shard=name,
            digest=digest,
            first=first,
            items=items,
            last=last,
        )
        for number, (name, digest, first, items, last) in enumerate(ranges)
    )


def fingerprint(corpus: Manifest, parts: tuple[Part, ...]) -> str:
    """What tells an item corpus from others, by the content of its shards however cut: 16 hexadecimal digits."""
    shards = [[part.shard, part.digest, part.first + part.items] for part in parts if part.last]
    plain = [corpus.schema_fingerprint, *shards]
    return hashlib.sha256(json.dumps(plain).encode()).hexdigest()[:16]


def _digest(path: pathlib.Path) -> str:
    if not path.exists():
        raise DataError(f"{path}: no such file, though the manifest lists it")
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()[:32]
