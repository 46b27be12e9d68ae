"""The quality of labels as plain data, which a report reads without TensorFlow (paper section 2.3)."""

import dataclasses

from mtmd_tf.heavyweight.labels.sizes import SizeRow
from mtmd_tf.metrics import Row


@dataclasses.dataclass(frozen=True, kw_only=True)
class LabelRow(Row):
    """The labels of one task in one slice or roll-up, as predictions of the events.

    Attributes:
        calibration_low: Lower end of the 95% interval of `calibration`, label over event.
        calibration_high: Upper end; None where too few events came to give one.
        miscalibrated: Whether the whole interval lies more than 5% away from 1.
    """

    calibration_low: float | None = None
    calibration_high: float | None = None
    miscalibrated: bool = False


@dataclasses.dataclass(frozen=True, kw_only=True)
class Quality:
    """The labels of one split.

    Attributes:
        split: Name of the split.
        rows: The cube of labels against events: `auc`, `bce`, and `calibration` as label over event.
        sizes: Labels against events by how large the labels are.
        truth: The cube of labels against the true probabilities: `mae`, `log_mae`, `kl`, `calibration`; may be empty.
        above_parent: Labels above their parent's, as they stand in the records.
    """

    split: str
    rows: tuple[LabelRow, ...]
    sizes: tuple[SizeRow, ...] = ()
    truth: tuple[Row, ...] = ()
    above_parent: int = 0
