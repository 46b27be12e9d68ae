"""Tests of mtmd_tf/benchmarks/storage_comparison.py and storage_loss.py."""

from mtmd_tf.benchmarks.storage_comparison import compare_storages
from tests.mtmd_tf.serving.world import World


def test_each_storage_is_measured(world: World) -> None:
    table = compare_storages(world.exports, world.embeddings, world.data, top=2)
    assert list(table.index) == ["float32", "bfloat16", "int8"]
    assert table["bytes an item"].tolist() == [96, 56, 44]  # 24 coordinates, 4 of them biases, 2 tasks
    assert table.loc["float32", ["change ctr", "recall@2", "pairs", "requests"]].tolist() == [0, 1, 2, 1]
    assert (table["change ctr"].abs() < 0.02).all()
