"""The loss through a storage type or an approximate index, against exact float32, on labeled requests (section 3.1)."""

import dataclasses
import pathlib
from collections.abc import Iterator, Sequence

import numpy as np
import tensorflow as tf

from mtmd_tf.features.parsing import RequestParser
from mtmd_tf.metrics.pointwise import log_absolute_error
from mtmd_tf.serving.ranking.ranker import Ranker
from mtmd_tf.serving.ranking.request import Ranking, RankRequest
from mtmd_tf.serving.rows import pair_numbers, to_rows
from tfrecords_tools.item_table.table import table_of
from tfrecords_tools.manifest import Manifest
from tfrecords_tools.parsing import decode_requests
from tfrecords_tools.records import read_batches
from tfrecords_tools.requests import Requests
from tfrecords_tools.schema import Schema

_BATCH = 256


@dataclasses.dataclass(frozen=True, kw_only=True)
class Labeled:
    """One request, its candidates that have an embedding, and their labels.

    Attributes:
        request: The request, with its candidates.
        label: `{task: [candidates]}`, NaN where there is none; at most the parent's.
    """

    request: RankRequest
    label: dict[str, np.ndarray]


@dataclasses.dataclass(frozen=True, kw_only=True)
class Loss:
    """One way to rank, measured.

    Attributes:
        log_mae: `{task: mean |ln p - ln y|}` over the labeled pairs.
        recall: Mean share of the exact float32 top K that its own top K holds.
        pairs: Labeled pairs of the first task.
        requests: Number of requests whose top K was compared.
    """

    log_mae: dict[str, float]
    recall: float
    pairs: int
    requests: int


def read_labeled(
    data: str | pathlib.Path, ranker: Ranker, *, split: str = "eval", max_requests: int
) -> Iterator[Labeled]:
    """The last requests of a split, the nearest to the corpus in time; candidates without an embedding are left out."""
    schema, manifest, left = Schema.load(data), Manifest.load(data), max_requests
    known, items = set(ranker.items.item_id.tolist()), table_of(manifest, schema)
    parse = RequestParser(schema, columns=manifest.columns, items=items)
    for shard in reversed(manifest.shards(split)):
        for records in read_batches(shard, size=_BATCH):
            if left <= 0:
                return
            requests = decode_requests(schema, records[:left], manifest.columns, items=items)
            labels = parse(tf.constant(records[:left], tf.string)).label  # no child's above its parent's
            left -= len(requests.request_id)
            numbers = pair_numbers(schema, requests, [feature.name for feature in ranker.spec.score_features])
            yield from _labeled(schema, requests, {t: label.numpy() for t, label in labels.items()}, known, numbers)


def measure_loss(
    ranker: Ranker, labeled: Sequence[Labeled], exact: Sequence[Ranking], *, top: int, approximate: bool = False
) -> Loss:
    """Scores the labeled candidates, ranks the whole corpus, and compares.

    Args:
        ranker: Ranker with the storage to measure.
        labeled: Labeled requests of `read_labeled`.
        exact: Top of the whole corpus in float32, request by request (`whole_corpus`).
        top: K of the recall.
        approximate: Rank with the approximate index.
    """
    errors: dict[str, list[np.ndarray]] = {task.name: [] for task in ranker.spec.tasks}
    for one in labeled:
        candidates = one.request.candidates or ()
        ranking = ranker.rank_batch([one.request], top=len(candidates))[0]
        place = {item: number for number, item in enumerate(ranking.item_id)}
        order = [place[item] for item in candidates]
        for task, label in one.label.items():
            probability = ranking.probability[task][order]
            own = np.isfinite(label) & np.isfinite(probability)
            with np.errstate(divide="ignore"):  # the clip of the metric is above 0
                errors[task].append(log_absolute_error(np.log(probability[own]), label=label[own]))
    found = whole_corpus(ranker, labeled, top=top, approximate=approximate)
    shares = [len(set(a.item_id) & set(b.item_id)) / len(a.item_id) for a, b in zip(exact, found, strict=True)]
    joined = {task: np.concatenate([np.zeros(0), *own]) for task, own in errors.items()}
    return Loss(
        log_mae={task: float(own.mean()) for task, own in joined.items() if len(own)},
        recall=float(np.mean(shares)),
        pairs=max(len(own) for own in joined.values()),
        requests=len(shares),
    )


def whole_corpus(ranker: Ranker, labeled: Sequence[Labeled], *, top: int, approximate: bool = False) -> list[Ranking]:
    """The top K of all items, of each request; numbers of a pair are missing, for a record has its own items' alone."""
    requests = [dataclasses.replace(one.request, candidates=None, cross=None) for one in labeled]
    return ranker.rank_batch(requests, top=top, approximate=approximate)


def _labeled(
    schema: Schema,
    requests: Requests,
    labels: dict[str, np.ndarray],
    known: set[bytes],
    numbers: dict[str, np.ndarray],
) -> Iterator[Labeled]:
    rows = to_rows(schema.features_of("query"), requests.query, requests.query_mask)
    stops = np.cumsum(requests.lengths)
    for number, (features, stop) in enumerate(zip(rows, stops, strict=True)):
        pairs = [pair for pair in range(stop - requests.lengths[number], stop) if requests.item_id[pair] in known]
        if not pairs:
            continue
        surface = schema.surfaces[requests.surface[number]]
        allowed = {feature.name for feature in schema.features_of("query", domain=surface)}
        yield Labeled(
            request=RankRequest(
                surface=surface,
                features={name: value for name, value in features.items() if name in allowed},
                candidates=[requests.item_id[pair].decode() for pair in pairs],
                cross={name: column[pairs] for name, column in numbers.items()},
            ),
            label={task: label[pairs] for task, label in labels.items()},
        )
