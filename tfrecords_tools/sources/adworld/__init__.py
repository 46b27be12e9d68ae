"""The ad world: a seeded simulator of the paper's platform whose true probabilities are known (paper section 2.1.1)."""

from tfrecords_tools.sources.adworld.build import build

__all__ = ["build"]
