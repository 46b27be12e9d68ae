"""How long what is missing of a ladder will take, from what its finished runs took."""

from collections.abc import Iterable
from statistics import median

from mtmd_tf.experiments.ladder.entry import Entry
from mtmd_tf.experiments.plan import Run

START_SECONDS = 40.0  # of a run, whatever its data: imports, the first step's graph, measuring, the report
PAIR_SECONDS = 2e-4  # of a pair in training, where no run has told: 5,000 pairs a second

_MOST = 4.0  # times the above a start may be taken to last, where even the shortest run took longer


class Rates:
    """What a start and a training pair take; pairs by architecture.

    Args:
        entries: The finished runs.
    """

    def __init__(self, entries: Iterable[Entry]) -> None:
        self._seen: list[tuple[str, int, float]] = []
        for entry in entries:
            self.add(entry)

    def add(self, entry: Entry) -> None:
        """One more finished run."""
        record = entry.record
        self._seen.append((record.config["model"]["architecture"], record.fit["pairs"], record.seconds))

    def seconds(self, run: Run, pairs: int) -> float:
        """Of a run on `pairs` training pairs."""
        start = min([seconds for *_, seconds in self._seen], default=START_SECONDS)
        start = min(start, _MOST * START_SECONDS)
        rates = [(name, max(seconds - start, 0.0) / max(count, 1)) for name, count, seconds in self._seen]
        alike = [rate for name, rate in rates if name == run.model.architecture] or [rate for _, rate in rates]
        return start + (median(alike) if alike else PAIR_SECONDS) * pairs * max(run.train.epochs, 1)
