"""The heavyweight ranker's labels against LightGBM on the same rows and features (paper section 1)."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from absl import logging

from mtmd_tf.features.reading import DataSet
from mtmd_tf.heavyweight.labels.finished import Score
from mtmd_tf.heavyweight.labels.side_by_side import require_days, side_by_side
from mtmd_tf.heavyweight.lightgbm_comparison.outcome import Comparison, outcome
from mtmd_tf.heavyweight.lightgbm_comparison.pair_table import PairTable
from mtmd_tf.heavyweight.lightgbm_comparison.trees import Rows, Trees, grow
from mtmd_tf.metrics.paired_auc import paired_auc

_REQUESTS = 1000
_MEND = "compare a data set with the copy of it that the ranker labeled (jobs.label)"


def grow_all(
    data: DataSet,
    *,
    learn: Collection[str],
    held_out: Collection[str],
    leaves: Sequence[int] = (7, 15, 31, 63),
    learning_rates: Sequence[float] = (0.03, 0.1),
    seed: int = 0,
    threads: int = 0,
    report: Callable[[str], Any] = logging.info,
) -> dict[str, Trees]:
    """Each task's trees, grown on the ranker's own days; a task with one outcome only is left out.

    Args:
        data: Data set with events and every feature that the ranker read.
        learn: The days that the ranker learned from.
        held_out: The days that ended its training; they choose settings and rounds of the trees.
        leaves: Numbers of leaves to try.
        learning_rates: Learning rates to try with each number of leaves.
        seed: Seed of the trees.
        threads: Threads of LightGBM; 0 takes all cores.
        report: Function that is called with each line of progress.

    Raises:
        ConfigError: LightGBM is not installed.
    """
    table = PairTable(data.schema)
    options: dict[str, Any] = {"leaves": leaves, "learning_rates": learning_rates, "seed": seed, "threads": threads}
    both = {name: _read(data, table, days) for name, days in (("learn", learn), ("held_out", held_out))}
    trees: dict[str, Trees] = {}
    for task in data.schema.task_names:
        rows = {name: _rows_of(values, events[task]) for name, (values, events) in both.items()}
        report(f"{task}: {len(rows['learn'].event):,} pairs to learn from, {int(rows['learn'].event.sum()):,} positive")
        grown = grow(rows["learn"], rows["held_out"], columns=table.columns, **options)
        if grown is not None:
            trees[task] = grown
            report(f"{task}: {grown.rounds} rounds, cross-entropy {grown.held_out_loss:.5f} on the held-out days")
    return trees


def compare(
    data: DataSet, labeled: DataSet, *, trees: Mapping[str, Trees], uncorrected: Score | None = None
) -> list[Comparison]:
    """Compares labels and trees by the events of every labeled day: a row for each split and task.

    Args:
        data: As the trees were grown on.
        labeled: The copy of its later days that carries the ranker's labels.
        trees: Result of `grow_all`.
        uncorrected: The ranker that labeled it, before its labels were corrected day by day.

    Raises:
        DataError: `labeled` is not a copy of `data`.
    """
    return [row for split in labeled.manifest.splits for row in _comparisons(data, labeled, split, trees, uncorrected)]


def _read(data: DataSet, table: PairTable, days: Collection[str]) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    batches = list(data.batches("train", batch_requests=_REQUESTS, days=days, cross=True))
    events = {task: np.concatenate([b.event[task].numpy() for b in batches]) for task in data.schema.task_names}
    return np.concatenate([table(batch) for batch in batches]), events


def _rows_of(values: np.ndarray, event: np.ndarray) -> Rows:
    known = np.isfinite(event)
    return Rows(values if known.all() else values[known], event[known])


def _comparisons(
    data: DataSet, labeled: DataSet, split: str, trees: Mapping[str, Trees], uncorrected: Score | None
) -> Iterator[Comparison]:
    """Scores the split batch by batch, so that only scores and events are kept."""
    table = PairTable(data.schema)
    kept: dict[str, list[np.ndarray]] = {task: [] for task in trees}
    first_request = 0
    require_days(data, labeled, split, mend=_MEND)
    for batch, copy in side_by_side(data, labeled, split, mend=_MEND, batch_requests=_REQUESTS, cross=True):
        label = copy.label
        values, raw = table(batch), label if uncorrected is None else uncorrected(batch)
        for task, grown in trees.items():
            event, probability = batch.event[task].numpy(), label[task].numpy()
            known = np.isfinite(event) & np.isfinite(probability)
            if known.any():
                request = first_request + batch.request.numpy()[known]
                scores = (probability[known], grown.log_odds(values[known]), np.asarray(raw[task])[known])
                columns = (*scores, event[known], request)
                kept[task].append(np.stack([np.asarray(column, np.float64) for column in columns]))
        first_request += len(batch.request_id)
    for task, parts in kept.items():
        if parts:
            label, score, before, event, request = np.concatenate(parts, axis=1)
            request = request.astype(np.int64)
            aucs = paired_auc(label, score, event=event, request=request)
            raw_aucs = None if uncorrected is None else paired_auc(before, score, event=event, request=request)
            if aucs is not None:
                yield Comparison(
                    split=split,
                    task=task,
                    pairs=len(event),
                    positives=int(event.sum()),
                    ranker=aucs.first,
                    lightgbm=aucs.second,
                    low=aucs.low,
                    high=aucs.high,
                    outcome=outcome(aucs.difference, low=aucs.low, high=aucs.high),
                    uncorrected=None if raw_aucs is None else raw_aucs.first,
                )
