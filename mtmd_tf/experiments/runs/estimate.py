"""The estimated time of trainings, from the times of finished ones."""

from collections.abc import Iterable
from statistics import median

from mtmd_tf.config import AVERAGED
from mtmd_tf.experiments.runs.plan import Run
from mtmd_tf.experiments.runs.record import Record

START_SECONDS = 40.0  # of a run, whatever its data: imports, the first step's graph, measuring, the report
PAIR_SECONDS = 2e-4  # of a pair in training, where no run has told: 5,000 pairs a second

_LONGER = 1.6  # times its epochs that a training with an open end takes
_MOST = 4.0  # times the above a start may be taken to last, where even the shortest run took longer


class Rates:
    """Seconds of a start, and of a training pair by architecture.

    Args:
        records: Records of the finished runs.
    """

    def __init__(self, records: Iterable[Record] = ()) -> None:
        self._seen: list[tuple[str, int, float]] = []
        for record in records:
            self.add(record)

    def add(self, record: Record) -> None:
        """Adds one more finished run."""
        self._seen.append((record.config["model"]["architecture"], record.fit["pairs"], record.seconds))

    def seconds(self, run: Run, pairs: int) -> float:
        """The estimated seconds of a run on `pairs` training pairs."""
        start = min([seconds for *_, seconds in self._seen], default=START_SECONDS)
        start = min(start, _MOST * START_SECONDS)
        rates = [(name, max(seconds - start, 0.0) / max(count, 1)) for name, count, seconds in self._seen]
        alike = [rate for name, rate in rates if name == run.model.architecture] or [rate for _, rate in rates]
        longer = _LONGER if run.train.schedule == AVERAGED else 1.0
        passes = run.train.epochs * run.train.sample_share * longer
        return start + (median(alike) if alike else PAIR_SECONDS) * pairs * passes
