"""Tests of mtmd_tf/serving/embedding/embeddings.py, the unit of its work, and stored.py."""

import dataclasses
import json
import pathlib
import shutil

import numpy as np
import pyarrow.parquet as pq
import pytest

from mtmd_tf.serving.checksums import checksum
from mtmd_tf.serving.embedding import embeddings as embedding
from mtmd_tf.serving.embedding.embed_part import PartWork
from mtmd_tf.serving.embedding.embeddings import Embedded, embed_items
from mtmd_tf.serving.embedding.item_tower import ItemTower
from mtmd_tf.serving.embedding.part_items import Part
from mtmd_tf.serving.embedding.reading import read_parts
from mtmd_tf.serving.embedding.stored import EmbeddingManifest
from mtmd_tf.serving.specification import RankerSpec, ServingError
from tests.malformed import refused
from tests.mtmd_tf.serving.world import World, rewrite_items
from tests.mtmd_tf.small import to_batch
from tests.tfrecords_tools.tiny import tiny_items, tiny_requests, tiny_schema
from tfrecords_tools.contents import contents_of
from tfrecords_tools.digests import with_digest
from tfrecords_tools.examples import encode_items
from tfrecords_tools.manifest import Manifest
from tfrecords_tools.requests import DataError

PRICE_3 = np.float32(3).tobytes()  # of item c


@pytest.fixture
def data(world: World, tmp_path: pathlib.Path) -> pathlib.Path:
    """A copy of the data set with two shards of two items."""
    shutil.copytree(world.data, tmp_path / "data")
    rewrite_items(tmp_path / "data", [records()[:2], records()[2:]])
    return tmp_path / "data"


def records() -> list[bytes]:
    return list(encode_items(tiny_schema(), tiny_items()))


def embed(world: World, data: pathlib.Path, out: pathlib.Path, **arguments) -> Embedded:
    return embed_items(world.exports, data, out, **{"workers": 1, **arguments})


def bytes_of(folder: pathlib.Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir()) if path.name != "index"}


def test_every_item_appears_once_with_the_towers_embedding(world: World) -> None:
    table = pq.read_table(world.embeddings / "part-00000-of-00001.parquet")
    assert table["item_id"].to_pylist() == ["a", "b", "c", "d"]
    assert table["product"].to_pylist() == ["standard", "shopping", "standard", "shopping"]
    batch = to_batch(tiny_requests(), schema=tiny_schema())  # its pairs are a b c a b d c d
    item = world.model.item_tower(batch.item, batch.product)
    wanted = np.concatenate([item["ctr"], item["gctr"]], axis=1)[[0, 1, 2, 5]]
    np.testing.assert_allclose(np.array(table["embedding"].to_pylist()), wanted, atol=1e-5)


def test_the_manifest_counts_and_carries_the_stamp(world: World) -> None:
    manifest = EmbeddingManifest.load(world.embeddings)
    assert (manifest.items, manifest.width, manifest.products) == (4, 24, {"standard": 2, "shopping": 2})
    assert manifest.stamp == RankerSpec.load(world.exports).stamp
    name = "part-00000-of-00001.parquet"
    whole = checksum((world.embeddings / name).read_bytes())
    assert manifest.parts == [{"path": name, "items": 4, "checksum": whole}]
    assert (manifest.tasks, manifest.skipped) == ({"ctr": [0, 14], "gctr": [14, 24]}, [])


def test_features_lie_beside_the_embedding_and_null_is_missing(world: World) -> None:
    table = pq.read_table(world.embeddings / "part-00000-of-00001.parquet")
    features = ["item/brand", "item/price", "item/discount", "item/tags"]  # and no dense vector
    assert table.column_names == ["item_id", "product", "embedding", "fingerprint", *features]
    assert table["item/brand"].to_pylist() == [1, 2, 3, 9]
    assert table["item/discount"].to_pylist() == [None, 0.5, None, 0.25]
    assert table["item/tags"].to_pylist() == [[b"red", b"big"], [b"red"], [], None]


