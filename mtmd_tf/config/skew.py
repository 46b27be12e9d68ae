"""What a launch may lose while item embeddings are of older versions than the query tower."""

import dataclasses

from mtmd_tf.config.fields import check_fields, setting


@dataclasses.dataclass(frozen=True, kw_only=True)
class SkewConfig:
    """Thresholds of a launch gate, against the query tower beside its own item embeddings; 0 is off."""

    max_log_mae_rise: float = setting(
        0.1, "most by which LogMAE may rise, as a share of its own; 0 is off", minimum=0.0
    )
    max_kl_rise: float = setting(0.2, "most by which KL may rise, as a share of its own; 0 is off", minimum=0.0)
    max_calibration_change: float = setting(
        0.1, "most by which sum p / sum y may change, as a share of its own; 0 is off", minimum=0.0
    )
    max_recall_drop: float = setting(
        0.02,
        "most by which the recall of the best K at the cut N may fall, a difference of shares; 0 is off",
        minimum=0.0,
    )
    recall_top: int = setting(
        0, "K of the recall; 0 takes the largest that evaluations measure on lists of this length", minimum=0
    )
    recall_cut: int = setting(
        0, "N of the recall; 0 takes the least that evaluations measure and that is above K", minimum=0
    )
    min_pairs: int = setting(
        1_000, "labeled pairs of a slice and task below which it is shown but not judged", minimum=1
    )

    def __post_init__(self) -> None:
        check_fields(self)
