"""The labels of one task beside LightGBM, and the outcome in a word (paper section 1)."""

import dataclasses

TOLERANCE = 0.003


@dataclasses.dataclass(frozen=True, kw_only=True)
class Comparison:
    """One task on the later days of one split.

    Attributes:
        split: Name of the split.
        task: Name of the task.
        pairs: Number of pairs with a label and an event.
        positives: Number of pairs with event 1.
        ranker: AUC of the labels against the events.
        lightgbm: AUC of LightGBM.
        low: Lower end of the 95% interval of ranker - lightgbm.
        high: Upper end of the interval.
        outcome: `ahead`, `level`, `behind` or `unsure`, as `outcome` says.
        uncorrected: AUC of the ranker without the correction of its labels day by day, None where it is not known.
    """

    split: str
    task: str
    pairs: int
    positives: int
    ranker: float
    lightgbm: float
    low: float
    high: float
    outcome: str
    uncorrected: float | None = None


def outcome(difference: float, *, low: float, high: float) -> str:
    """The ranker beside LightGBM in a word; a lead must be as sure as a deficit.

    `level` where the AUCs differ by at most 0.003. Beyond that `ahead` or `behind` where the whole interval is beyond
    it too, else `unsure`.
    """
    if abs(difference) <= TOLERANCE:
        return "level"
    if low > TOLERANCE:
        return "ahead"
    return "behind" if high < -TOLERANCE else "unsure"
