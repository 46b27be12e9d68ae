"""Tests of mtmd_tf/serving/ranking/index.py."""

import errno
import functools
import json
import os
import pathlib
import shutil

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest

from mtmd_tf.serving.embedding.stored import EmbeddingManifest
from mtmd_tf.serving.ranking import index as indexing
from mtmd_tf.serving.ranking.building import write_index
from mtmd_tf.serving.ranking.index import ScoringIndex
from mtmd_tf.serving.ranking.storage import StoredTask
from mtmd_tf.serving.specification import RankerSpec, ServingError
from tests.malformed import UserError, refused, tried
from tests.mtmd_tf.serving.spec import small_spec, write_embeddings
from tests.mtmd_tf.serving.world import World
from tfrecords_tools.digests import with_digest


@pytest.fixture
def spec() -> RankerSpec:
    return small_spec()


@pytest.fixture
def folder(spec: RankerSpec, tmp_path: pathlib.Path) -> pathlib.Path:
    write_embeddings(tmp_path, spec, ["b", "a", "ccc", "d"], product=[1, 0, 1, 0])
    return tmp_path


def test_items_are_sorted_by_product_then_id(spec: RankerSpec, folder: pathlib.Path) -> None:
    index = ScoringIndex.open(folder, spec=spec)
    assert index.item_id.tolist() == [b"a", b"d", b"b", b"ccc"]
    assert index.rows == {"standard": slice(0, 2), "shopping": slice(2, 4)}
    first = [float(index.tasks["ctr"].embedding(slice(0, 4))[row, 0]) for row in range(4)]
    assert first == [1, 3, 0, 2]  # the place in the Parquet parts


def test_items_are_found_by_id(spec: RankerSpec, folder: pathlib.Path) -> None:
    index = ScoringIndex.open(folder, spec=spec)
    rows = index.find(["ccc", "a", "ccc"])
    assert rows.tolist() == [3, 0, 3]
    assert index.products_of(rows) == ["shopping", "standard", "shopping"]
    assert {product: places.tolist() for product, places in index.by_product(rows).items()} == {
        "standard": [1],
        "shopping": [0, 2],
    }


@pytest.mark.parametrize("unknown", ["", "aa", "zzzz", "cc"])
def test_an_unknown_item_is_named(spec: RankerSpec, folder: pathlib.Path, unknown: str) -> None:
    with pytest.raises(ServingError, match=rf"no embedding of item '{unknown}' among 4 items"):
        ScoringIndex.open(folder, spec=spec).find(["a", unknown])


