"""Reads what a profile is made of: training pairs, and the items of a corpus, evenly spread where not all are read."""

import itertools
from collections.abc import Iterator

import numpy as np

from tfrecords_tools.item_profile.item_sample import ItemSample
from tfrecords_tools.item_profile.profile import ItemProfile, ProfileBuilder
from tfrecords_tools.item_profile.token_sketch import hashes_in, hashes_of
from tfrecords_tools.item_table.table import table_of
from tfrecords_tools.manifest import Manifest
from tfrecords_tools.parsing import decode_items, decode_requests
from tfrecords_tools.progress import progress_bar
from tfrecords_tools.records import batched, every_nth
from tfrecords_tools.recover import recover
from tfrecords_tools.requests import DataError, Items
from tfrecords_tools.schema import Schema

ENOUGH = 100  # items of a product that training has seen, to compare with training's by
_BLOCK = 512  # records decoded at once


def training_profile(
    manifest: Manifest, schema: Schema, *, most: int, surface: str | None = None, product: str | None = None
) -> ItemProfile:
    """The profile of the split train, of all its days.

    Args:
        manifest: Manifest of the data set.
        schema: Schema of the data set.
        most: About how many pairs to read: every n-th request of each shard; 0 reads all.
        surface: Only pairs of this surface; None for all.
        product: Only pairs of this product; None for all.

    Raises:
        DataError: A shard that is not as the manifest describes, or a record that breaks the contract.
    """
    builder, every = ProfileBuilder(schema), step(manifest.pairs("train"), most)
    size, items = manifest.at_once(_BLOCK), table_of(manifest, schema)
    blocks = every_nth(manifest.shards("train"), every, size=size)
    total = -(-manifest.requests("train") // (every * size))
    for block in progress_bar(blocks, desc="item features of training", unit=" blocks", total=total):
        requests = decode_requests(schema, block, (), items=items)
        chosen = np.ones(len(requests.product), bool)
        if surface is not None:
            chosen &= requests.surface[requests.owner] == schema.surfaces.index(surface)
        if product is not None:
            chosen &= requests.product == schema.products.index(product)
        pairs = requests.items()
        builder.add(pairs if chosen.all() else pairs.take(np.flatnonzero(chosen)))
    return builder.profile(every=every)


class Corpus:
    """Samples of an item corpus: of all its items, and of those that training has seen.

    Training sees what was retrieved, and a corpus may hold far more. What training's items have is compared with the
    same items where there are enough of them, so that only a fault of the corpus is a difference.

    Args:
        profile: What training's items had.
        schema: Schema of both.
    """

    def __init__(self, profile: ItemProfile, schema: Schema) -> None:
        products = schema.products
        self._all, self._seen = ItemSample(len(products)), ItemSample(len(products))
        known = {name: hashes_in(own.ids) for name, own in profile.products.items()}
        self._known = [known.get(name, np.zeros(0, np.uint64)) for name in products]

    def add(self, items: Items) -> None:
        """Takes in items of the corpus."""
        self._all.add(items)
        hashes = hashes_of(items.item_id)
        for product, known in enumerate(self._known):
            rows = np.flatnonzero((items.product == product) & np.isin(hashes, known))
            if len(rows):
                self._seen.add(items.take(rows))

    def of(self, product: int) -> tuple[Items | None, bool]:
        """The items of a product to compare with training's, and whether they are those that training has seen."""
        if len(self._seen.ids(product)) >= ENOUGH:
            return self._seen.of(product), True
        return self._all.of(product), False


def corpus_sample(manifest: Manifest, schema: Schema, profile: ItemProfile, *, most: int) -> Corpus:
    """Items of the corpus, about `most` of them read, every n-th of each shard; 0 reads all.

    Items that cannot be read are left out: whoever embeds them names each.

    Raises:
        DataError: A shard that is not there.
    """
    corpus, every = Corpus(profile, schema), step(manifest.items["items"], most)
    for shard in progress_bar(manifest.item_shards(), desc="item features of the corpus", unit=" shards"):
        found = recover(shard.path, count=shard.items)
        sound = (record for record, intact in zip(found.records, found.intact, strict=True) if intact)
        for block in batched(itertools.islice(sound, None, None, every), size=_BLOCK):
            for rows in _decoded(schema, block):
                corpus.add(rows)
    return corpus


def _decoded(schema: Schema, records: list[bytes]) -> Iterator[Items]:
    """The items of the records that can be read: all at once, or halved until each failing one stands alone."""
    try:
        yield decode_items(schema, records)
    except DataError:
        if len(records) > 1:
            middle = len(records) // 2
            yield from _decoded(schema, records[:middle])
            yield from _decoded(schema, records[middle:])


def step(count: int, most: int) -> int:
    """Of `count` rows every how many-th is read, so that at most `most` are; 0 reads all."""
    return max(1, -(-count // most)) if most else 1
