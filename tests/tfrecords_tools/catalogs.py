"""Item catalogs to check by hand: the tiny items as files with one row for each."""

import pathlib
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from tests.tfrecords_tools.test_convert import Rows, _value
from tests.tfrecords_tools.tiny import tiny_items, tiny_schema
from tfrecords_tools.catalog import write_catalog
from tfrecords_tools.logs.column_names import catalog_columns, column_types
from tfrecords_tools.manifest import Manifest
from tfrecords_tools.records import read_records
from tfrecords_tools.requests import Items


def item_rows(items: Items | None = None) -> Rows:
    """Items of the tiny schema, by default a, b, c and d: one dict an item, None where a feature is missing."""
    schema, items = tiny_schema(), tiny_items() if items is None else items
    rows: Rows = []
    for place, (own_id, product) in enumerate(zip(items.item_id, items.product, strict=True)):
        row: dict[str, object] = {"item/id": own_id.decode(), "item/product": schema.products[product]}
        for bit, feature in enumerate(schema.features_of("item")):
            there = items.item_mask[place, bit]
            row[feature.key] = _value(items.item[feature.name], place) if there else None
        rows.append(row)
    return rows


def write_parquet(path: pathlib.Path, rows: Rows, **types: pa.DataType) -> None:
    """A catalog with text as text, as pandas writes it; `types` by column, where others are meant."""
    known = column_types(tiny_schema())
    kinds = {name: _as_text(known[name]) for name in catalog_columns(tiny_schema())} | types
    fields = [(name, kinds[name]) for name in rows[0] if name in kinds]
    pq.write_table(pa.Table.from_pylist(rows, schema=pa.schema(fields)), path)


def write(folder: pathlib.Path, *patterns: str, out: str = "out") -> Manifest:
    """The items of files in `folder`, by the tiny schema."""
    (folder / "schema.json").write_text(tiny_schema().to_json(), encoding="utf-8")
    inputs = [str(folder / pattern) for pattern in patterns]
    return write_catalog(folder / out, schema=folder / "schema.json", inputs=inputs)


def records(manifest: Manifest) -> list[bytes]:
    """The serialized items, in order."""
    return [record for shard in manifest.item_shards() for record in read_records(shard)]


def changed(row: int, **values: Any) -> Rows:
    """The tiny rows, one of them with other values."""
    return [{**own, **values} if place == row else own for place, own in enumerate(item_rows())]


def _as_text(kind: pa.DataType) -> pa.DataType:
    if pa.types.is_list(kind):
        return pa.list_(_as_text(kind.value_type))
    return pa.string() if pa.types.is_binary(kind) else kind
