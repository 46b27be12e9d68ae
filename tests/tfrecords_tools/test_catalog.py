"""Tests of tfrecords_tools/catalog.py."""

import json
import pathlib
import random
import re
import tempfile

import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests import odd
from tests.tfrecords_tools.catalogs import changed, item_rows, records, write, write_parquet
from tests.tfrecords_tools.test_convert import _convert, _parquet, flat_rows
from tests.tfrecords_tools.test_shards import folder_bytes
from tests.tfrecords_tools.tiny import tiny_items, tiny_schema
from tfrecords_tools import corpus, parts
from tfrecords_tools.catalog import write_catalog
from tfrecords_tools.convert import convert
from tfrecords_tools.examples import encode_items
from tfrecords_tools.folder_kinds import BUILDING
from tfrecords_tools.logs.catalog import Catalog
from tfrecords_tools.logs.catalog_items import CatalogItems
from tfrecords_tools.logs.column_names import catalog_columns
from tfrecords_tools.logs.grouping import requests_of
from tfrecords_tools.logs.log import Log
from tfrecords_tools.manifest import FORMAT, Manifest
from tfrecords_tools.parsing import decode_items
from tfrecords_tools.requests import DataError
from tfrecords_tools.schema import Schema

CONTRACT = (pathlib.Path(__file__).parents[2] / "docs/data-contract.md").read_text(encoding="utf-8")


def _shards(manifest: Manifest) -> dict[str, bytes]:
    return {shard.path.name: shard.path.read_bytes() for shard in manifest.item_shards()}


def test_an_item_has_the_bytes_that_convert_gives_it(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parts, "_ITEMS_PER_SHARD", 3)
    _parquet(tmp_path / "log.parquet", flat_rows())
    log = _convert(tmp_path, "log.parquet", out="log")
    (tmp_path / "ads").mkdir()
    rows = item_rows()[::-1]  # in any order, in several files
    write_parquet(tmp_path / "ads/1.parquet", rows[:1])
    write_parquet(tmp_path / "ads/2.parquet", rows[1:])
    catalog = write(tmp_path, "ads")
    assert _shards(catalog) == _shards(log)
    assert [shard.items for shard in catalog.item_shards()] == [3, 1]
    assert catalog.items == log.items


@pytest.mark.parametrize("shape", odd.ODDEST, ids=str)
def test_the_item_columns_of_a_log_are_a_catalog_of_its_items(tmp_path: pathlib.Path, shape: odd.Shape) -> None:
    folder = odd.write_odd(tmp_path, shape)
    schema = Schema.load(folder)
    log = convert(folder / "log", schema=folder / "schema.json", inputs=[str(folder / "log.parquet")], workers=1)
    rows = pq.read_table(folder / "log.parquet").select(catalog_columns(schema))
    pq.write_table(rows, folder / "ads.parquet")
    joined = [
        pa.array([None if v is None else "|".join(map(str, v)) for v in column.to_pylist()])
        if pa.types.is_list(column.type)
        else column
        for column in rows.columns
    ]
    pyarrow.csv.write_csv(pa.table(joined, names=rows.column_names), folder / "ads.csv")
    for name in ("ads.parquet", "ads.csv"):
        catalog = write_catalog(folder / name[-3:], schema=folder / "log", inputs=[str(folder / name)])
        assert _shards(catalog) == _shards(log)


def test_the_order_of_ids_is_that_of_their_bytes(tmp_path: pathlib.Path) -> None:
    ids = ["ß", "b", "10", "é", "aa", "9", "a", "B", "a-", "日"]
    rows = [{**item_rows()[0], "item/id": name} for name in ids]
    write_parquet(tmp_path / "ads.parquet", rows)
    items = decode_items(tiny_schema(), records(write(tmp_path, "ads.parquet")))
    assert items.item_id.tolist() == sorted(name.encode() for name in ids)


