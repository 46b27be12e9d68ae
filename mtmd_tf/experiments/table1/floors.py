"""The largest possible gain: a joint model of both sides, and the noise of the labels (docs/adr/0027)."""

import dataclasses
import math
import pathlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from statistics import fmean, median
from typing import Any

from mtmd_tf.config import FLOOR
from mtmd_tf.experiments.measures.improvement import MEASURES
from mtmd_tf.experiments.runs.funnel_rows import CellKey
from mtmd_tf.experiments.runs.plan import Arm, Order
from mtmd_tf.experiments.runs.record import Record, by_cell
from mtmd_tf.experiments.runs.settings import equally_wide
from mtmd_tf.metrics import ALL, Row
from mtmd_tf.reporting.markdown import number
from mtmd_tf.reporting.page import passage

_HERE = pathlib.Path(__file__).parent


@dataclasses.dataclass(frozen=True, kw_only=True)
class Floor:
    """One surface x product x task by one measure; None where it is not known.

    Attributes:
        cell: Surface, product and task.
        measure: A key of `MEASURES`.
        replaced: Error of the slice's own model, mean of the seeds.
        unified: Error of the one model, mean of the seeds.
        joint: Error of the joint model.
        noise: Error that the ranker's chance leaves.
    """

    cell: CellKey
    measure: str
    replaced: float
    unified: float
    joint: float | None
    noise: float | None

    @property
    def share(self) -> float | None:
        """The one model's share of the joint model's gain, percent; None where the joint model gains nothing."""
        if self.joint is None or self.joint >= self.replaced:
            return None
        return 100.0 * (self.replaced - self.unified) / (self.replaced - self.joint)


def arm(order: Order) -> Arm:
    """The joint model, with the first seed."""
    text = f"--architecture={FLOOR}"
    model, train = order.reference
    settings = order.change(text, (equally_wide(FLOOR, model), train))
    return dataclasses.replace(order, seeds=order.seeds[:1]).arm(FLOOR, settings, text=text)


def noise_of(rows: Iterable[Row]) -> tuple[dict[str, Any], ...]:
    """One ranker's part of the disagreement of two, cell by cell, as a table stores it."""
    return tuple(
        {
            "surface": row.surface,
            "product": row.product,
            "task": row.task,
            "log_mae": row.log_mae / math.sqrt(2.0),
            "kl": row.kl / 2.0,
        }
        for row in rows
        if ALL not in (row.surface, row.product) and row.pairs and row.log_mae is not None and row.kl is not None
    )


def floors(
    unified: Sequence[Record],
    replaced: Sequence[Sequence[Record]],
    joint: Sequence[Record],
    noise: Sequence[Mapping[str, Any]],
) -> Iterator[Floor]:
    """Every cell that both sides were measured in, by each measure; none without joint model and noise."""
    if not joint and not noise:
        return
    one, many, floor = (
        [by_cell(models) for models in seeds] for seeds in ([[r] for r in unified], replaced, [[r] for r in joint])
    )
    chance = {(each["surface"], each["product"], each["task"]): each for each in noise}
    for measure in reversed(MEASURES):
        for cell in one[0]:
            if all(rows.get(cell, {}).get(measure) for rows in (*one, *many)):
                known = [rows[cell][measure] for rows in floor if rows.get(cell, {}).get(measure) is not None]
                yield Floor(
                    cell=cell,
                    measure=measure,
                    replaced=fmean(rows[cell][measure] for rows in many),
                    unified=fmean(rows[cell][measure] for rows in one),
                    joint=fmean(known) if known else None,
                    noise=chance.get(cell, {}).get(measure),
                )


def section(found: Sequence[Floor]) -> str:
    """A sentence and a table for each measure, and how to read them; empty where nothing is known."""
    parts = []
    for measure, words in reversed(MEASURES.items()):
        here = [each for each in found if each.measure == measure]
        form = ".4f" if measure == "log_mae" else ".6f"
        rows = [(e, *(number(value, form) for value in (e.replaced, e.unified, e.joint, e.noise))) for e in here]
        parts.append(passage(_HERE / "floors_table.md", measure=words, sentence=_sentence(here), rows=rows))
    return "\n\n".join([*parts, passage(_HERE / "floors.md")]) if found else ""


def _sentence(found: Sequence[Floor]) -> str:
    known = [each for each in found if each.joint is not None]
    shares = [each.share for each in known if each.share is not None]
    said = []
    if shares:
        said.append(
            f"the one model gains {median(shares):.0f}% of what the joint one gains over the slices' own models "
            f"(median of {len(shares)} cells)"
        )
    if missing := len(known) - len(shares):
        said.append(f"in {missing} of {len(known)} cells the joint model gains nothing, so there is no share")
    if beaten := sum(each.unified < (each.joint or 0.0) for each in known):
        said.append(f"in {beaten} the one model is better than the joint one, which is no floor there")
    below = [each for each in found if each.noise is not None]
    if below:
        parts = [100.0 * (each.noise or 0.0) / each.unified for each in below if each.unified]
        said.append(f"the ranker's chance is {median(parts):.0f}% of what the one model is off by (median)")
    return f"{'; '.join(said)}." if said else "nothing to compare with."
