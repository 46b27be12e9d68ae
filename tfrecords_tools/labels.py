"""Copies a data set with labels from another model, the heavyweight ranker (paper section 2.3)."""

import dataclasses
import pathlib
import shutil
from collections.abc import Callable, Collection, Iterator, Sequence
from typing import Any

import numpy as np
import tensorflow as tf

from tfrecords_tools import folder
from tfrecords_tools.checks import check_requests
from tfrecords_tools.contents import contents_of
from tfrecords_tools.examples import encode_requests, optional_columns
from tfrecords_tools.files import atomically, inside
from tfrecords_tools.manifest import Manifest, Shard
from tfrecords_tools.parsing import decode_requests
from tfrecords_tools.progress import progress_bar
from tfrecords_tools.records import batched, read_batches, read_file, verified
from tfrecords_tools.requests import DataError, Requests
from tfrecords_tools.schema import Schema
from tfrecords_tools.statistics import SplitStatistics

Score = Callable[[Sequence[bytes]], dict[str, np.ndarray]]


def copy_with_labels(
    source: str | pathlib.Path,
    out: str | pathlib.Path,
    *,
    days: Collection[str],
    score: Score,
    origin: dict[str, Any],
    drop_cross: bool = False,
    replace: bool = False,
    requests_per_batch: int = 512,
) -> Manifest:
    """Writes the requests of some days again, with `score`'s probabilities as labels; labels of other tasks stay.

    An interrupted copy goes on after its last finished shard, and ends with the bytes of an undisturbed one.

    Args:
        source: The data set to copy.
        out: The new data set's folder.
        days: The days to keep, `YYYY-MM-DD`; each stays in its split.
        score: Takes serialized requests, returns `{task: [pairs] float32}`, NaN where the task does not exist.
        origin: JSON types: what `score` is (run, checkpoint); it is part of the new data set's identity.
        drop_cross: Whether to leave the cross features out, of the records and of the schema.
        replace: Whether `score` may replace labels that the source already carries.
        requests_per_batch: Most requests in one call of `score`; fewer where lists are long.

    Returns:
        The new manifest, whose `source` holds the old one's and `origin`.

    Raises:
        DataError: A day that the data set lacks, scores that break the data contract or would replace labels unasked,
            or `out` holds something else.
    """
    parent, schema = Manifest.load(source), Schema.load(source)
    parent.check_schema(schema)
    kept = schema
    if drop_cross:
        kept = dataclasses.replace(schema, features=tuple(f for f in schema.features if f.side != "cross"))
    _require_days(parent, days)
    identity = {"origin": origin, "days": sorted(days), "drop_cross": drop_cross, "copied_from": parent.fingerprint()}
    source_now = {**parent.source, "labels": identity}
    out = pathlib.Path(out)
    with folder.building(out, schema=kept, source=source_now, resume=True) as done:
        if done is not None:
            return done
        _copy_items(parent, out)
        copier = _Copier(schema, kept, parent, out, score, replace, parent.at_once(requests_per_batch))
        splits, columns = copier.copy(days)
        manifest = dataclasses.replace(
            parent,
            folder=out,
            schema_fingerprint=kept.fingerprint(),
            source=source_now,
            columns=columns,
            splits={name: {"shards": shards, **counts.to_dict()} for name, (shards, counts) in splits.items()},
            statistics=splits["train"][1].statistics(),
        )
        return folder.seal(kept, manifest)


