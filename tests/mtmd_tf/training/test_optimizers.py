import math

import numpy as np
import pytest
import tensorflow as tf

from mtmd_tf.config import TrainConfig
from mtmd_tf.training.optimizers import SplitOptimizer, WarmUpCosine


@pytest.mark.parametrize(
    ("step", "rate"),
    [(0, 0.25), (1, 0.5), (3, 1.0), (4, 1.0), (8, 0.02 + 0.98 * 0.5), (12, 0.02), (99, 0.02)],
)
def test_the_rate_climbs_then_falls_along_a_cosine(step, rate):
    schedule = WarmUpCosine(1.0, warmup=4, total=12)
    assert float(schedule(tf.constant(step))) == pytest.approx(rate, abs=1e-6)


def test_only_rows_that_were_looked_up_move():
    table = tf.Variable(tf.ones([4, 2]))
    kernel = tf.Variable(tf.ones([2]))
    optimizer = SplitOptimizer(
        TrainConfig(warmup_steps=1, embedding_learning_rate=0.1, embedding_accumulator=0.1), total_steps=10
    )
    with tf.GradientTape() as tape:
        loss = tf.reduce_sum(tf.gather(table, [1, 1]) * kernel)
    optimizer.minimize(loss, tape, tables=[table], dense=[kernel])
    # Row 1 has gradient 2 in both places: 1 - 0.1 * 2 / sqrt(0.1 + 2^2), the accumulator starting at 0.1.
    moved = 1 - 0.1 * 2 / math.sqrt(4.1)
    np.testing.assert_allclose(table.numpy(), [[1, 1], [moved, moved], [1, 1], [1, 1]], rtol=1e-5)


def test_the_first_step_of_a_row_is_the_rate_however_small_its_gradient():
    table = tf.Variable(tf.ones([2, 1]))
    optimizer = SplitOptimizer(TrainConfig(embedding_learning_rate=0.1), total_steps=10)
    with tf.GradientTape() as tape:
        loss = tf.reduce_sum(1e-3 * tf.gather(table, [1]))
    optimizer.minimize(loss, tape, tables=[table], dense=[])
    np.testing.assert_allclose(table.numpy(), [[1.0], [0.9]], rtol=1e-3)


def test_dense_gradients_are_clipped_by_their_norm():
    kernel = tf.Variable([0.0, 0.0])
    optimizer = SplitOptimizer(TrainConfig(warmup_steps=1, clip_norm=1.0), total_steps=10)
    with tf.GradientTape() as tape:
        loss = tf.reduce_sum(kernel * [3.0, 4.0])
    assert float(optimizer.minimize(loss, tape, tables=[], dense=[kernel])) == pytest.approx(5.0)
    slots = optimizer.dense.get_slot(kernel, "m").numpy()  # Adam's first moment is a tenth of the clipped gradient
    np.testing.assert_allclose(slots, [0.06, 0.08], rtol=1e-5)


def test_deviations_decay_by_the_rate_and_nothing_else_does():
    deviation, kernel = tf.Variable([2.0]), tf.Variable([2.0])
    config = TrainConfig(warmup_steps=1, learning_rate=0.1, deviation_decay=0.5)
    optimizer = SplitOptimizer(config, total_steps=10)
    with tf.GradientTape() as tape:
        loss = tf.reduce_sum(0.0 * deviation + 0.0 * kernel)
    optimizer.minimize(loss, tape, tables=[], dense=[deviation, kernel], deviations=[deviation])
    np.testing.assert_allclose([deviation.numpy()[0], kernel.numpy()[0]], [2.0 * (1 - 0.1 * 0.5), 2.0], rtol=1e-6)


def test_a_step_is_traced_once_when_the_variables_are_made_before():
    table, kernel = tf.Variable(tf.ones([4, 2])), tf.Variable(tf.ones([2]))
    optimizer = SplitOptimizer(TrainConfig(), total_steps=10)
    optimizer.make_variables(tables=[table], dense=[kernel])
    traces = []

    @tf.function
    def step() -> tf.Tensor:
        traces.append(1)
        with tf.GradientTape() as tape:
            loss = tf.reduce_sum(tf.gather(table, [1]) * kernel)
        return optimizer.minimize(loss, tape, tables=[table], dense=[kernel])

    step()
    step()
    assert len(traces) == 1
    assert int(optimizer.dense.iterations) == int(optimizer.tables.iterations) == 2
