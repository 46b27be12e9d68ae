"""Averages of weights equal those computed with NumPy, forget the beginning, and give the weights back."""

import numpy as np
import pytest
import tensorflow as tf

from mtmd_tf.training import averages as module
from mtmd_tf.training.averages import Averages

EVERY = 4


@pytest.fixture(autouse=True)
def every_fourth_step(monkeypatch):
    """Another test's tiny model weighs every step, in this process too."""
    monkeypatch.setattr(module, "EVERY", EVERY)


def test_the_average_is_that_of_weights_that_grow_with_the_fifth_power():
    variable = tf.Variable([0.0, 0.0])
    averages = Averages([variable])
    seen = np.random.default_rng(0).normal(size=[40, 2]).astype(np.float32)
    for step, value in enumerate(seen, start=1):
        variable.assign(value)
        averages.take_step(step)
    taken = seen[EVERY - 1 :: EVERY].astype(np.float64)
    n = np.arange(1, len(taken) + 1)
    weight = n * (n + 1) * (n + 2) * (n + 3) * (n + 4)  # rises as n to the fifth
    np.testing.assert_allclose(averages.averages[0], weight @ taken / weight.sum(), rtol=1e-5)


def test_a_beginning_far_off_is_forgotten():
    variable = tf.Variable(1e6)
    averages = Averages([variable])
    for step in range(1, 100 * EVERY + 1):
        variable.assign(1e6 if step <= 10 * EVERY else 1.0)
        averages.take_step(step)
    assert 1.0 < float(averages.averages[0]) < 1.0 + 1e6 * 0.1**5


def test_weights_are_averages_inside_and_what_they_were_outside():
    variable, apart = tf.Variable([2.0]), tf.Variable([7.0])
    averages = Averages([variable])
    with averages.in_place():
        assert variable.numpy() == [2.0]  # nothing is averaged yet
    for step in range(1, 2 * EVERY + 1):
        variable.assign([0.0 if step <= EVERY else 8.0])
        averages.take_step(step)
    with averages.in_place():
        np.testing.assert_allclose(variable, [8.0 * 6 / 7], rtol=1e-6)  # weights 1 and 6
    assert (variable.numpy(), apart.numpy()) == ([8.0], [7.0])
