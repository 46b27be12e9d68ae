"""Turns logs of ad requests into validated TFRecord data sets; never imports `mtmd_tf`."""

import os

# The model package speaks Keras 2 only and TensorFlow fixes its Keras at import: whichever package comes first decides.
os.environ.setdefault("TF_USE_LEGACY_KERAS", "1")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
