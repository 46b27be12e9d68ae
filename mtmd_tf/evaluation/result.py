"""The result of an evaluation, as plain data that can be written and read back (paper section 3.1)."""

import dataclasses
import json
import math
import pathlib
from collections.abc import Mapping
from typing import Any

from mtmd_tf.evaluation.inspection_rows import DistanceRow, GateRow, RouterRow
from mtmd_tf.metrics import CalibrationRow, FunnelRow, Row
from tfrecords_tools import structure
from tfrecords_tools.files import write_text

FILE_NAME = "evaluation.json"
BUCKET = "bucket"  # what a breakdown by the size of the label is by


@dataclasses.dataclass(frozen=True, kw_only=True)
class Breakdown:
    """The measures of every slice, split further.

    Attributes:
        by: `bucket`, or a feature's key such as `item/brand`.
        rows: Rows of the model, each of one `group`.
        baseline: Rows of the training mean, in the same order.
    """

    by: str
    rows: tuple[Row, ...]
    baseline: tuple[Row, ...]


@dataclasses.dataclass(frozen=True, kw_only=True)
class Evaluation:
    """One model's measures on one split, next to the training mean's.

    Attributes:
        run: The run's name.
        data: Description of the data, such as `runs/data/adworld, split eval, 6 days, 2025-03-25 to 2025-03-30`.
        clip: Smallest probability in LogMAE.
        rows: Rows of the model.
        baseline: Rows of the training mean, of the same surfaces, products and tasks.
        funnel: Funnel rows of the model, or empty.
        ecpm_funnel: The same where label and score of the first task are multiplied with the bid, or empty.
        calibration: Calibration rows of the model, or empty.
        winners: The model's on each request's winner alone, or empty.
        winner_rule: Definition of a winner, such as `the candidate with the highest label of ctr`.
        breakdowns: By bucket and by the features that were asked for.
        bucket_edges: `{surface/product: {root task: least label of buckets 0 to 4}}`.
        routing: Mean weights of the routers' experts, or empty.
        gates: Mean squeeze-and-excitation gates, or empty.
        distances: Distances of the domains from what they share, or empty.
        warnings: Sentences that a reader must know before the figures.
        details: More lines for the report's head, such as `{"checkpoint": "step 12,000"}`.
    """

    run: str
    data: str
    clip: float
    rows: tuple[Row, ...]
    baseline: tuple[Row, ...]
    funnel: tuple[FunnelRow, ...] = ()
    ecpm_funnel: tuple[FunnelRow, ...] = ()
    calibration: tuple[CalibrationRow, ...] = ()
    winners: tuple[Row, ...] = ()
    winner_rule: str = ""
    breakdowns: tuple[Breakdown, ...] = ()
    bucket_edges: Mapping[str, Mapping[str, list[float]]] = dataclasses.field(default_factory=dict)
    routing: tuple[RouterRow, ...] = ()
    gates: tuple[GateRow, ...] = ()
    distances: tuple[DistanceRow, ...] = ()
    warnings: tuple[str, ...] = ()
    details: Mapping[str, str] = dataclasses.field(default_factory=dict)

    def __post_init__(self) -> None:
        mine, theirs = ([key(row) for row in rows] for rows in (self.rows, self.baseline))
        if sorted(mine) != sorted(theirs):
            odd = sorted(set(mine) ^ set(theirs))
            raise ValueError(f"rows and baseline must hold the same surface x product x task; not in both: {odd[:5]}")

    def save(self, path: str | pathlib.Path) -> None:
        """Writes JSON from which `load` makes an equal value, whole or not at all."""
        write_text(pathlib.Path(path), json.dumps(_plain(dataclasses.asdict(self)), indent=1, allow_nan=False) + "\n")

    @classmethod
    def load(cls, path: str | pathlib.Path) -> "Evaluation":
        """Reads what `save` wrote.

        Raises:
            ValueError: Not such a file; it names the file.
        """
        return structure.load(pathlib.Path(path), cls, what=f"{FILE_NAME} of this version", raises=ValueError)


def key(row: Row) -> tuple[str, str, str]:
    """The cell of a row: (surface, product, task)."""
    return row.surface, row.product, row.task


def _plain(value: Any) -> Any:
    """JSON has no infinity (the KL of a model that excludes what happened): it is written as a string."""
    if isinstance(value, Mapping):
        return {name: _plain(item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return str(value) if isinstance(value, float) and not math.isfinite(value) else value
