"""Costs of training and serving an architecture, from the records of its runs (paper section 3.2)."""

import dataclasses
from collections.abc import Mapping, Sequence
from statistics import fmean

from mtmd_tf.experiments.architectures.comparison import Architectures
from mtmd_tf.experiments.architectures.timing import Timing
from mtmd_tf.experiments.runs.record import Record
from mtmd_tf.metrics import ALL


@dataclasses.dataclass(frozen=True, kw_only=True)
class Costs:
    """Costs of the models that answer together.

    Attributes:
        embedding: Number of parameters of their embedding tables.
        non_embedding: Number of all other parameters.
        cpu_seconds: Processor time of their training, mean of the seeds.
        latency: `{median_ms, p99_ms, flops, active_parameters}` of a query, mean of the surfaces; models of one product
            each are run one after the other. As it was timed in turn, and else as the runs were timed when each ended,
            mean of the seeds, added up; None where neither was.
        auc: `{task: AUC against events}`, mean of the slices and seeds; a task without is left out.
    """

    embedding: int
    non_embedding: int
    cpu_seconds: float
    latency: Mapping[str, float] | None
    auc: Mapping[str, float]


def costs_of_all(
    table: Architectures, records: Mapping[str, Record], *, timing: Timing | None = None
) -> dict[str, Costs]:
    """`{arm: what it costs}`.

    Args:
        table: Names the arms' runs.
        records: `{run: its record}`.
        timing: Times of the same runs.

    Raises:
        KeyError: A run without a record.
    """
    return {
        name: costs(
            [[records[run] for run in runs] for runs in seeds], timed=None if timing is None else timing.latency[name]
        )
        for name, seeds in table.runs.items()
    }


def costs(seeds: Sequence[Sequence[Record]], *, timed: Mapping[str, Mapping[str, float]] | None = None) -> Costs:
    """The costs from `[seeds][models]` records, and `{surface: measures}` where they were timed in turn."""
    first = seeds[0]
    return Costs(
        embedding=sum(record.parameters["embedding"] for record in first),
        non_embedding=sum(record.parameters["non_embedding"] for record in first),
        cpu_seconds=fmean(sum(record.fit["cpu_seconds"] for record in records) for records in seeds),
        latency=_latency(seeds) if timed is None else _mean(list(timed.values())),
        auc=_auc(seeds),
    )


def _latency(seeds: Sequence[Sequence[Record]]) -> Mapping[str, float] | None:
    found = []
    for records in seeds:
        by_surface: dict[str, list[Mapping[str, float]]] = {}
        for record in records:
            if not record.latency:
                return None
            for surface, measures in record.latency.items():
                by_surface.setdefault(surface, []).append(measures)
        found += [{name: sum(each[name] for each in one) for name in one[0]} for one in by_surface.values()]
    return _mean(found)


def _mean(found: Sequence[Mapping[str, float]]) -> Mapping[str, float]:
    return {name: fmean(each[name] for each in found) for name in found[0]}


def _auc(seeds: Sequence[Sequence[Record]]) -> dict[str, float]:
    found: dict[str, list[float]] = {}
    for record in (record for records in seeds for record in records):
        for row in record.rows:
            if row["auc"] is not None and ALL not in (row["surface"], row["product"]):
                found.setdefault(row["task"], []).append(row["auc"])
    return {task: fmean(values) for task, values in found.items()}
