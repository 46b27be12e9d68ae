import importlib

import tensorflow as tf

from mtmd_tf.serving import loading


def test_a_served_tower_has_float32_products_on_a_gpu_too():
    tf.config.experimental.enable_tensor_float_32_execution(True)
    importlib.reload(loading)
    assert not tf.config.experimental.tensor_float_32_execution_enabled()
