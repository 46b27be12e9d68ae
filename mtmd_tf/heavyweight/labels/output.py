"""What a labeled data set has beside the requests and their labels (paper section 2.2)."""

import dataclasses
from collections.abc import Collection, Mapping
from typing import Any

from mtmd_tf.heavyweight.labels.truth import Truth


@dataclasses.dataclass(frozen=True, kw_only=True)
class Output:
    """How the labeled data set differs from the one that the ranker read, and what its labels are compared with.

    Attributes:
        drop_cross: Whether it has no cross features.
        drop: Names of cross features that it has not.
        eval_from: First day of its split eval; empty: each day stays in its split.
        towers: What the features of towers were made of; empty where the ranker had none.
        truth: True probabilities to compare the labels with; None takes those beside the data, if there are some.
    """

    drop_cross: bool = False
    drop: Collection[str] = ()
    eval_from: str = ""
    towers: Mapping[str, Any] = dataclasses.field(default_factory=dict)
    truth: Truth | None = None
