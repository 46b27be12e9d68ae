"""Tests of mtmd_tf/serving/embeddings.py and stored.py."""

import json
import pathlib
import shutil

import numpy as np
import pyarrow.parquet as pq
import pytest

from mtmd_tf.serving import embeddings as embedding
from mtmd_tf.serving.embeddings import embed_items
from mtmd_tf.serving.specification import RankerSpec, ServingError
from mtmd_tf.serving.stored import EmbeddingManifest, StoredEmbeddings, read_parts
from tests.mtmd_tf.serving.world import World, rewrite_items
from tests.mtmd_tf.small import to_batch
from tests.tfrecords_tools.tiny import tiny_items, tiny_requests, tiny_schema
from tfrecords_tools.examples import encode_items
from tfrecords_tools.requests import DataError


@pytest.fixture
def data(world: World, tmp_path: pathlib.Path) -> pathlib.Path:
    """A copy of the data set with two shards of two items."""
    shutil.copytree(world.data, tmp_path / "data")
    rewrite_items(tmp_path / "data", [records()[:2], records()[2:]])
    return tmp_path / "data"


def records() -> list[bytes]:
    return list(encode_items(tiny_schema(), tiny_items()))


def embed(world: World, data: pathlib.Path, out: pathlib.Path, **arguments) -> EmbeddingManifest:
    return embed_items(world.exports, data, out, show_progress=False, **arguments)


def _stored(folder: pathlib.Path, *, stamp: str, products: tuple[str, ...]) -> StoredEmbeddings:
    parts = list(read_parts(folder, EmbeddingManifest.load(folder), stamp=stamp, products=products))
    names = ("item_id", "product", "embedding")
    return StoredEmbeddings(**{name: np.concatenate([getattr(part, name) for part in parts]) for name in names})


def bytes_of(folder: pathlib.Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


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
    assert manifest.parts == [{"path": "part-00000-of-00001.parquet", "items": 4}]


def test_names_of_features_are_not_stored(world: World) -> None:
    assert pq.read_schema(world.embeddings / "part-00000-of-00001.parquet").names == ["item_id", "product", "embedding"]


def test_a_finished_run_does_nothing(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(embedding, "load_tower", lambda *_, **__: pytest.fail("a finished run loaded the tower"))
    assert embed(world, world.data, world.embeddings) == EmbeddingManifest.load(world.embeddings)


def test_a_run_cut_off_goes_on_and_ends_with_the_same_bytes(
    world: World, data: pathlib.Path, tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    embed(world, data, tmp_path / "once")
    write, written = embedding._write_part, []

    def cut_off(job: object, shard: object, path: pathlib.Path, progress: object) -> None:
        if written:
            (path.parent / f".{path.name}.tmp").write_bytes(b"half a part")
            raise KeyboardInterrupt
        write(job, shard, path, progress)
        written.append(path.stat().st_mtime_ns)

    with monkeypatch.context() as patch:
        patch.setattr(embedding, "_write_part", cut_off)
        with pytest.raises(KeyboardInterrupt):
            embed(world, data, tmp_path / "again")
    assert not (tmp_path / "again/manifest.json").exists()
    embed(world, data, tmp_path / "again")
    assert bytes_of(tmp_path / "again") == bytes_of(tmp_path / "once")
    assert (tmp_path / "again/part-00000-of-00002.parquet").stat().st_mtime_ns == written[0]


def test_a_corrupt_record_is_named(world: World, data: pathlib.Path, tmp_path: pathlib.Path) -> None:
    shard = data / "items/part-00001-of-00002.tfrecord"
    shard.write_bytes(shard.read_bytes()[:-5])
    with pytest.raises(DataError, match=r"part-00001-of-00002.tfrecord, record 1: corrupt or cut off"):
        embed(world, data, tmp_path / "out")
    assert not (tmp_path / "out/manifest.json").exists()


def test_an_unknown_product_is_named_with_file_record_and_item(
    world: World, data: pathlib.Path, tmp_path: pathlib.Path
) -> None:
    wrong = records()[2].replace(b"\x08standard", b"\x08standart")
    assert wrong != records()[2]
    rewrite_items(data, [records()[:2], [wrong, records()[3]]])
    message = r"part-00001\S+, record 0: \[unknown product; the schema has .*standard.*\[standart\] \[in\] \[c\]$"
    with pytest.raises(DataError, match=message):
        embed(world, data, tmp_path / "out")


def test_an_item_twice_is_named_with_its_files(world: World, data: pathlib.Path, tmp_path: pathlib.Path) -> None:
    rewrite_items(data, [records()[:2], [*records()[2:], records()[0]]])
    with pytest.raises(
        DataError, match=r"item a is .* more than once, in \['\S*part-00000-\S*', '\S*part-00001-\S*'\]"
    ):
        embed(world, data, tmp_path / "out")


def test_a_shard_with_fewer_items_than_promised_is_named(
    world: World, data: pathlib.Path, tmp_path: pathlib.Path
) -> None:
    manifest = json.loads((data / "manifest.json").read_text())
    manifest["items"]["shards"][1]["items"] = 3
    (data / "manifest.json").write_text(json.dumps(manifest))
    with pytest.raises(DataError, match=r"part-00001-of-00002.tfrecord holds 2 items, the data set's manifest says 3"):
        embed(world, data, tmp_path / "out")


def test_embeddings_of_other_items_are_not_overwritten(
    world: World, data: pathlib.Path, tmp_path: pathlib.Path
) -> None:
    shutil.copytree(world.embeddings, tmp_path / "out")
    with pytest.raises(
        ServingError, match=r"holds embeddings of the stamp \w+ and the corpus \w+, .* delete the folder"
    ):
        embed(world, data, tmp_path / "out")


def test_the_batch_size_does_not_show(world: World, tmp_path: pathlib.Path) -> None:
    embed(world, world.data, tmp_path / "out", batch_items=3)
    spec = RankerSpec.load(world.exports)
    whole, pieces = (
        _stored(folder, stamp=spec.stamp, products=spec.schema.products)
        for folder in (world.embeddings, tmp_path / "out")
    )
    assert pieces.item_id.tolist() == whole.item_id.tolist()
    np.testing.assert_allclose(pieces.embedding, whole.embedding, atol=1e-6)


def test_incomplete_embeddings_are_refused(tmp_path: pathlib.Path) -> None:
    with pytest.raises(ServingError, match=r"holds no manifest.json: incomplete embeddings; run python -m"):
        _stored(tmp_path, stamp="s", products=("standard",))
