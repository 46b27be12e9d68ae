"""Measures one query tower against the item embeddings of several exports, on the same labeled pairs."""

import dataclasses
import pathlib
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import tensorflow as tf

from mtmd_tf.evaluation.views import candidates, of_tasks
from mtmd_tf.features.parsing import RequestParser
from mtmd_tf.features.reading import DataSet
from mtmd_tf.metrics import Cube, Funnel, FunnelRow, Row, tops_and_cuts
from mtmd_tf.serving.embedding.versions import Version, mixed
from mtmd_tf.serving.querying.query_tower import LocalQueryTower
from mtmd_tf.serving.ranking.probabilities import log_marginals
from mtmd_tf.serving.ranking.queries import Queries
from mtmd_tf.serving.rows import pair_term
from mtmd_tf.serving.specification import RankerSpec, ServingError
from mtmd_tf.training.requirements import require_labels
from tfrecords_tools.item_profile.token_sketch import hashes_of
from tfrecords_tools.parsing import decode_requests
from tfrecords_tools.progress import progress_bar
from tfrecords_tools.records import read_batches
from tfrecords_tools.requests import Requests

MIXED = "mixed"
_BATCH_REQUESTS = 256
_AUC_BINS = 2**11


@dataclasses.dataclass(frozen=True, kw_only=True)
class Measured:
    """The query tower beside one version of the item embeddings.

    Attributes:
        name: Folder of the embeddings, or `mixed`.
        stamp: Stamp of the export that made them; empty for `mixed`.
        rows: Rows of the cube.
        funnel: Rows of the funnel.
    """

    name: str
    stamp: str
    rows: tuple[Row, ...]
    funnel: tuple[FunnelRow, ...]


@dataclasses.dataclass(frozen=True, kw_only=True)
class Skew:
    """All versions on the same pairs.

    Attributes:
        export: Folder of the export.
        stamp: Stamp of the export.
        data: Description of the data.
        pairs: Pairs whose item every version has.
        left_out: Pairs whose item a version lacks.
        own: Beside the embeddings of the export's own item tower.
        others: Beside those of other exports and, where there are several in all, beside a mixture: each item's of one.
    """

    export: str
    stamp: str
    data: str
    pairs: int
    left_out: int
    own: Measured
    others: tuple[Measured, ...]


def measure_skew(
    exports: str | pathlib.Path,
    embeddings: Sequence[str],
    data: DataSet,
    *,
    split: str = "eval",
    max_requests: int = 0,
) -> Skew:
    """Scores the pairs of a split with the query tower and each version of the item embeddings.

    Args:
        exports: Folder of the export whose query tower is to be launched.
        embeddings: Folders of item embeddings: those of this export, and those of others.
        data: Labeled data set with the export's schema.
        split: `eval` or `train`.
        max_requests: Stop after about so many; 0 reads all.

    Raises:
        ServingError: Embeddings with other coordinates, none of this export or none of another, or no pair whose item
            every version has.
        ConfigError: Data without labels of a task.
        DataError: Data of another schema, or a record that breaks the contract.
    """
    spec = RankerSpec.load(exports)
    data.manifest.check_schema(spec.schema, of=f"the export {exports}")
    tasks = [task.name for task in spec.tasks]
    require_labels(data, tasks)
    versions = _versions(exports, embeddings, spec)
    sums = [_Sums(data, spec) for _ in range(len(versions) + 1)]
    queries = Queries(LocalQueryTower(exports, spec), spec)
    kept = left_out = 0
    for requests, batch in _blocks(data, split=split, max_requests=max_requests):
        embedded = queries.embed_columns(requests)
        request = requests.owner
        rows = np.stack([version.rows(requests.item_id) for version in versions])
        there = (rows >= 0).all(axis=0)
        kept, left_out = kept + int(there.sum()), left_out + int((~there).sum())
        items = np.stack([version.embedding[own] for version, own in zip(versions, rows, strict=True)])
        truth, term = _truth(requests, batch, tasks=tasks, there=there), pair_term(spec, requests)
        for own, item in zip(sums, (*items, mixed(items, hashes_of(requests.item_id))), strict=True):
            own.update(truth, embedded[request], item, request=request, term=term)
    if not kept:
        raise ServingError(f"{data.folder}, split {split}: no pair has an item that every version of --embeddings has")
    named = [(str(version.folder), version.stamp) for version in versions] + [(MIXED, "")]
    first, *others = [each.measured(name, stamp) for each, (name, stamp) in zip(sums, named, strict=True)]
    return Skew(
        export=str(exports),
        stamp=spec.stamp,
        data=f"{data.folder}, split {split}",
        pairs=kept,
        left_out=left_out,
        own=first,
        others=tuple(others),
    )


