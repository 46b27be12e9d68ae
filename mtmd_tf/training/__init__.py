"""Fits a model to the days of a data set (paper section 3.1)."""

from mtmd_tf.training.fit import FitResult, fit

__all__ = ["FitResult", "fit"]
