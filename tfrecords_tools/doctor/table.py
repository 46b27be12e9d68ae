"""A sample of one split in columns, of bounded size: what the doctor looks at."""

import dataclasses
from collections.abc import Iterator

import numpy as np

from tfrecords_tools.manifest import Manifest
from tfrecords_tools.parsing import decode_items, decode_requests
from tfrecords_tools.records import read_records, sound
from tfrecords_tools.requests import Column, Items, Ragged, Requests, column_concat, column_take
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
    def owner(self) -> np.ndarray:
        """`[pairs]`, the request of each."""
        return np.repeat(np.arange(len(self.requests.lengths)), self.requests.lengths)

    @property
    def slices(self) -> np.ndarray:
        """`[pairs]`, index into the schema's slices."""
        return self.requests.surface[self.owner] * len(self.schema.products) + self.requests.product

    def column(self, feature: Feature) -> tuple[Column, np.ndarray]:
        """A feature's values and presence, a row a pair."""
        mask = getattr(self.requests, f"{feature.side}_mask")
        present = mask[:, self.schema.features_of(feature.side).index(feature)]
        values = getattr(self.requests, feature.side)[feature.name]
        if feature.side == "query":
            return column_take(values, self.owner), present[self.owner]
        return values, present

    def exists(self, feature: Feature) -> np.ndarray:
        """`[pairs]` bool: where the schema says that the feature can be."""
        here = [feature.exists_in(surface=surface, product=product) for surface, product in self.schema.slices]
        return np.array(here)[self.slices]


def read_table(manifest: Manifest, schema: Schema, *, split: str, pairs: int) -> Table | None:
    """Reads about so many pairs, as many requests of each shard as its share; None of a split without requests."""
    requests, shards = manifest.requests(split), sound(manifest.shards(split))
    if not requests:
        return None
    share = min(1.0, pairs / max(manifest.pairs(split), 1))
    days = manifest.days(split)
    blocks, units = [], []
    for shard in shards:
        wanted = max(1, round(share * shard.requests)) if shard.requests else 0
        records = [record for _, record in zip(range(wanted), read_records(shard), strict=False)]
        for start in range(0, len(records), _BLOCK):
            blocks.append(decode_requests(schema, records[start : start + _BLOCK], manifest.columns))
        units += [days.index(shard.day)] * len(records)
    return Table(
        split=split, schema=schema, requests=_joined(blocks), unit=np.array(units), days=days, whole=share == 1.0
    )


def read_items(manifest: Manifest, schema: Schema, *, count: int) -> Items:
    """About so many items of the corpus, evenly from its shards."""
    share = min(1.0, count / max(manifest.items["items"], 1))
    blocks = []
    for shard in sound(manifest.item_shards()):
        wanted = max(1, round(share * shard.items))
        records = [record for _, record in zip(range(wanted), read_records(shard), strict=False)]
        blocks.append(decode_items(schema, records))
    return Items.concat(blocks)


def _joined(blocks: list[Requests]) -> Requests:
    def join(parts: Iterator) -> dict | np.ndarray | Ragged | None:
        found = list(parts)
        if isinstance(found[0], dict):
            return {name: column_concat([part[name] for part in found]) for name in found[0]}
        return None if found[0] is None else column_concat(found)

    names = [field.name for field in dataclasses.fields(Requests)]
    return Requests(**{name: join(getattr(block, name) for block in blocks) for name in names})  # type: ignore[arg-type]
