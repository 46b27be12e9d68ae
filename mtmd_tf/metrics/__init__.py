"""How well predictions match labels and events (paper section 3); numpy only, bounded memory."""

from mtmd_tf.metrics.auc import StreamingAUC
from mtmd_tf.metrics.buckets import BUCKETS, Buckets, LabelHistograms, roots_of
from mtmd_tf.metrics.calibration import CalibrationCurve, CalibrationRow
from mtmd_tf.metrics.constant import TrainingMean, training_means
from mtmd_tf.metrics.cube import Cube
from mtmd_tf.metrics.cuts import by_ecpm, tops_and_cuts
from mtmd_tf.metrics.funnel import Funnel, FunnelRow
from mtmd_tf.metrics.request_sums import RequestErrorSums
from mtmd_tf.metrics.requests import RequestErrors
from mtmd_tf.metrics.row import Row
from mtmd_tf.metrics.slices import ALL, Slices

__all__ = [
    "ALL",
    "BUCKETS",
    "Buckets",
    "CalibrationCurve",
    "CalibrationRow",
    "Cube",
    "Funnel",
    "FunnelRow",
    "LabelHistograms",
    "RequestErrorSums",
    "RequestErrors",
    "Row",
    "Slices",
    "StreamingAUC",
    "TrainingMean",
    "by_ecpm",
    "roots_of",
    "tops_and_cuts",
    "training_means",
]
