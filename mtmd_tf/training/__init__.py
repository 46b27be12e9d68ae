"""Fits a model to the days of a data set (paper section 3.1)."""

from mtmd_tf.training.fit import fit
from mtmd_tf.training.progress import FitResult

__all__ = ["FitResult", "fit"]