def test_the_manifest_has_no_split_and_names_its_files_by_content(tmp_path: pathlib.Path) -> None:
    write_parquet(tmp_path / "ads.parquet", item_rows())
    manifest = write(tmp_path, "ads.parquet")
    assert (manifest.splits, manifest.columns, manifest.statistics) == ({}, (), {})
    assert manifest.items["products"] == {"standard": 2, "shopping": 2}
    assert manifest.source["name"] == "items"
    assert [name for name, _ in manifest.source["arguments"]["files"]] == ["ads.parquet"]
    assert {path.name for path in (tmp_path / "out").iterdir()} == {"items", "manifest.json", "schema.json"}
    assert Manifest.load(tmp_path / "out") == manifest


def test_again_leaves_it_alone_and_other_files_are_refused(tmp_path: pathlib.Path) -> None:
    write_parquet(tmp_path / "ads.parquet", item_rows())
    write(tmp_path, "ads.parquet")
    before = folder_bytes(tmp_path / "out")
    write(tmp_path, "ads.parquet")
    assert folder_bytes(tmp_path / "out") == before
    write_parquet(tmp_path / "ads.parquet", item_rows()[:3])
    with pytest.raises(DataError, match=r"holds a complete data set of another build .*: give another --out"):
        write(tmp_path, "ads.parquet")


def test_an_interrupted_call_starts_again_with_the_same_bytes(
    tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parts, "_ITEMS_PER_SHARD", 1)
    write_parquet(tmp_path / "ads.parquet", item_rows())
    write(tmp_path, "ads.parquet", out="once")

    def killed(schema: Schema, items: object) -> list[bytes]:
        if (tmp_path / "out/items/part-00001-of-00004.tfrecord").exists():
            raise KeyboardInterrupt
        return list(encode_items(schema, items))

    with monkeypatch.context() as patch:
        patch.setattr(parts, "encode_items", killed)
        with pytest.raises(KeyboardInterrupt):
            write(tmp_path, "ads.parquet")
    assert (tmp_path / "out" / BUILDING).exists()
    assert not (tmp_path / "out/manifest.json").exists()
    write(tmp_path, "ads.parquet")
    assert folder_bytes(tmp_path / "out") == folder_bytes(tmp_path / "once")


