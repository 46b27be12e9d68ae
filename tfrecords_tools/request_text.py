"""One request, or some items, in a form that a person can read."""

import numpy as np
import pandas as pd

from tfrecords_tools.examples import optional_columns
from tfrecords_tools.printable import cut, printable
from tfrecords_tools.requests import Column, Items, Ragged, Requests
from tfrecords_tools.schema import Schema


def describe_request(schema: Schema, request: Requests) -> str:
    """A block of one request: a title line, its query features, and a table with a column per candidate."""
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
    return "\n".join([title, "-" * len(title), *lines, candidates.T.to_string()])


def describe_items(schema: Schema, items: Items) -> str:
    """A title line and a table with a column per item."""
    rows = _side(schema, "item", items.item, items.item_mask)
    table = {"product": [schema.products[p] for p in items.product]}
    table |= {f.key: [row.get(f.name, "-") for row in rows] for f in schema.features_of("item")}
    title = f"The first {len(rows):,} items"
    text = pd.DataFrame(table, index=[_text(item) for item in items.item_id]).T.to_string()
    return f"{title}\n{'-' * len(title)}\n{text}"


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
        return cut(printable(value.decode(errors="replace")))
    if isinstance(value, np.ndarray):
        return "[" + " ".join(_text(entry) for entry in value[:6]) + (" …]" if len(value) > 6 else "]")
    return f"{value:g}" if isinstance(value, float | np.floating) else str(value)
