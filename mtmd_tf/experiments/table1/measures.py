"""KL, calibration and AUC of the one model against its slices' own, from the runs' records (paper Table 1)."""

from collections.abc import Iterable, Mapping, Sequence
from statistics import fmean
from types import MappingProxyType
from typing import Any

from mtmd_tf.experiments.runs.funnel_rows import Place
from mtmd_tf.experiments.runs.record import Record
from mtmd_tf.metrics import ALL
from mtmd_tf.reporting.markdown import markdown_table

READING = """\
- KL: mean Bernoulli KL of the prediction from the label, nats: the loss that all of them are trained by. LogMAE weighs
  every pair alike, however small its label is; KL hardly feels the smallest. Improvement and by seed as for LogMAE.
- calibration: sum of predictions over sum of labels; 1 is right. AUC: against the events."""

Intervals = Mapping[Place, Mapping[str, Any]]
_Rows = Mapping[Place, Mapping[str, Any]]


def verdict(
    unified: Sequence[Record], replaced: Sequence[Sequence[Record]], intervals: Intervals = MappingProxyType({})
) -> str:
    """In how many slices and tasks KL, and AUC, is better with the one model, and by how much KL."""
    one, many = _seeds(unified, replaced)
    places = _shared([*one, *many])
    gains = [_gain(one, many, place) for place in places]
    aucs = [(_mean(one, place, "auc"), _mean(many, place, "auc")) for place in places]
    known = [(mine, theirs) for mine, theirs in aucs if mine is not None and theirs is not None]
    return (
        f"KL, which all are trained by, is lower with one model in {sum(gain > 0 for gain in gains)} of {len(gains)} "
        f"cells ({min(gains):+.1f}% to {max(gains):+.1f}%, mean {fmean(gains):+.1f}%){_sure(intervals)}; AUC "
        f"against the events is higher in {sum(mine > theirs for mine, theirs in known)} of {len(known)}."
    )


def _sure(intervals: Intervals) -> str:
    if not intervals:
        return ""
    return f", the whole interval above 0 in {sum(each['low'] > 0 for each in intervals.values())}"


def beside_each_other(
    unified: Sequence[Record], replaced: Sequence[Sequence[Record]], intervals: Intervals = MappingProxyType({})
) -> str:
    """A line a surface x product x task: one model / its slice's, each the mean of the seeds.

    Args:
        unified: The one model's record, for each seed.
        replaced: Those of the models that it replaces, for each seed.
        intervals: `{place: {low, high}}` of the improvement of KL, where they are known.
    """
    one, many = _seeds(unified, replaced)
    rows = []
    for place in _shared([*one, *many]):
        seeds = [_gain([mine], [theirs], place) for mine, theirs in zip(one, many, strict=True)]
        kl, calibration, auc = (
            " / ".join(_shown(_mean(each, place, name), digits) for each in (one, many))
            for name, digits in (("kl", 6), ("calibration", 3), ("auc", 4))
        )
        by_seed = ", ".join(f"{gain:+.1f}" for gain in seeds)
        ends = intervals.get(place)
        sure = f" [{ends['low']:+.1f}, {ends['high']:+.1f}]" if ends else ""
        rows.append([*place, kl, f"{_gain(one, many, place):+.1f}%{sure}", by_seed, calibration, auc])
    header = ["surface", "product", "task", "KL", "improvement", "by seed, %", "calibration", "AUC"]
    return markdown_table(header, rows, names=3)


def measured(records: Iterable[Record]) -> bool:
    """Whether every record has the KL of a slice."""
    return all(_by_place([record]) for record in records)


def _seeds(unified: Sequence[Record], replaced: Sequence[Sequence[Record]]) -> tuple[list[_Rows], list[_Rows]]:
    return [_by_place([record]) for record in unified], [_by_place(models) for models in replaced]


def _by_place(models: Iterable[Record]) -> _Rows:
    rows = (row for record in models for row in record.rows if ALL not in (row["surface"], row["product"]))
    told = (row for row in rows if row["kl"] is not None and row["kl"] > 0.0)  # nothing is a percentage of a KL of 0
    return {(row["surface"], row["product"], row["task"]): row for row in told}


def _shared(seeds: Sequence[_Rows]) -> list[Place]:
    return [place for place in seeds[0] if all(place in rows for rows in seeds)]


def _mean(seeds: Sequence[_Rows], place: Place, name: str) -> float | None:
    values = [rows[place][name] for rows in seeds]
    return None if None in values else fmean(values)


def _gain(one: Sequence[_Rows], many: Sequence[_Rows], place: Place) -> float:
    mine, theirs = (fmean(rows[place]["kl"] for rows in each) for each in (one, many))
    return 100 * (1 - mine / theirs)


def _shown(value: float | None, digits: int) -> str:
    return "-" if value is None else f"{value:.{digits}f}"
