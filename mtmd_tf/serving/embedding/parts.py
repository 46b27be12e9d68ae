"""Divides a data set's item corpus into the parts of its embeddings (paper section 2.2)."""

import dataclasses
import hashlib
import json
import pathlib

from tfrecords_tools.manifest import ItemShard, Manifest
from tfrecords_tools.records import read_file
from tfrecords_tools.requests import DataError

PART_ITEMS = 8192  # small enough that one shard keeps many processes busy and a kill costs seconds


@dataclasses.dataclass(frozen=True, kw_only=True)
class Part:
    """What one part of the embeddings is made of.

    Attributes:
        path: The part's own file.
        data: Folder of the data set.
        shard: Path of a shard within it.
        digest: Digest of the shard's content.
        first: Number of the first record.
        items: How many records.
        last: Whether the shard has no more of them.
    """

    path: pathlib.Path
    data: pathlib.Path
    shard: str
    digest: str
    first: int
    items: int
    last: bool


def plan_parts(corpus: Manifest, out: pathlib.Path, *, part_items: int = PART_ITEMS) -> tuple[Part, ...]:
    """The parts in order: ranges of at most `part_items` records of a shard.

    Raises:
        DataError: A shard that is not there, or holds other items than the manifest describes.
    """
    ranges = []
    for shard in corpus.item_shards():
        _require_own(shard)
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


def _require_own(shard: ItemShard) -> None:
    """A damaged shard is read as far as it goes, and its failures are counted; one of sound records is another's."""
    try:
        shard.verify()
    except DataError:
        if not shard.path.exists() or _reads_well(shard.path):
            raise


def _reads_well(path: pathlib.Path) -> bool:
    try:
        for _ in read_file(path):
            pass
    except DataError:
        return False
    return True


def _digest(path: pathlib.Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()[:32]
