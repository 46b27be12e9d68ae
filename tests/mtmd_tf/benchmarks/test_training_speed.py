import pathlib

import pytest

from mtmd_tf.benchmarks.training_speed import measure_training
from tests.mtmd_tf.serving.world import World
from tfrecords_tools.requests import DataError


def test_one_batch_alone_cannot_be_timed(world: World) -> None:
    with pytest.raises(DataError, match="has one batch of 100,000 requests to train on, and speed needs two: lower"):
        measure_training(pathlib.Path(world.data), tasks=["ctr"], rounds=3, batch_requests=100_000)
