"""Fits a model to the days of a data set (paper section 3.1)."""

from mtmd_tf.fit_result import FitResult
from mtmd_tf.training.fit import fit

__all__ = ["FitResult", "fit"]
