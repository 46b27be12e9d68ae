import numpy as np

from mtmd_tf.benchmarks.peers.plain_batch import flat
from mtmd_tf.benchmarks.peers.tfrs_two_tower import training_step
from mtmd_tf.model import TwoTowerModel
from tests.mtmd_tf.small import SMALL, small_batch, small_schema


def test_the_tutorial_model_learns_by_the_other_items_of_the_batch() -> None:
    batch = flat(small_batch(20))
    step = training_step(TwoTowerModel(small_schema(), config=SMALL), [batch])
    losses = [float(step(number)) for number in range(5)]
    pairs = batch.request.shape[0]
    assert losses[0] < 2 * pairs * np.log(pairs)  # the sum over pairs; by chance each is ln(pairs)
    assert losses[-1] < losses[0]
