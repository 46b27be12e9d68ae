"""The heavyweight ranker, MTMD's teacher (paper section 1)."""

from mtmd_tf.heavyweight.model import HeavyweightRanker

__all__ = ["HeavyweightRanker"]
