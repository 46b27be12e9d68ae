"""Tests of mtmd_tf/serving/embedding/item_tower.py, and of mtmd_tf/serving/flops.py."""

import numpy as np
import pytest
import tensorflow as tf

from mtmd_tf.serving.embedding.item_tower import ROWS, ItemTower
from mtmd_tf.serving.specification import RankerSpec
from mtmd_tf.sharing import served
from tests.mtmd_tf.serving.world import World
from tests.tfrecords_tools.tiny import tiny_items, tiny_schema
from tfrecords_tools.examples import encode_items


@pytest.fixture(scope="module")
def tower(world: World) -> ItemTower:
    return ItemTower(world.exports, stamp=RankerSpec.load(world.exports).stamp)


def standard_items(count: int) -> list[bytes]:
    """Item a at `count` different prices."""
    items = tiny_items().take(np.zeros(count, np.int64))
    items.item["price"][:] = np.arange(count)
    return list(encode_items(tiny_schema(), items))


@pytest.mark.parametrize("count", [1, 7, ROWS, ROWS + 1])
def test_an_embedding_has_the_same_bits_whatever_is_beside_it(tower: ItemTower, count: int) -> None:
    records = standard_items(2 * ROWS)
    everything, _ = tower.embed(records)
    order = np.random.default_rng(count).permutation(len(records))[:count]
    some, failures = tower.embed([records[place] for place in order])
    assert failures == {}
    assert np.array_equal(some, everything[order])


def test_a_training_in_the_same_process_changes_no_bit(world: World, tower: ItemTower) -> None:
    records = standard_items(ROWS)
    before, _ = tower.embed(records)
    tf.config.optimizer.set_experimental_options({"disable_meta_optimizer": True})  # as training leaves it
    try:
        after, _ = ItemTower(world.exports, stamp=tower.spec.stamp).embed(records)
        assert tf.config.optimizer.get_experimental_options()["disable_meta_optimizer"]
    finally:
        tf.config.optimizer.set_experimental_options({"disable_meta_optimizer": False})
    assert np.array_equal(after, before)


def test_no_item_is_no_embedding(tower: ItemTower) -> None:
    embedding, failures = tower.embed([])
    assert (embedding.shape, failures) == ((0, tower.spec.width), {})


def test_operations_are_two_for_each_weight_of_a_kernel(world: World, tower: ItemTower) -> None:
    item_tower = world.model.item_tower
    for product in ("standard", "shopping"):
        kernels = [
            size
            for layer in (item_tower.encoder, item_tower.domain_shared, item_tower.experts[product])
            for name, size in served(layer)
            if "kernel" in name
        ]
        assert tower.flops[product] == 2 * sum(kernels)
