"""What a data set holds, as text."""

import itertools
import pathlib
from collections.abc import Iterator

import numpy as np
import pandas as pd

from tfrecords_tools.coverage import presence_table
from tfrecords_tools.inspect_items import item_parts
from tfrecords_tools.item_table.table import table_of
from tfrecords_tools.manifest import Manifest, Shard
from tfrecords_tools.parsing import decode_requests
from tfrecords_tools.partition import span
from tfrecords_tools.records import read_records, verified
from tfrecords_tools.request_text import describe_request
from tfrecords_tools.requests import Requests
from tfrecords_tools.schema import Schema

_SPLITS = ("train", "eval")
_OF_TASK = ("labeled", "label_mean", "events", "positives")
_QUANTILES = (0.0, 0.01, 0.1, 0.5, 0.9, 0.99, 1.0)


def inspect(folder: str | pathlib.Path, *, records: int = 2, sample: int = 10_000) -> str:
    """A report for a terminal.

    Args:
        folder: The data set.
        records: Requests to print; of items alone, items.
        sample: About how many requests to read for the quantiles (items for the presence), evenly from all shards.

    Raises:
        DataError: There is no manifest, or the schema beside it is another one.
    """
    manifest, schema = Manifest.load(folder), Schema.load(folder)
    manifest.check_schema(schema)
    if not manifest.splits:
        return "\n\n".join([_head(manifest, schema), *item_parts(manifest, schema, show=records, sample=sample)]) + "\n"
    parts = [
        _head(manifest, schema),
        *_counts(manifest, schema),
        *_presence(manifest, schema),
        _statistics(manifest, schema),
    ]
    for split in _SPLITS:
        if manifest.requests(split):
            parts.append(_labels(split, _sample(manifest, schema, split, sample)))
    parts += [describe_request(schema, request) for request in _first(manifest, schema, records)]
    return "\n\n".join(part for part in parts if part) + "\n"


def _head(manifest: Manifest, schema: Schema) -> str:
    lines = [
        f"{schema.name} {schema.version}   schema {manifest.schema_fingerprint}",
        schema.description,
        f"source   {manifest.source}",
        f"columns  {' '.join(manifest.columns)}" if manifest.splits else "",
    ]
    for split in (split for split in _SPLITS if split in manifest.splits):
        days, shards = manifest.days(split), manifest.shards(split)
        when = span(days) if days else "no day"
        size = sum(shard.bytes for shard in shards) / 2**20
        count = f"{manifest.requests(split):,} requests, {manifest.pairs(split):,} pairs"
        lines.append(f"{split:<8} {count}, {when}, {len(shards)} shards, {size:,.1f} MiB")
    if manifest.compact:
        parts = manifest.table_parts()
        rows, size = sum(part.rows for part in parts), sum(part.bytes for part in parts) / 2**20
        lines.append(f"item table {rows:,} versions of items, {len(parts)} parts, {size:,.1f} MiB")
    products = ", ".join(f"{manifest.items['products'][product]:,} {product}" for product in schema.products)
    return "\n".join([line for line in lines if line] + [f"items    {manifest.items['items']:,}: {products}"])


def _counts(manifest: Manifest, schema: Schema) -> Iterator[str]:
    for split in _SPLITS:
        rows = []
        for surface, product in schema.slices:
            counts = manifest.split(split)["slices"][surface][product]
            row = {"surface": surface, "product": product, "requests": counts["requests"], "pairs": counts["pairs"]}
            tasks = [task for task in schema.task_names if task in counts["tasks"]]
            rows += [{**row, "task": task, **{key: counts["tasks"][task][key] for key in _OF_TASK}} for task in tasks]
        table = pd.DataFrame(rows).astype({"label_mean": float})
        yield _titled(f"Counts, {split}", table.to_string(index=False, na_rep="-", float_format="{:.4f}".format))


def _presence(manifest: Manifest, schema: Schema) -> Iterator[str]:
    for side, what in (("query", "surface"), ("item", "product")):
        table = presence_table(manifest, schema, side=side)
        if not table.empty:
            text = table.to_string(na_rep=".", float_format="{:.3f}".format)
            yield _titled(f"Presence of {side} features by {what}, train (. = cannot exist)", text)


def _statistics(manifest: Manifest, schema: Schema) -> str:
    if not manifest.statistics:
        return ""
    keys = [feature.key for feature in schema.features if feature.key in manifest.statistics]
    columns = ["present", "mean", "std", "min", "max"]
    table = pd.DataFrame([manifest.statistics[key] for key in keys], index=keys, columns=columns).apply(pd.to_numeric)
    return _titled(
        "Present values of numeric features, train", table.to_string(float_format="{:.4g}".format, na_rep="-")
    )


def _labels(split: str, blocks: list[Requests]) -> str:
    rows = {}
    for task in blocks[0].label:
        label = np.concatenate([block.label[task] for block in blocks])
        given = label[~np.isnan(label)].astype(np.float64)
        if given.size:
            rows[task] = {f"{q:g}": value for q, value in zip(_QUANTILES, np.quantile(given, _QUANTILES), strict=True)}
    if not rows:
        return ""
    requests = sum(len(block.request_id) for block in blocks)
    text = pd.DataFrame(rows).T.to_string(float_format="{:.4g}".format)
    return _titled(f"Quantiles of labels, {split}, {requests:,} requests read", text)


def _sample(manifest: Manifest, schema: Schema, split: str, count: int) -> list[Requests]:
    shards = verified(manifest.shards(split))
    each = max(1, count // len(shards))
    chosen = shards if len(shards) <= count else shards[:: -(-len(shards) // count)]
    return [_decode(manifest, schema, shard, each) for shard in chosen]


def _first(manifest: Manifest, schema: Schema, count: int) -> Iterator[Requests]:
    for split in _SPLITS:
        for shard in verified(manifest.shards(split)):
            block = _decode(manifest, schema, shard, count)
            for row in range(min(count, len(block.request_id))):
                yield block.rows(row, row + 1)
            count -= len(block.request_id)
            if count <= 0:
                return


def _decode(manifest: Manifest, schema: Schema, shard: Shard, count: int) -> Requests:
    records = list(itertools.islice(read_records(shard), count))
    return decode_requests(schema, records, manifest.columns, items=table_of(manifest, schema))


def _titled(title: str, text: str) -> str:
    return f"{title}\n{'-' * len(title)}\n{text}"
