"""Tests that a killed embedding job goes on: real processes, killed without warning."""

import multiprocessing
import pathlib
import random
import shutil
import time

import numpy as np
import pytest

from mtmd_tf.serving.embedding.embeddings import embed_items
from tests.mtmd_tf.serving.world import World, rewrite_items
from tests.tfrecords_tools.tiny import tiny_items, tiny_schema
from tfrecords_tools.examples import encode_items

KILLS = 6
MOST_PARTS = 4  # before a kill
WAIT = 120  # seconds


@pytest.fixture
def data(world: World, tmp_path: pathlib.Path) -> pathlib.Path:
    """Three shards of 24 items, a part each; every third item is wrong."""
    shutil.copytree(world.data, tmp_path / "data")
    items = tiny_items().take(np.arange(72) % 2)
    items.item_id[:] = [f"item {number}".encode() for number in range(72)]
    items.item["price"][:] = np.arange(72)
    records = list(encode_items(tiny_schema(), items))
    records[::3] = [record.replace(b"item/brand", b"item/brant") for record in records[::3]]
    rewrite_items(tmp_path / "data", [records[:24], records[24:48], records[48:]])
    return tmp_path / "data"


def test_six_kills_leave_the_bytes_of_an_undisturbed_run(
    world: World, data: pathlib.Path, tmp_path: pathlib.Path
) -> None:
    server = multiprocessing.get_context("forkserver")
    server.set_forkserver_preload(
        ["mtmd_tf.serving.embedding.embeddings"]
    )  # TensorFlow is imported once, not eight times
    chance = random.Random(0)

    def start(out: pathlib.Path) -> multiprocessing.process.BaseProcess:
        arguments = {"part_items": 1, "workers": 1, "tolerate": 24}
        process = server.Process(target=embed_items, args=(world.exports, data, out), kwargs=arguments)
        process.start()
        return process

    killed = tmp_path / "killed"
    for _ in range(KILLS):
        process, enough = start(killed), parts(killed) + chance.randint(1, MOST_PARTS)
        begun = time.monotonic()
        while process.is_alive() and parts(killed) < enough and time.monotonic() < begun + WAIT:
            time.sleep(0.001)
        time.sleep(chance.uniform(0, 0.005))  # anywhere within the next part
        process.kill()
        process.join()
        assert process.exitcode == -9  # neither done nor failed before
    for out in (killed, tmp_path / "once"):
        process = start(out)
        process.join(WAIT)
        assert process.exitcode == 0
    assert bytes_of(killed) == bytes_of(tmp_path / "once")
    assert len(bytes_of(killed)) == 73  # the parts and the manifest, nothing else


def parts(folder: pathlib.Path) -> int:
    return len(list(folder.glob("part-*.parquet")))


def bytes_of(folder: pathlib.Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}
