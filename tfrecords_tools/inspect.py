"""What a data set holds, as text and as a picture of which feature exists where."""

import pathlib
from collections.abc import Iterator

import numpy as np
import pandas as pd

from tfrecords_tools.examples import optional_columns
from tfrecords_tools.manifest import Manifest
from tfrecords_tools.parsing import decode_requests
from tfrecords_tools.records import read_records
from tfrecords_tools.requests import Column, Ragged, Requests
from tfrecords_tools.schema import Schema

_SPLITS = ("train", "eval")
_OF_TASK = ("labelled", "label_mean", "events", "positives")
_QUANTILES = (0.0, 0.01, 0.1, 0.5, 0.9, 0.99, 1.0)


def inspect(folder: str | pathlib.Path, *, records: int = 2, sample: int = 10_000) -> str:
    """A report for a terminal.

    Args:
        folder: The data set.
        records: Requests to print.
        sample: About how many requests to read for the quantiles, evenly from all shards.

    Raises:
        DataError: There is no manifest, or the schema beside it is another one.
    """
    manifest, schema = Manifest.load(folder), Schema.load(folder)
    manifest.check_schema(schema)
    parts = [_head(manifest, schema), *_counts(manifest, schema), *_presence(manifest, schema), _statistics(manifest, schema)]
    for split in _SPLITS:
        if manifest.requests(split):
            parts.append(_labels(split, _sample(manifest, schema, split, sample)))
    parts += [_record(schema, request) for request in _first(manifest, schema, records)]
    return "\n\n".join(part for part in parts if part) + "\n"


def presence_table(manifest: Manifest, schema: Schema, *, side: str, split: str = "train") -> pd.DataFrame:
    """Share of rows with each feature (rows) in each domain (columns); NaN where the feature cannot exist."""
    names = [feature.name for feature in schema.features_of(side)]
    return pd.DataFrame(manifest.splits[split]["presence"][side], index=names, columns=list(schema.domains_of(side)))


def draw_coverage(folder: str | pathlib.Path, figure: str | pathlib.Path, *, split: str = "train") -> pathlib.Path:
    """Draws the presence of every feature in every domain as a heat map.

    Returns:
        The figure's path.

    Raises:
        DataError: There is no manifest, or no such split.
    """
    from matplotlib.figure import Figure  # half a second to import

    manifest, schema = Manifest.load(folder), Schema.load(folder)
    manifest.days(split)  # refuses an unknown split
    tables = {side: presence_table(manifest, schema, side=side, split=split) for side in ("query", "item")}
    tables = {side: table for side, table in tables.items() if not table.empty}
    height = 2.2 + 0.26 * max([len(table) for table in tables.values()], default=1)
    drawing = Figure(figsize=(5.5 * max(len(tables), 1), height), layout="constrained")
    axes = drawing.subplots(1, max(len(tables), 1), squeeze=False)[0]
    for axis, (side, table) in zip(axes, tables.items(), strict=False):
        axis.set_facecolor("#d9d9d9")  # shows where there is no value: the feature cannot exist
        image = axis.imshow(table.to_numpy(dtype=float), vmin=0, vmax=1, cmap="viridis", aspect="auto")
        axis.set_xticks(range(table.shape[1]), table.columns, rotation=30, ha="right")
        axis.set_yticks(range(table.shape[0]), table.index, fontsize=8)
        axis.set_title(f"{side} features x {'surface' if side == 'query' else 'product'}", fontsize=10)
    if tables:
        drawing.colorbar(image, ax=list(axes), label="share present")
    drawing.suptitle(f"Coverage of {manifest.folder.name}, {split} (grey: cannot exist)")
    path = pathlib.Path(figure)
    drawing.savefig(path, dpi=130, metadata={"Software": None})
    return path


def _head(manifest: Manifest, schema: Schema) -> str:
    lines = [
        f"{schema.name} {schema.version}   schema {manifest.schema_fingerprint}",
        schema.description,
        f"source   {manifest.source}",
        f"columns  {' '.join(manifest.columns)}",
    ]
    for split in _SPLITS:
        days, shards = manifest.days(split), manifest.shards(split)
        span = f"{len(days)} days, {days[0]} to {days[-1]}" if days else "no day"
        size = sum(shard.bytes for shard in shards) / 2**20
        count = f"{manifest.requests(split):,} requests, {manifest.pairs(split):,} pairs"
        lines.append(f"{split:<8} {count}, {span}, {len(shards)} shards, {size:,.1f} MiB")
    products = ", ".join(f"{manifest.items['products'][product]:,} {product}" for product in schema.products)
    return "\n".join([line for line in lines if line] + [f"items    {manifest.items['items']:,}: {products}"])


