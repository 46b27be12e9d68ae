"""The improvement of one model over another in percent, with a 95% interval (paper Table 1)."""

import dataclasses
from collections.abc import Sequence

import numpy as np

from mtmd_tf.experiments.runs.digits import short

MEASURES = {"kl": "KL", "log_mae": "LogMAE"}


@dataclasses.dataclass(frozen=True, kw_only=True)
class Improvement:
    """100 * (1 - error of the new model / error of the old one), each the mean of the seeds; above 0 is better.

    Attributes:
        value: Improvement in percent.
        low: Lower end of the 95% interval.
        high: Upper end of the 95% interval.
        by_seed: The improvement seed against seed, percent.
    """

    value: float
    low: float
    high: float
    by_seed: tuple[float, ...] = ()

    @property
    def significantly_better(self) -> bool:
        """Whether the whole interval lies above 0."""
        return self.low > 0.0

    @property
    def significantly_worse(self) -> bool:
        """Whether the whole interval lies below 0."""
        return self.high < 0.0

    def __format__(self, form: str) -> str:
        """`+4.2% [+2.6, +5.7]` for `.1f`; `+4.1, +4.3`, the improvement of each seed, for `seeds .1f`."""
        if form.startswith("seeds "):
            return ", ".join(f"{value:+{form.removeprefix('seeds ')}}" for value in self.by_seed)
        return f"{self.value:+{form}}% [{self.low:+{form}}, {self.high:+{form}}]"

    def short(self) -> "Improvement":
        """Seven digits of each number, as tables keep them."""
        by_seed = tuple(map(short, self.by_seed))
        return Improvement(value=short(self.value), low=short(self.low), high=short(self.high), by_seed=by_seed)


def reach(improvements: Sequence[Improvement]) -> np.ndarray:
    """`[2, improvements]` lengths of the intervals below and above the values, as error bars take them.

    None is below 0: an interval of few draws can leave its value out.
    """
    lengths = [[each.value - each.low, each.high - each.value] for each in improvements]
    return np.maximum(np.array(lengths).T, 0.0)