def test_a_part_that_was_damaged_since_is_made_again(
    world: World, tmp_path: pathlib.Path, caplog: pytest.LogCaptureFixture
) -> None:
    shutil.copytree(world.embeddings, tmp_path / "out", ignore=shutil.ignore_patterns("index"))
    whole = bytes_of(tmp_path / "out")
    [part] = (tmp_path / "out").glob("*.parquet")
    content = bytearray(part.read_bytes())
    content[len(content) // 3] ^= 4
    part.write_bytes(content)
    embed(world, world.data, tmp_path / "out")
    assert bytes_of(tmp_path / "out") == whole
    assert "1 parts are missing or damaged, part-00000-of-00001.parquet first: made again" in caplog.text


def test_items_of_a_product_without_a_training_label_are_embedded_with_a_word(
    world: World, tmp_path: pathlib.Path, caplog: pytest.LogCaptureFixture
) -> None:
    shutil.copytree(world.exports, tmp_path / "exports")
    seen = {"standard": {"ctr": 7, "gctr": 7}, "shopping": {"ctr": 0}}
    trained = {"home": seen, "search": seen}
    dataclasses.replace(RankerSpec.load(world.exports), trained=trained).write(tmp_path / "exports")
    for _ in range(2):  # a finished folder is left alone, and its reader told all the same
        caplog.clear()
        embed_items(tmp_path / "exports", world.data, tmp_path / "out", workers=1)
        said = "the product shopping had no training label of ctr: its 2 items are ranked by a guess from the other"
        assert said in caplog.text
        assert "the product standard" not in caplog.text


def test_a_finished_run_does_nothing(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(embedding, "embed_part", lambda *_, **__: pytest.fail("a finished run embedded something"))
    before = bytes_of(world.embeddings)
    for part_items in (2, 8192):
        done = embed(world, world.data, world.embeddings, part_items=part_items)
        assert done == Embedded(manifest=EmbeddingManifest.load(world.embeddings))
    assert bytes_of(world.embeddings) == before


def test_a_run_cut_off_goes_on_and_ends_with_the_same_bytes(
    world: World, data: pathlib.Path, tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    embed(world, data, tmp_path / "once")
    embed_part, written = embedding.embed_part, []

    def cut_off(part: Part, **arguments: str) -> PartWork:
        if written:
            part.path.with_name(f".{part.path.name}.7.tmp").write_bytes(b"half a part")
            raise KeyboardInterrupt
        work = embed_part(part, **arguments)
        written.append(part.path.stat().st_mtime_ns)
        return work

    with monkeypatch.context() as patch:
        patch.setattr(embedding, "embed_part", cut_off)
        with pytest.raises(KeyboardInterrupt):
            embed(world, data, tmp_path / "again")
    assert not (tmp_path / "again/manifest.json").exists()
    assert len(embed(world, data, tmp_path / "again").work) == 1
    assert bytes_of(tmp_path / "again") == bytes_of(tmp_path / "once")
    assert (tmp_path / "again/part-00000-of-00002.parquet").stat().st_mtime_ns == written[0]


def test_a_broken_part_is_made_again(world: World, data: pathlib.Path, tmp_path: pathlib.Path) -> None:
    embed(world, data, tmp_path / "once")
    shutil.copytree(tmp_path / "once", tmp_path / "again")
    (tmp_path / "again/manifest.json").unlink()
    (tmp_path / "again/part-00001-of-00002.parquet").write_bytes(b"not Parquet")
    assert len(embed(world, data, tmp_path / "again").work) == 1
    assert bytes_of(tmp_path / "again") == bytes_of(tmp_path / "once")


def test_parts_are_ranges_of_a_shard(world: World, tmp_path: pathlib.Path) -> None:
    done = embed(world, world.data, tmp_path / "out", part_items=3)
    assert [part["items"] for part in done.manifest.parts] == [3, 1]
    pieces, whole = (
        pq.read_table([folder / part["path"] for part in EmbeddingManifest.load(folder).parts])
        for folder in (tmp_path / "out", world.embeddings)
    )
    assert pieces.equals(whole)  # bit for bit


def test_a_corrupt_record_does_not_stop_the_others(world: World, data: pathlib.Path, tmp_path: pathlib.Path) -> None:
    shard = data / "items/part-00001-of-00002.tfrecord"
    content = bytearray(shard.read_bytes())
    content[content.index(b"tags") - 1] ^= 1  # of record 0, item c
    shard.write_bytes(content)
    message = (
        r"^1 of 4 items of \S+ cannot be embedded, 0 are tolerated: items/part-00001-of-00002.tfrecord, record 0: "
    )
    with pytest.raises(ServingError, match=message + r"item c: the record is corrupt\. .*--tolerate=1$"):
        embed(world, data, tmp_path / "out")
    assert not (tmp_path / "out/manifest.json").exists()
    done = embed(world, data, tmp_path / "out", tolerate=1)
    assert done.work == ()  # what the first run embedded stays
    assert (done.manifest.items, done.manifest.products) == (3, {"standard": 1, "shopping": 2})
    assert done.manifest.skipped == [
        {
            "shard": "items/part-00001-of-00002.tfrecord",
            "record": 0,
            "items": 1,
            "item_id": "c",
            "reason": "the record is corrupt",
        }
    ]


def test_a_corrupt_length_loses_the_rest_of_its_shard_alone(
    world: World, data: pathlib.Path, tmp_path: pathlib.Path
) -> None:
    shard = data / "items/part-00000-of-00002.tfrecord"
    content = bytearray(shard.read_bytes())
    content[8] ^= 1  # the checksum of the first length
    shard.write_bytes(content)
    message = r"^2 of 4 items .*tfrecord, records 0 to 1: the length of record 0 is corrupt, which hides what lies"
    with pytest.raises(ServingError, match=message):
        embed(world, data, tmp_path / "out", tolerate=1)
    done = embed(world, data, tmp_path / "out", tolerate=2).manifest
    assert [part["items"] for part in done.parts] == [0, 2]
    read = read_parts(tmp_path / "out", done, stamp=done.stamp, products=tuple(done.products))
    assert [part.item_id.tolist() for part in read] == [[], [b"c", b"d"]]


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (
            records()[2].replace(b"\x08standard", b"\x08standart"),
            r"record 0: item c: unknown product 'standart'; the export has \['standard', 'shopping'\]",
        ),
        (b"no Example \xff", r"record 0: Could not parse example input"),
        (records()[2].replace(b"item/brand", b"item/brant"), r"record 0: item c: .*Feature: item/brand .* is required"),
        (
            records()[2].replace(PRICE_3, np.float32(-3).tobytes()),
            r"record 0: item c: a present feature must be finite.*price",
        ),
        (
            records()[2].replace(PRICE_3, np.float32(-0.5).tobytes()),
            r"record 0: item c: a present feature must be finite, and a count at least 0; it is not: item/price",
        ),
        (
            records()[2].replace(PRICE_3, np.float32("inf").tobytes()),
            r"record 0: item c: a present feature must be finite",
        ),
    ],
    ids=["product", "unparsable", "feature missing", "negative count", "between -1 and 0", "infinite"],
)
def test_an_item_that_breaks_the_contract_is_named_and_can_be_left_out(
    world: World, data: pathlib.Path, tmp_path: pathlib.Path, wrong: bytes, message: str
) -> None:
    assert wrong != records()[2]
    rewrite_items(data, [records()[:2], [wrong, records()[3]]])
    with refused("record", wrong, ServingError, match=r"part-00001-of-00002.tfrecord, " + message):
        embed(world, data, tmp_path / "out")
    done = embed(world, data, tmp_path / "out", tolerate=1).manifest
    assert (done.items, len(done.skipped)) == (3, 1)
    left = pq.read_table(tmp_path / "out" / done.parts[1]["path"])
    whole = pq.read_table(world.embeddings / "part-00000-of-00001.parquet")
    assert left.equals(whole.slice(3))  # bit for bit: item d does not see what was beside it


def test_an_item_twice_is_named_with_its_files(world: World, data: pathlib.Path, tmp_path: pathlib.Path) -> None:
    rewrite_items(data, [records()[:2], [*records()[2:], records()[0]]])
    with pytest.raises(
        DataError, match=r"item a is .* more than once, in \['\S*part-00000-\S*', '\S*part-00001-\S*'\]"
    ):
        embed(world, data, tmp_path / "out")


@pytest.mark.parametrize(
    ("items", "error", "message"),
    [
        (3, ServingError, r"1 of 5 items .* record 2: the shard ends after 2 records"),
        (1, DataError, r"part-00001-of-00002.tfrecord holds more than the 1 items that the data set's manifest says"),
    ],
)
def test_a_shard_with_other_items_than_promised_is_named(
    world: World, data: pathlib.Path, tmp_path: pathlib.Path, items: int, error: type[Exception], message: str
) -> None:
    manifest = json.loads((data / "manifest.json").read_text())
    del manifest["digest"]
    manifest["items"]["shards"][1]["items"] = items
    manifest["items"]["items"] = 2 + items
    (data / "manifest.json").write_text(json.dumps(manifest))
    with pytest.raises(error, match=message):
        embed(world, data, tmp_path / "out")


def test_a_shard_of_other_sound_items_is_refused(world: World, data: pathlib.Path, tmp_path: pathlib.Path) -> None:
    rewrite_items(data, [records()[:2], records()[2:]])
    manifest = Manifest.load(data)
    contents = [contents_of(shard.path) for shard in manifest.item_shards()]
    for entry, own in zip(manifest.items["shards"], contents, strict=True):
        entry.update(own)
    manifest.write()
    first, second = (shard.path for shard in manifest.item_shards())
    first.write_bytes(second.read_bytes())
    with pytest.raises(DataError, match=r"part-00000-of-00002.tfrecord: (the manifest says|holds other records)"):
        embed(world, data, tmp_path / "out", tolerate=2)


def test_embeddings_of_other_items_are_not_overwritten(
    world: World, data: pathlib.Path, tmp_path: pathlib.Path
) -> None:
    shutil.copytree(world.embeddings, tmp_path / "out")
    with pytest.raises(
        ServingError, match=r"holds embeddings of the stamp \w+ and the corpus \w+, .* delete the folder"
    ):
        embed(world, data, tmp_path / "out")


def test_unchanged_items_are_taken_over_and_the_bytes_are_those_of_a_full_run(
    world: World, data: pathlib.Path, tmp_path: pathlib.Path
) -> None:
    items = tiny_items()
    price = items.item["price"].copy()
    price[1] = 9  # item b changes, a disappears, e is new, the others move to other shards
    changed = dataclasses.replace(items, item={**items.item, "price": price})
    new = dataclasses.replace(items.rows(0, 1), item_id=np.array([b"e"], object))
    own = list(encode_items(tiny_schema(), changed)), list(encode_items(tiny_schema(), new))
    rewrite_items(data, [[own[0][3], own[1][0]], [own[0][1], own[0][2]]])
    full = embed(world, data, tmp_path / "full")
    taken = embed(world, data, tmp_path / "taken", since=world.embeddings)
    assert (full.total("embedded"), full.total("taken")) == (4, 0)
    assert (taken.total("embedded"), taken.total("taken")) == (2, 2)  # b and e; c and d
    assert bytes_of(tmp_path / "taken") == bytes_of(tmp_path / "full")


def test_nothing_is_taken_over_from_another_export(world: World, data: pathlib.Path, tmp_path: pathlib.Path) -> None:
    shutil.copytree(world.embeddings, tmp_path / "old")
    manifest = json.loads((tmp_path / "old/manifest.json").read_text())
    (tmp_path / "old/manifest.json").write_text(json.dumps(with_digest(manifest | {"stamp": "0123456789abcdef"})))
    stamp = manifest["stamp"]
    with pytest.raises(
        ServingError, match=rf"old carries the stamp 0123456789abcdef, this export has {stamp}; every item must"
    ):
        embed(world, data, tmp_path / "out", since=tmp_path / "old")


def test_two_processes_give_the_bytes_of_one(world: World, data: pathlib.Path, tmp_path: pathlib.Path) -> None:
    pytest.importorskip("apache_beam", reason="needs Apache Beam: pip install -e '.[beam]'")
    embed(world, data, tmp_path / "one")
    assert len(embed(world, data, tmp_path / "two", workers=2).work) == 2
    assert bytes_of(tmp_path / "two") == bytes_of(tmp_path / "one")


def test_what_it_did_is_added_up(world: World, data: pathlib.Path, tmp_path: pathlib.Path) -> None:
    done = embed(world, data, tmp_path / "out")
    tower = ItemTower(world.exports, stamp=done.manifest.stamp)
    flops = 2 * sum(tower.flops.values())  # two items of each product
    assert [done.total(name) for name in ("items", "embedded", "flops")] == [4, 4, flops]
    assert done.processes == 1
    assert 0 < done.total("tower_seconds") < done.seconds


def test_a_data_set_is_neither_written_to_nor_read_as_embeddings(world: World, data: pathlib.Path) -> None:
    """It has a manifest.json too; the advice was to delete the folder."""
    before = {path: path.stat().st_mtime_ns for path in data.rglob("*")}
    with pytest.raises(
        ServingError, match=r"holds a data set \(manifest.json\); choose another --out, nothing in it was"
    ):
        embed(world, data, data)
    with pytest.raises(
        ServingError, match=r"is a data set, no embeddings; name the --out of mtmd_tf.jobs.embed_items$"
    ):
        EmbeddingManifest.load(data)
    assert {path: path.stat().st_mtime_ns for path in data.rglob("*")} == before


def test_incomplete_embeddings_are_refused(tmp_path: pathlib.Path) -> None:
    with pytest.raises(ServingError, match=r"holds no manifest.json: incomplete embeddings; run python -m"):
        EmbeddingManifest.load(tmp_path)
