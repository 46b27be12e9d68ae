"""A sample of one split in columns, of bounded size: what the doctor looks at."""

import dataclasses
import itertools
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from tfrecords_tools.item_table.table import table_of
from tfrecords_tools.manifest import Manifest
from tfrecords_tools.parsing import decode_items, decode_requests
from tfrecords_tools.records import batched, read_records, verified
from tfrecords_tools.requests import Column, Ragged, Requests, column_concat, column_take
from tfrecords_tools.schema import Feature, Schema

_BLOCK = 512  # requests decoded at once


@dataclasses.dataclass(frozen=True, kw_only=True)
class Table:
    """Requests of a split, evenly from all its days.

    Attributes:
        split: Name of the split.
        schema: Schema of the data set.
        requests: The requests that were read.
        unit: `[requests]`, which of `days` each is of.
        days: Names of the days (or what the data set is cut by), in order.
        whole: Whether it is all of the split.
    """

    split: str
    schema: Schema
    requests: Requests
    unit: np.ndarray
    days: tuple[str, ...]
    whole: bool

    @property
    def slices(self) -> np.ndarray:
        """`[pairs]`, index into the schema's slices."""
        return self.requests.surface[self.requests.owner] * len(self.schema.products) + self.requests.product

    def column(self, feature: Feature) -> tuple[Column, np.ndarray]:
        """A feature's values and presence, a row a pair."""
        mask = getattr(self.requests, f"{feature.side}_mask")
        present = mask[:, self.schema.features_of(feature.side).index(feature)]
        values = getattr(self.requests, feature.side)[feature.name]
        if feature.side == "query":
            return column_take(values, self.requests.owner), present[self.requests.owner]
        return values, present

    def domain(self, feature: Feature) -> tuple[list[str], np.ndarray]:
        """The names of the domains of a feature's side, and `[pairs]` of which each is; those of a pair are slices."""
        if feature.side == "query":
            return list(self.schema.surfaces), self.requests.surface[self.requests.owner]
        if feature.side == "item":
            return list(self.schema.products), self.requests.product
        return [f"{surface} x {product}" for surface, product in self.schema.slices], self.slices

    def exists(self, feature: Feature) -> np.ndarray:
        """`[pairs]` bool: where the schema says that the feature can be."""
        here = [feature.exists_in(surface=surface, product=product) for surface, product in self.schema.slices]
        return np.array(here)[self.slices]


class Presence(NamedTuple):
    """Which items have which features: `product` `[items]`, `item_mask` `[items, item features]`."""

    product: np.ndarray
    item_mask: np.ndarray


def read_table(manifest: Manifest, schema: Schema, *, split: str, pairs: int) -> Table | None:
    """Reads about so many pairs, as many requests of each shard as its share; None of a split without requests."""
    requests, shards = manifest.requests(split), verified(manifest.shards(split))
    if not requests:
        return None
    share = min(1.0, pairs / max(manifest.pairs(split), 1))
    days, items = manifest.days(split), table_of(manifest, schema)
    blocks, units = [], []
    for shard in shards:
        wanted = max(1, round(share * shard.requests)) if shard.requests else 0
        for block in batched(itertools.islice(read_records(shard), wanted), size=_BLOCK):
            blocks.append(decode_requests(schema, block, manifest.columns, items=items))
            units += [days.index(shard.day)] * len(block)
    return Table(
        split=split, schema=schema, requests=_joined(blocks), unit=np.array(units), days=days, whole=share == 1.0
    )


def read_presence(manifest: Manifest, schema: Schema, *, count: int) -> Presence:
    """Of about so many items of the corpus, evenly from its shards; their values are let go block by block."""
    share = min(1.0, count / max(manifest.items["items"], 1))
    blocks = [(np.zeros(0, np.int64), np.zeros([0, len(schema.features_of("item"))], bool))]
    for shard in verified(manifest.item_shards()):
        records = itertools.islice(read_records(shard), max(1, round(share * shard.items)))
        for block in batched(records, size=_BLOCK):
            items = decode_items(schema, block)
            blocks.append((items.product, items.item_mask))
    products, masks = zip(*blocks, strict=True)
    return Presence(np.concatenate(products), np.concatenate(masks))


def _joined(blocks: list[Requests]) -> Requests:
    def join(parts: Iterator) -> dict | np.ndarray | Ragged | None:
        found = list(parts)
        if isinstance(found[0], dict):
            return {name: column_concat([part[name] for part in found]) for name in found[0]}
        return None if found[0] is None else column_concat(found)

    names = [field.name for field in dataclasses.fields(Requests)]
    return Requests(**{name: join(getattr(block, name) for block in blocks) for name in names})  # type: ignore[arg-type]
