"""How long what is missing of a ladder will take, from what its finished runs took."""

from collections.abc import Iterable
from statistics import median

from mtmd_tf.experiments.ladder.entry import Entry
from mtmd_tf.experiments.plan import Run

START_SECONDS = 40.0  # of a run, whatever its data: imports, the first step's graph, measuring, the report
PAIR_SECONDS = 2e-4  # of a pair in training, where no run has told: 5,000 pairs a second


class Rates:
    """Seconds a training pair, of each architecture.

    Args:
        entries: The finished runs.
    """

    def __init__(self, entries: Iterable[Entry]) -> None:
        self._seen: dict[str, list[float]] = {}
        for entry in entries:
            self.add(entry)

    def add(self, entry: Entry) -> None:
        """One more finished run."""
        record = entry.record
        rate = max(record.seconds - START_SECONDS, 0.0) / max(record.fit["pairs"], 1)
        self._seen.setdefault(record.config["model"]["architecture"], []).append(rate)

    def seconds(self, run: Run, pairs: int) -> float:
        """Of a run on `pairs` training pairs."""
        seen = self._seen.get(run.model.architecture) or [rate for rates in self._seen.values() for rate in rates]
        return START_SECONDS + (median(seen) if seen else PAIR_SECONDS) * pairs * max(run.train.epochs, 1)