def test_an_index_is_made_once(spec: RankerSpec, folder: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ScoringIndex.open(folder, spec=spec)
    monkeypatch.setattr(indexing, "build", lambda *_, **__: pytest.fail("a finished index was made again"))
    ScoringIndex.open(folder, spec=spec)


def test_an_int8_index_of_one_digit_is_made_again(spec: RankerSpec, folder: pathlib.Path) -> None:
    made = ScoringIndex.open(folder, spec=spec, storage="int8").folder
    path = made / "index.json"
    plain = json.loads(path.read_text())
    plain["made_of"]["format"] = 2
    path.write_text(json.dumps(with_digest(plain)))
    (made / "ctr.low.npy").unlink()
    with refused("embedding", "one digit", ServingError, match=r"ctr.low.npy is missing; delete the folder, and it is"):
        ScoringIndex.load(made, spec=spec)
    assert ScoringIndex.open(folder, spec=spec, storage="int8").tasks["ctr"].low is not None


def test_the_parts_are_a_table_beside_the_index(spec: RankerSpec, folder: pathlib.Path) -> None:
    ScoringIndex.open(folder, spec=spec)
    parts = sorted(folder.glob("part*.parquet"))  # as docs/serving.md has it
    assert pd.read_parquet(parts)["item_id"].tolist() == pq.read_table(parts)["item_id"].to_pylist()
    assert pd.read_parquet(parts)["item_id"].tolist() == ["b", "a", "ccc", "d"]


def test_an_index_of_other_embeddings_is_made_again(spec: RankerSpec, folder: pathlib.Path) -> None:
    before = ScoringIndex.open(folder, spec=spec)
    write_embeddings(folder, spec, ["x"], product=[0], data="later")
    assert ScoringIndex.open(folder, spec=spec).item_id.tolist() == [b"x"]
    assert before.item_id.tolist() == [b"a", b"d", b"b", b"ccc"]  # who has it open keeps it
    assert [path.name for path in (folder / "index").iterdir()] == ["float32"]


def test_a_run_cut_off_leaves_no_index(spec: RankerSpec, tmp_path: pathlib.Path) -> None:
    def cut_off():
        yield np.zeros((1, spec.width), np.float32)
        raise KeyboardInterrupt

    manifest = EmbeddingManifest(stamp=spec.stamp, data="d", width=spec.width, items=2, products={}, parts=[])
    with pytest.raises(KeyboardInterrupt):
        write_index(
            tmp_path / "index/float32",
            spec=spec,
            storage="float32",
            manifest=manifest,
            item_id=np.array([b"a", b"b"]),
            product=np.zeros(2, np.int64),
            embeddings=cut_off(),
        )
    assert list((tmp_path / "index").iterdir()) == []


def test_an_index_of_another_export_is_refused_with_both_stamps(spec: RankerSpec, folder: pathlib.Path) -> None:
    index = ScoringIndex.open(folder, spec=spec)
    path = index.folder / "index.json"
    plain = json.loads(path.read_text())
    plain["made_of"]["stamp"] = "feedfeedfeedfeed"
    path.write_text(json.dumps(with_digest(plain)))
    with pytest.raises(
        ServingError, match=rf"float32 carries the stamp feedfeedfeedfeed, the exported towers {spec.stamp}"
    ):
        ScoringIndex.load(index.folder, spec=spec)


def test_an_unknown_storage_is_refused(spec: RankerSpec, folder: pathlib.Path) -> None:
    with pytest.raises(ServingError, match=r"no storage 'int4'; it is one of \['float32', 'bfloat16', 'int8'\]"):
        ScoringIndex.open(folder, spec=spec, storage="int4")


def test_an_unknown_product_is_named(spec: RankerSpec, tmp_path: pathlib.Path) -> None:
    write_embeddings(tmp_path, spec, ["a"], product=["video"])
    with pytest.raises(ServingError, match=r"parquet: no product 'video'; the export has \['standard', 'shopping'\]"):
        ScoringIndex.open(tmp_path, spec=spec)


def test_an_id_that_numpy_would_cut_is_refused(spec: RankerSpec, tmp_path: pathlib.Path) -> None:
    write_embeddings(tmp_path, spec, ["a\0"], product=[0])
    with pytest.raises(ServingError, match=r"item b'a\\x00': an id must not end in a zero byte"):
        ScoringIndex.open(tmp_path, spec=spec)


def test_the_job_s_embeddings_are_indexed(world: World, tmp_path: pathlib.Path) -> None:
    shutil.copytree(world.embeddings, tmp_path / "embeddings", ignore=shutil.ignore_patterns("index"))
    index = ScoringIndex.open(tmp_path / "embeddings", spec=RankerSpec.load(world.exports), storage="int8")
    assert index.item_id.tolist() == [b"a", b"c", b"b", b"d"]
    assert json.loads((index.folder / "index.json").read_text())["rows"] == {"standard": [0, 2], "shopping": [2, 4]}


def test_a_damaged_part_is_named(spec: RankerSpec, folder: pathlib.Path) -> None:
    part = folder / EmbeddingManifest.load(folder).parts[0]["path"]
    part.write_bytes(part.read_bytes()[:50])
    with pytest.raises(
        ServingError, match=r"part.parquet is damaged: it is not as it was written; run python -m mtmd_tf"
    ):
        ScoringIndex.open(folder, spec=spec)


def test_a_damaged_index_is_named(spec: RankerSpec, folder: pathlib.Path) -> None:
    (ScoringIndex.open(folder, spec=spec).folder / "index.json").write_text("{")
    with pytest.raises(ServingError, match=r"index.json is not JSON \(.*\); delete the folder, and it is made again"):
        ScoringIndex.open(folder, spec=spec)


def flip(path: pathlib.Path, bit: int) -> None:
    content = bytearray(path.read_bytes())
    content[bit // 8 % len(content)] ^= 1 << bit % 8
    path.write_bytes(content)


FILES = (
    "index.json",
    "item_id.npy",
    "ctr.npy",
    "gctr.npy",
    "gctr.bias.npy",
    "ctr.scale.npy",
    "ctr.low.npy",
    "checksums.npz",
)


@pytest.mark.parametrize("name", [*FILES, "items.parquet"])
def test_a_flipped_bit_of_an_index_is_never_used(spec: RankerSpec, folder: pathlib.Path, name: str) -> None:
    storage = "int8" if "." in name.removesuffix(".npy") and name.endswith(".npy") else "float32"
    whole = scores(ScoringIndex.open(folder, spec=spec, storage=storage), spec)
    path = folder / "index" / storage / name
    content, bits = path.read_bytes(), np.random.default_rng(0).integers(0, 8 * path.stat().st_size, 25).tolist()
    found = []
    for bit in bits:
        flip(path, bit)
        opened = functools.partial(ScoringIndex.open, folder, spec=spec, storage=storage)
        found.append(tried("embedding", (name, bit), lambda o=opened: scores(o(), spec), user_errors=ServingError))
        path.write_bytes(content)
    errors = [one for one in found if isinstance(one, UserError)]
    assert all(name in one for one in errors)
    assert all(one == whole for one in found if not isinstance(one, UserError))  # padding, or the index was made again
    assert len(errors) > 10


def scores(index: ScoringIndex, spec: RankerSpec) -> tuple:
    query = np.linspace(0.1, 1, spec.width, dtype=np.float32)[None]
    parts = [(index.tasks[task.name], query[:, task.coordinates]) for task in spec.tasks]
    logits = [own.logits(part, slice(0, 4)) for own, part in parts]
    logits += [own.fine_logits(part, np.arange(4)) for own, part in parts]
    return index.item_id.tolist(), [own.tolist() for own in logits], index.table.rows(np.arange(4), index.table.names)


def test_a_full_disk_is_said_before_anything_is_mapped(
    spec: RankerSpec, folder: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "posix_fallocate", full)
    with pytest.raises(OSError, match=r"No space left on device: .*index/float32'$"):
        ScoringIndex.open(folder, spec=spec)
    assert list((folder / "index").iterdir()) == []


def test_an_index_takes_its_room_on_the_disk_when_it_is_allocated(tmp_path: pathlib.Path) -> None:
    StoredTask.allocate(tmp_path, "ctr", storage="float32", items=1000, width=200)
    found = (tmp_path / "ctr.npy").stat()
    assert found.st_blocks * 512 >= found.st_size > 800_000


def test_a_part_that_was_damaged_since_is_named(spec: RankerSpec, folder: pathlib.Path) -> None:
    path = folder / "part.parquet"
    content = path.read_bytes()
    for bit in np.random.default_rng(0).integers(0, 8 * len(content), 50).tolist():
        flip(path, bit)
        with refused("embedding", ("part", bit), ServingError, match=r"part.parquet is damaged: it is not as it was"):
            ScoringIndex.open(folder, spec=spec)
        path.write_bytes(content)


@pytest.mark.parametrize(("old", "new"), [('"items": 4', '"items": 3'), ('"format": 3', '"format": 2')])
def test_an_edit_of_the_manifest_is_seen(spec: RankerSpec, folder: pathlib.Path, old: str, new: str) -> None:
    path = folder / "manifest.json"
    path.write_text(path.read_text().replace(old, new, 1))
    message = r"manifest.json (was changed after it was written: [^;]+|has the format 2, this .* 3); "
    with pytest.raises(ServingError, match=message + "delete the folder and run python -m mtmd_tf.jobs.embed_items"):
        ScoringIndex.open(folder, spec=spec)
