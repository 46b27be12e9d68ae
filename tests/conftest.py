"""Chooses Keras 2 before any test module imports TensorFlow."""

import mtmd_tf  # noqa: F401