def _versions(exports: str | pathlib.Path, embeddings: Sequence[str], spec: RankerSpec) -> list[Version]:
    """The export's own embeddings, then the others."""
    found = [Version.read(folder, spec) for folder in embeddings]
    own = [version for version in found if version.stamp == spec.stamp]
    others = [version for version in found if version.stamp != spec.stamp]
    stamps = ", ".join(f"{version.folder} ({version.stamp!r})" for version in found)
    if len({version.folder.resolve() for version in found}) < len(found):
        raise ServingError(f"--embeddings names a folder twice: {', '.join(map(str, embeddings))}")
    if not own:
        raise ServingError(
            f"none of --embeddings has the stamp {spec.stamp} of {exports}, only {stamps}; embed the items with its "
            "own tower too, to compare with: python -m mtmd_tf.jobs.embed_items"
        )
    if not others:
        raise ServingError(f"--embeddings are all of {exports} itself, {stamps}; add those of an older export")
    if len(own) > 1:
        raise ServingError(
            f"{len(own)} of --embeddings are of {exports} itself, {stamps}; name one of them, to compare with"
        )
    return [*own, *others]


class _Sums:
    """Cube and funnel of one version."""

    def __init__(self, data: DataSet, spec: RankerSpec) -> None:
        schema, self._spec = spec.schema, spec
        self._tasks = tuple(task.name for task in spec.tasks)
        self._parents = {task.name: task.parent for task in spec.tasks}
        names: dict[str, Any] = {"surfaces": schema.surfaces, "products": schema.products, "tasks": self._tasks}
        tops, cuts = tops_and_cuts(candidates(data))
        self._cube = Cube(**names, exists=schema.task_exists, auc_bins=_AUC_BINS)
        self._funnel = Funnel(**names, tops=tops, cuts=cuts)

    def update(
        self,
        truth: Mapping[str, Any],
        query: np.ndarray,
        item: np.ndarray,
        *,
        request: np.ndarray,
        term: Mapping[str, np.ndarray],
    ) -> None:
        """Adds a block, whose `truth` is the same for every version: `query` and `item` are `[pairs, width]`."""
        yes = self._log_probabilities(truth["surface"], query, item, term)
        with np.errstate(divide="ignore"):  # a certain pair has the complement 0
            no = {task: np.log(-np.expm1(np.minimum(own, 0.0))) for task, own in yes.items()}
        self._cube.update(**truth, log_probability=yes, log_complement=no)
        self._funnel.update(**truth, request=request, score=yes)

    def _log_probabilities(
        self, surface: np.ndarray, query: np.ndarray, item: np.ndarray, term: Mapping[str, np.ndarray]
    ) -> dict[str, np.ndarray]:
        found = {task: np.zeros(len(surface)) for task in self._tasks}
        for index, name in enumerate(self._spec.schema.surfaces):
            own = np.flatnonzero(surface == index)
            logits = {
                task.name: (query[own, task.coordinates] * item[own, task.coordinates]).sum(axis=1, dtype=np.float64)
                + np.broadcast_to(term[task.name], len(surface))[own]
                for task in self._spec.tasks
            }
            told = log_marginals(logits, parents=self._parents, constrained=self._spec.constrained[name])
            for task, values in told.items():
                found[task][own] = values
        return found

    def measured(self, name: str, stamp: str) -> Measured:
        return Measured(name=name, stamp=stamp, rows=tuple(self._cube.rows()), funnel=tuple(self._funnel.rows()))


def _truth(requests: Requests, batch: Any, *, tasks: Sequence[str], there: np.ndarray) -> dict[str, Any]:
    """The columns `[pairs]` of a block that no version changes; pairs that are not `there` count as unlabeled."""
    label, event = (of_tasks(each, tasks, pairs=len(there)) for each in (batch.label, batch.event))
    return {
        "surface": requests.surface[requests.owner],
        "product": requests.product,
        "label": {task: np.where(there, own, np.nan) for task, own in label.items()},
        "event": {
            task: np.where(there, np.nan_to_num(own, nan=-1.0), -1).astype(np.int64) for task, own in event.items()
        },
    }


def _blocks(data: DataSet, *, split: str, max_requests: int) -> Iterator[tuple[Requests, Any]]:
    """Requests raw, as a query tower takes them, and parsed, with no child's label above its parent's."""
    items = data.items
    parse = RequestParser(data.schema, columns=data.manifest.columns, items=items)
    left = max_requests or data.manifest.requests(split)
    size = data.manifest.at_once(_BATCH_REQUESTS)
    with progress_bar(total=min(left, data.manifest.requests(split)), desc="skew", unit=" requests") as bar:
        for shard in data.manifest.shards(split):
            for records in read_batches(shard, size=size):
                if left <= 0:
                    return
                block = records[:left]
                left -= len(block)
                yield decode_requests(data.schema, block, (), items=items), parse(tf.constant(block, tf.string))
                bar.update(len(block))
