"""KL, calibration and AUC of the one model beside its slices' own, from the runs' records (paper Table 1)."""

import pathlib
from collections.abc import Iterable, Mapping, Sequence
from statistics import fmean
from types import MappingProxyType
from typing import Any

from mtmd_tf.experiments.measures.improvement import Improvement
from mtmd_tf.experiments.runs.funnel_rows import Place
from mtmd_tf.experiments.runs.record import Record, by_place
from mtmd_tf.metrics.improvement import improvement
from mtmd_tf.reporting.markdown import number
from mtmd_tf.reporting.page import passage

_HERE = pathlib.Path(__file__).parent
READING = passage(_HERE / "measures.md")
Intervals = Mapping[Place, Improvement]
_Rows = Mapping[Place, Mapping[str, Any]]
_NONE: Intervals = MappingProxyType({})


def summary(unified: Sequence[Record], replaced: Sequence[Sequence[Record]], intervals: Intervals = _NONE) -> str:
    """In how many slices and tasks KL, and AUC, is better with the one model, and by how much KL; as `side_by_side`.

    Empty where no cell has a KL above 0.
    """
    one, many = _seeds(unified, replaced)
    places = _shared([*one, *many])
    gains = [_improvement(one, many, place) for place in places]
    aucs = [(_mean(one, place, "auc"), _mean(many, place, "auc")) for place in places]
    if not gains:
        return ""
    known = [(new, old) for new, old in aucs if new is not None and old is not None]
    sure = sum(each.significantly_better for each in intervals.values())
    return (
        f"KL, which all are trained by, is lower with one model in {sum(gain > 0 for gain in gains)} of {len(gains)} "
        f"cells ({min(gains):+.1f}% to {max(gains):+.1f}%, mean {fmean(gains):+.1f}%)"
        f"{f', the whole interval above 0 in {sure}' if intervals else ''}; AUC "
        f"against the events is higher in {sum(new > old for new, old in known)} of {len(known)}."
    )


def side_by_side(unified: Sequence[Record], replaced: Sequence[Sequence[Record]], intervals: Intervals = _NONE) -> str:
    """A line a surface x product x task: one model / its slice's, each the mean of the seeds.

    Args:
        unified: The one model's record, for each seed.
        replaced: Records of the models that it replaces, for each seed.
        intervals: `{place: improvement of KL}`, where intervals are known.
    """
    one, many = _seeds(unified, replaced)

    def both(place: Place, name: str, form: str) -> str:
        return " / ".join(number(_mean(side, place, name), form) for side in (one, many))

    def improvements(place: Place) -> tuple[str, str]:
        ends = intervals.get(place)
        sure = f" [{ends.low:+.1f}, {ends.high:+.1f}]" if ends else ""
        seeds = [_improvement([new], [old], place) for new, old in zip(one, many, strict=True)]
        by_seed = ", ".join(f"{value:+.1f}" for value in seeds)
        return f"{_improvement(one, many, place):+.1f}%{sure}", by_seed

    rows = [
        (place, both(place, "kl", ".6f"), *improvements(place), both(place, "calibration", ".3f"))
        + (both(place, "auc", ".4f"),)
        for place in _shared([*one, *many])
    ]
    return passage(_HERE / "measures_table.md", rows=rows)


def measured(records: Iterable[Record]) -> bool:
    """Whether every record has the KL of a slice."""
    return all(_rows([record]) for record in records)


def _seeds(unified: Sequence[Record], replaced: Sequence[Sequence[Record]]) -> tuple[list[_Rows], list[_Rows]]:
    return [_rows([record]) for record in unified], [_rows(models) for models in replaced]


def _rows(models: Iterable[Record]) -> _Rows:
    """Rows with a KL above 0: nothing is a percentage of 0."""
    return {place: row for place, row in by_place(models).items() if row["kl"] is not None and row["kl"] > 0.0}


def _shared(seeds: Sequence[_Rows]) -> list[Place]:
    return [place for place in seeds[0] if all(place in rows for rows in seeds)]


def _mean(seeds: Sequence[_Rows], place: Place, name: str) -> float | None:
    values = [rows[place][name] for rows in seeds]
    return None if None in values else fmean(values)


def _improvement(one: Sequence[_Rows], many: Sequence[_Rows], place: Place) -> float:
    new, old = (fmean(rows[place]["kl"] for rows in side) for side in (one, many))
    return float(improvement(new, old))
