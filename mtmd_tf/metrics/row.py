"""One row of the evaluation cube (paper section 3.1)."""

import dataclasses

from mtmd_tf.metrics.slices import ALL


@dataclasses.dataclass(frozen=True, kw_only=True)
class Row:
    """The measures of one task in one slice or roll-up; None is what does not exist or has nothing to be taken from.

    Attributes:
        surface: Name, or `all`.
        product: Name, or `all`.
        task: Name of the task.
        exists: Whether the task exists here at all.
        pairs: How many pairs have a label.
        label_mean: Mean of the labels.
        probability_mean: Mean prediction over the labeled pairs.
        log_mae: Mean |ln p - ln y|, both clipped to [clip, 1].
        kl: Mean Bernoulli KL(y || p), nats.
        mae: Mean |p - y|.
        bce: Mean cross-entropy against the label, nats.
        calibration: Sum of p over sum of y; 1 is right, 2 predicts twice too much.
        events: How many pairs have an observed event.
        event_rate: Mean of the events.
        auc: Area under the ROC curve against events.
        auc_error: How far the exact AUC can be from `auc`.
        group: A bucket or a feature's value where the row is about one, or `all`.
    """

    surface: str
    product: str
    task: str
    exists: bool
    pairs: int = 0
    label_mean: float | None = None
    probability_mean: float | None = None
    log_mae: float | None = None
    kl: float | None = None
    mae: float | None = None
    bce: float | None = None
    calibration: float | None = None
    events: int = 0
    event_rate: float | None = None
    auc: float | None = None
    auc_error: float | None = None
    group: str = ALL