def _counts(manifest: Manifest, schema: Schema) -> Iterator[str]:
    for split in _SPLITS:
        rows = []
        for surface, product in schema.slices:
            counts = manifest.splits[split]["slices"][surface][product]
            row = {"surface": surface, "product": product, "requests": counts["requests"], "pairs": counts["pairs"]}
            tasks = [task for task in schema.task_names if task in counts["tasks"]]
            rows += [{**row, "task": task, **{key: counts["tasks"][task][key] for key in _OF_TASK}} for task in tasks]
        yield _titled(f"Counts, {split}", pd.DataFrame(rows).to_string(index=False, na_rep="-", float_format="{:.4f}".format))


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
    return _titled("Present values of numeric features, train", table.to_string(float_format="{:.4g}".format, na_rep="-"))


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
    shards = manifest.shards(split)
    each = max(1, count // len(shards))
    chosen = shards if len(shards) <= count else shards[:: -(-len(shards) // count)]
    return [_decode(manifest, schema, shard.path, each) for shard in chosen]


def _first(manifest: Manifest, schema: Schema, count: int) -> Iterator[Requests]:
    for split in _SPLITS:
        for shard in manifest.shards(split):
            block = _decode(manifest, schema, shard.path, count)
            for row in range(min(count, len(block.request_id))):
                yield block.rows(row, row + 1)
            count -= len(block.request_id)
            if count <= 0:
                return


def _decode(manifest: Manifest, schema: Schema, path: pathlib.Path, count: int) -> Requests:
    records = [record for _, record in zip(range(count), read_records(path), strict=False)]
    return decode_requests(schema, records, manifest.columns)


def _record(schema: Schema, request: Requests) -> str:
    when = pd.Timestamp(int(request.timestamp[0]), unit="s")
    title = f"Request {_text(request.request_id[0])}, {when} UTC, on {schema.surfaces[request.surface[0]]}"
    query = _side(schema, "query", request.query, request.query_mask)[0]
    table = {"product": [schema.products[p] for p in request.product]}
    for side, columns, mask in (
        ("item", request.item, request.item_mask),
        ("cross", request.cross, request.cross_mask),
    ):
        rows = _side(schema, side, columns, mask) if columns else []
        for feature in schema.features_of(side):
            table[feature.key] = [row.get(feature.name, "-") for row in rows]
    for column in optional_columns(schema, request):
        group, _, task = column.partition("/")
        values = getattr(request, group)[task] if task else getattr(request, group)
        empty = np.isnan(values) if values.dtype.kind == "f" else values == -1
        table[column] = ["-" if missing else f"{value:g}" for value, missing in zip(values, empty, strict=True)]
    candidates = pd.DataFrame(table, index=[_text(item) for item in request.item_id])
    lines = [f"{name}: {value}" for name, value in query.items()]
    return _titled(title, "\n".join([*lines, candidates.T.to_string()]))


def _side(schema: Schema, side: str, columns: dict[str, Column], mask: np.ndarray) -> list[dict[str, str]]:
    """One dict a row, of the features that are present."""
    rows: list[dict[str, str]] = [{} for _ in range(len(mask))]
    for bit, feature in enumerate(schema.features_of(side)):
        column = columns[feature.name]
        bounds = np.concatenate([[0], np.cumsum(column.lengths)]) if isinstance(column, Ragged) else None
        for row in np.flatnonzero(mask[:, bit]):
            value = column[row] if bounds is None else column.values[bounds[row] : bounds[row + 1]]
            rows[row][feature.name] = _text(value)
    return rows


def _text(value: bytes | np.ndarray | float) -> str:
    if isinstance(value, bytes):
        return value.decode(errors="replace")
    if isinstance(value, np.ndarray):
        return "[" + " ".join(_text(entry) for entry in value[:6]) + (" …]" if len(value) > 6 else "]")
    return f"{value:g}" if isinstance(value, float | np.floating) else str(value)


def _titled(title: str, text: str) -> str:
    return f"{title}\n{'-' * len(title)}\n{text}"