def test_a_file_that_changes_meanwhile_is_refused(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_parquet(tmp_path / "ads.parquet", item_rows())
    real = parts.encode_items

    def changing(schema: Schema, items: object) -> list[bytes]:
        write_parquet(tmp_path / "ads.parquet", item_rows()[:1])
        return list(real(schema, items))

    monkeypatch.setattr(parts, "encode_items", changing)
    with pytest.raises(DataError, match=r"ads.parquet has changed while it was converted"):
        write(tmp_path, "ads.parquet")
    assert not (tmp_path / "out/manifest.json").exists()


def test_what_convert_reports_is_reported(tmp_path: pathlib.Path, caplog: pytest.LogCaptureFixture) -> None:
    lines = ["item/id,item/product,item/brand,item/price,item/discount,item/tags,item/image,event/ctr,color"]
    lines += ["a ,standard,007,1,,NULL,0|1,1,red", "b,shopping,2,2,.5,red shoe,,0,red"]
    (tmp_path / "ads.csv").write_text("\n".join(lines), encoding="utf-8")
    items = decode_items(tiny_schema(), records(write(tmp_path, "ads.csv")))
    assert items.item_id.tolist() == [b"a ", b"b"]
    said = "\n".join(caplog.messages)
    assert "columns that nobody reads: 'event/ctr', 'color'" in said
    assert "column item/id: 1 values, such as 'a ', have a blank at an end and keep it" in said
    assert "column item/brand: 1 values begin with a zero" in said
    assert "column item/tags: NULL in 1 rows" in said
    assert len(caplog.messages) == 5  # and the blanks in a list


def test_the_sample_of_the_data_contract_is_read(tmp_path: pathlib.Path) -> None:
    (schema,) = re.findall(r"^```json\n(.*?)^```$", CONTRACT, re.MULTILINE | re.DOTALL)
    _, sample = re.findall(r"^```csv\n(.*?)^```$", CONTRACT, re.MULTILINE | re.DOTALL)
    (tmp_path / "schema.json").write_text(schema, encoding="utf-8")
    (tmp_path / "ads.csv").write_text(sample, encoding="utf-8")
    manifest = write_catalog(tmp_path / "out", schema=tmp_path, inputs=[str(tmp_path / "ads.csv")])
    items = decode_items(Schema.from_dict(json.loads(schema)), records(manifest))
    assert items.item_id.tolist() == [b"i7", b"i9"]
    assert items.item_mask.astype(int).tolist() == [[1, 1, 1, 0], [1, 0, 0, 0]]
    assert re.findall(r'^    \{"format": ([0-9]+),', CONTRACT, re.MULTILINE) == [str(FORMAT)]


def test_no_feature_at_all_is_an_item_all_the_same(tmp_path: pathlib.Path) -> None:
    rows = [dict.fromkeys(item_rows()[0]) | {"item/id": "a", "item/product": "standard"}]
    write_parquet(tmp_path / "ads.parquet", rows)
    assert not decode_items(tiny_schema(), records(write(tmp_path, "ads.parquet"))).item_mask.any()


@pytest.mark.parametrize("product", ["standard", "shopping"])
def test_a_product_that_the_catalog_lacks_counts_none(tmp_path: pathlib.Path, product: str) -> None:
    write_parquet(tmp_path / "ads.parquet", [row for row in item_rows() if row["item/product"] == product])
    assert write(tmp_path, "ads.parquet").items["products"] == {"standard": 0, "shopping": 0} | {product: 2}


def test_records_are_those_of_the_items(tmp_path: pathlib.Path) -> None:
    write_parquet(tmp_path / "ads.parquet", changed(1, **{"item/price": 5.0}))
    wanted = tiny_items()
    wanted.item["price"][1] = 5.0
    assert records(write(tmp_path, "ads.parquet")) == list(encode_items(tiny_schema(), wanted))


_TOKENS = st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1, max_size=4)
_NUMBERS = st.floats(width=32, allow_nan=False, allow_infinity=False)
_VALUES = {
    "item/product": st.sampled_from(["standard", "shopping"]),
    "item/brand": st.none() | st.integers(-(2**61), 2**63 - 1),
    "item/price": st.none() | st.floats(0, width=32, allow_infinity=False),
    "item/discount": st.none() | _NUMBERS,
    "item/tags": st.none() | st.lists(_TOKENS, max_size=3),
    "item/image": st.none() | st.lists(_NUMBERS, min_size=2, max_size=2),
}


@given(rows=st.dictionaries(_TOKENS, st.fixed_dictionaries(_VALUES), min_size=1, max_size=6), draw=st.randoms())
@settings(max_examples=25, deadline=None, derandomize=True, database=None)
def test_any_items_become_the_records_that_a_log_of_them_becomes(rows: dict[str, dict], draw: random.Random) -> None:
    found = [{"item/id": name, **own} for name, own in rows.items()]
    found = [r | {"item/discount": r["item/discount"] if r["item/product"] == "shopping" else None} for r in found]
    with tempfile.TemporaryDirectory() as folder:
        log_path, path = pathlib.Path(folder, "log.parquet"), pathlib.Path(folder, "ads.parquet")
        _parquet(
            log_path,
            [
                {**flat_rows()[0], **own, "request_id": own["item/id"], "label/gctr": None, "event/gctr": None}
                for own in found
            ],
        )
        log = Log.open([log_path], schema=tiny_schema())
        requests = requests_of(log, [(log_path, *log.read(log_path, first=0, last=99_999))])
        wanted = corpus.join([corpus.items_of(requests)])
        write_parquet(path, draw.sample(found, len(found)))
        items = CatalogItems(Catalog.open([path], schema=tiny_schema()))
        got = items.block(0, len(items))
    assert list(encode_items(tiny_schema(), got)) == list(encode_items(tiny_schema(), wanted))