@dataclasses.dataclass
class _Copier:
    """Copies shard by shard."""

    schema: Schema
    kept: Schema
    parent: Manifest
    out: pathlib.Path
    score: Score
    replace: bool
    requests_per_batch: int
    columns: tuple[str, ...] | None = None

    def copy(
        self, days: Collection[str]
    ) -> tuple[dict[str, tuple[list[dict[str, Any]], SplitStatistics]], tuple[str, ...]]:
        """`{split: (manifest entries, counts)}` and the optional columns."""
        splits: dict[str, tuple[list[dict[str, Any]], SplitStatistics]] = {}
        work = [(split, shard) for split in sorted(self.parent.splits) for shard in self._shards(split, days)]
        for split in self.parent.splits:
            splits[split] = ([], SplitStatistics(self.kept))
        for split, shard in progress_bar(work, unit=" shards", desc=self.out.name):
            entries, counts = splits[split]
            entries.append(self._copy_shard(shard, counts))
        return splits, self.columns or ()

    def _shards(self, split: str, days: Collection[str]) -> tuple[Shard, ...]:
        return verified(self.parent.shards(split, days=set(days) & set(self.parent.days(split))))

    def _copy_shard(self, shard: Shard, counts: SplitStatistics) -> dict[str, Any]:
        relative = shard.path.relative_to(self.parent.folder)
        path = inside(self.out, str(relative), said_by=str(self.parent.folder))
        if path.exists():  # finished before an interruption: read back, so that the counts come out the same
            for batch in batched(read_file(path), size=self.requests_per_batch):
                self._add(decode_requests(self.kept, batch, self._columns_of(batch[0])), counts)
        else:
            path.parent.mkdir(parents=True, exist_ok=True)
            with atomically(path) as temporary, tf.io.TFRecordWriter(str(temporary)) as writer:
                for requests in self._scored(shard):
                    self._add(requests, counts)
                    for record in encode_requests(self.kept, requests):
                        writer.write(record)
        size = {"requests": shard.requests, "pairs": shard.pairs}
        return {"path": str(relative), "day": shard.day, **size, **contents_of(path)}

    def _scored(self, shard: Shard) -> Iterator[Requests]:
        for batch in read_batches(shard, size=self.requests_per_batch):
            scores = self.score(batch)
            for task in scores:
                self.schema.task(task)
                self._require_unlabeled(task)
            label = {task: np.asarray(column, np.float32) for task, column in scores.items()}
            requests = decode_requests(self.schema, batch, self.parent.columns)
            if self.kept is not self.schema:
                requests = dataclasses.replace(requests, cross={}, cross_mask=None)
            requests = dataclasses.replace(requests, label=requests.label | label)
            check_requests(self.kept, requests)
            yield requests

    def _require_unlabeled(self, task: str) -> None:
        labeled = sum(
            product["tasks"].get(task, {}).get("labelled", 0)
            for split in self.parent.splits.values()
            for surface in split["slices"].values()
            for product in surface.values()
        )
        if labeled and not self.replace:
            raise DataError(
                f"task {task}: {self.parent.folder} already carries label/{task} for {labeled:,} pairs, which scores "
                "would replace; give scores of other tasks, or replace=True"
            )

    def _add(self, requests: Requests, counts: SplitStatistics) -> None:
        columns = optional_columns(self.kept, requests)
        if self.columns is not None and columns != self.columns:
            raise DataError(
                f"scores: the same tasks for every request; earlier {list(self.columns)}, now {list(columns)}"
            )
        self.columns = columns
        counts.add(requests)

    def _columns_of(self, record: bytes) -> tuple[str, ...]:
        keys = tf.train.Example.FromString(record).features.feature
        labels = tuple(f"label/{task}" for task in self.schema.task_names if f"label/{task}" in keys)
        return labels + tuple(column for column in self.parent.columns if not column.startswith("label/"))


def _require_days(parent: Manifest, days: Collection[str]) -> None:
    known = [day for split in parent.splits for day in parent.days(split)]
    unknown = set(days) - set(known)
    if unknown or not days:
        came = f"no day {min(unknown)}" if unknown else "no day asked for"
        raise DataError(f"{came}; {parent.folder} has {min(known)} to {max(known)}: {sorted(known)}")


def _copy_items(parent: Manifest, out: pathlib.Path) -> None:
    for shard in verified(parent.item_shards()):
        path = inside(out, str(shard.path.relative_to(parent.folder)), said_by=str(parent.folder))
        path.parent.mkdir(exist_ok=True)
        with atomically(path) as temporary:
            shutil.copyfile(shard.path, temporary)
