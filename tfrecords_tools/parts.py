"""The files of a data set: the shards of one day, and those of the item corpus (docs/data-contract.md)."""

import itertools
import os
import pathlib
from collections.abc import Iterable
from typing import Any

import numpy as np
import tensorflow as tf

from tfrecords_tools.checks import check_items
from tfrecords_tools.contents import contents_of
from tfrecords_tools.examples import encode_items
from tfrecords_tools.files import atomically, beside, inside
from tfrecords_tools.requests import Items
from tfrecords_tools.schema import Schema

_ITEMS_PER_SHARD = 65_536


class DayParts:
    """The shards of one day: written one after another, named when the day is over and their number is known.

    Args:
        out: The data set's folder.
        folder: Folder of the parts, within `out`.
        day: The partition's name.
        requests_per_shard: Most requests in one file.
    """

    def __init__(self, out: pathlib.Path, folder: pathlib.Path, *, day: str, requests_per_shard: int) -> None:
        self.day = day
        self._out, self._folder, self._limit = out, folder, requests_per_shard
        inside(out, str(folder.relative_to(out)), said_by=str(out))  # not through a link
        self._folder.mkdir(parents=True, exist_ok=True)
        self._parts: list[dict[str, int]] = []
        self._temporaries: list[pathlib.Path] = []
        self._writer: tf.io.TFRecordWriter | None = None

    def write(self, records: Iterable[bytes], lengths: np.ndarray) -> None:
        """Adds requests, with pairs `[requests]`, and starts a new part whenever one is full."""
        for record, pairs in zip(records, lengths.tolist(), strict=True):
            if self._writer is None or self._parts[-1]["requests"] == self._limit:
                self._writer = self._next()
            self._writer.write(record)
            self._parts[-1]["requests"] += 1
            self._parts[-1]["pairs"] += pairs

    def close(self) -> list[dict[str, Any]]:
        """Gives the parts their names.

        Returns:
            The manifest's entries, in order.
        """
        if self._writer is not None:
            self._writer.close()
        entries = []
        for index, (part, temporary) in enumerate(zip(self._parts, self._temporaries, strict=True)):
            path = self._folder / f"part-{index:05d}-of-{len(self._parts):05d}.tfrecord"
            os.replace(temporary, path)
            entries.append({"path": str(path.relative_to(self._out)), "day": self.day, **part, **contents_of(path)})
        return entries

    def _next(self) -> tf.io.TFRecordWriter:
        if self._writer is not None:
            self._writer.close()
        self._parts.append({"requests": 0, "pairs": 0})
        self._temporaries.append(beside(self._folder / f"part-{len(self._temporaries):05d}"))
        return tf.io.TFRecordWriter(str(self._temporaries[-1]))


def write_items(out: pathlib.Path, *, schema: Schema, items: Items) -> dict[str, Any]:
    """Checks and writes the item corpus.

    Returns:
        The manifest's `items`.

    Raises:
        DataError: An item that breaks the data contract.
    """
    check_items(schema, items)
    cuts = shard_cuts(len(items.item_id))
    blocks = (items.rows(start, stop) for start, stop in itertools.pairwise(cuts))
    return write_item_shards(out, schema=schema, blocks=blocks, files=len(cuts) - 1)


def shard_cuts(items: int) -> list[int]:
    """Where a corpus of so many items is cut into files: the first item of each, and the end."""
    return [*range(0, max(items, 1), _ITEMS_PER_SHARD), items]


def write_item_shards(out: pathlib.Path, *, schema: Schema, blocks: Iterable[Items], files: int) -> dict[str, Any]:
    """Writes checked items, in order of their identifiers, a block a file.

    Args:
        out: The data set's folder.
        schema: Schema of the data set.
        blocks: Items of one file after another, cut at `shard_cuts`.
        files: Number of blocks.

    Returns:
        The manifest's `items`.
    """
    inside(out, "items", said_by=str(out)).mkdir(exist_ok=True)
    shards, products = [], np.zeros(len(schema.products), np.int64)
    for index, part in enumerate(blocks):
        path = out / "items" / f"part-{index:05d}-of-{files:05d}.tfrecord"
        with atomically(path) as temporary, tf.io.TFRecordWriter(str(temporary)) as writer:
            for record in encode_items(schema, part):
                writer.write(record)
        shards.append({"path": str(path.relative_to(out)), "items": len(part.item_id), **contents_of(path)})
        products += np.bincount(part.product, minlength=len(schema.products))
    counts = dict(zip(schema.products, products.tolist(), strict=True))
    return {"shards": shards, "items": int(products.sum()), "products": counts}
