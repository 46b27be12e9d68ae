"""Complete Journey: a year of grocery receipts and promotions as requests and events (paper section 3.1)."""

from tfrecords_tools.sources.complete_journey.dataset import build

__all__ = ["build"]
