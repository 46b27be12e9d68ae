"""The corners by hand; test_init.py has the choice of Keras, and the tests of their users have the rest."""

import numpy as np
import tensorflow as tf

from mtmd_tf import legacy


class Doubling(tf.keras.layers.Layer):
    """Doubles; a method of its own, to be watched."""

    def twice(self, number: tf.Tensor) -> tf.Tensor:
        return 2 * number


def test_a_layer_is_watched_only_within():
    layer, seen = Doubling(), []
    with legacy.watched(layer, "twice", seen.append):
        np.testing.assert_array_equal(layer.twice(tf.constant(3)), 6)
    np.testing.assert_array_equal(layer.twice(tf.constant(4)), 8)
    assert [int(output) for output in seen] == [6]
    assert "twice" not in vars(layer)


def test_adam_moves_a_variable_by_its_rate_in_the_first_step_and_has_its_slots_before():
    variable, optimizer = tf.Variable([1.0, 1.0]), legacy.adam(0.1)
    legacy.make_slots(optimizer, [variable])
    made = len(optimizer.variables())
    legacy.apply_gradients(optimizer, [(tf.constant([5.0, -0.01]), variable)], added_up=False)
    np.testing.assert_allclose(variable, [0.9, 1.1], rtol=1e-4)
    assert len(optimizer.variables()) == made


def test_adagrad_leaves_the_rows_without_a_gradient_alone():
    table, optimizer = tf.Variable(tf.ones([3, 1])), legacy.adagrad(0.1, accumulator=0.0)
    gradient = tf.IndexedSlices(tf.constant([[2.0]]), tf.constant([1]), tf.constant([3, 1]))
    legacy.apply_gradients(optimizer, [(gradient, table)], added_up=False)
    np.testing.assert_allclose(table, [[1.0], [0.9], [1.0]], rtol=1e-5)


def test_the_graph_that_is_traced_is_the_functions_own():
    traced = []
    tf.function(lambda: traced.append(legacy.current_graph()) or 1).get_concrete_function()
    assert traced[0] is not legacy.current_graph()
