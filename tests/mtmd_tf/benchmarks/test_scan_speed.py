"""Tests of mtmd_tf/benchmarks/scan_speed.py; times only have to be times."""

import pathlib

from mtmd_tf.benchmarks.scan_speed import measure_scan, write_random_embeddings
from mtmd_tf.serving.ranking.ranker import Ranker
from mtmd_tf.serving.specification import RankerSpec
from tests.mtmd_tf.serving.world import World


def test_the_bytes_of_a_request_by_hand(world: World, tmp_path: pathlib.Path) -> None:
    write_random_embeddings(tmp_path, RankerSpec.load(world.exports), items=101, storage="float32")
    ranker = Ranker(world.exports, tmp_path)
    speed = measure_scan(ranker, surface="home", top=3, rounds=2)
    assert speed.bytes == 4 * (101 * 14 + 51 * 10)  # ctr of all items, gctr of the standard ones
    assert min(speed.read_seconds, speed.scan_seconds, *speed.seconds.values()) > 0
    assert list(speed.seconds) == ["features", "query tower", "dot products", "formula and top K", "ids"]
    assert speed.share == speed.read_seconds / speed.scan_seconds
