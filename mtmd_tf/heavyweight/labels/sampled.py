"""What sampling weights do not do to labels: a label is the rate of the pairs as they are logged (section 2.3)."""

from collections.abc import Collection

WEIGHT = "weight"


def of_a_sample(columns: Collection[str], *, use_weights: bool) -> tuple[str, ...]:
    """A sentence where records have weights, which the calibration of labels does not read; none where they have none.

    Args:
        columns: Optional columns of the data set.
        use_weights: Whether the ranker's loss weighs pairs.
    """
    if WEIGHT not in columns:
        return ()
    loss = "--use_weights weighs the loss alone, and " if use_weights else ""
    return (
        f"The records have the column {WEIGHT}: {loss}a label is the rate of the pairs as logged, each counted "
        "once. If pairs without an event were sampled, with the weight w, a label or prediction p stands for "
        "p / (p + (1 - p) * w) of all impressions.",
    )
