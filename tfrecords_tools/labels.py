"""Copies a data set with labels from another model, the heavyweight ranker (paper section 2.3)."""

import dataclasses
import pathlib
from collections.abc import Callable, Collection, Sequence
from typing import Any

import numpy as np

from tfrecords_tools.copying import copy_days
from tfrecords_tools.item_table.table import table_of
from tfrecords_tools.manifest import Manifest
from tfrecords_tools.parsing import decode_requests
from tfrecords_tools.requests import DataError, Requests
from tfrecords_tools.schema import Schema

Score = Callable[[Sequence[bytes]], dict[str, np.ndarray]]


def copy_with_labels(
    source: str | pathlib.Path,
    out: str | pathlib.Path,
    *,
    days: Collection[str],
    score: Score,
    origin: dict[str, Any],
    drop_cross: bool = False,
    drop: Collection[str] = (),
    eval_from: str = "",
    replace: bool = False,
    requests_per_batch: int = 512,
) -> Manifest:
    """Writes the requests of some days again, with `score`'s probabilities as labels; labels of other tasks stay.

    An interrupted copy goes on after its last finished shard, and ends with the bytes of an undisturbed one.

    Args:
        source: The data set to copy.
        out: The new data set's folder.
        days: The days to keep, `YYYY-MM-DD`.
        score: Takes serialized requests, returns `{task: [pairs] float32}`, NaN where the task does not exist.
        origin: JSON types: what `score` is (run, checkpoint); it is part of the new data set's identity.
        drop_cross: Whether to leave all cross features out, of the records and of the schema.
        drop: Names of cross features to leave out.
        eval_from: First day of the new split eval; empty: each day stays in its split.
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
    dropped = [f for f in schema.features_of("cross") if drop_cross or f.name in drop]
    kept = schema
    if dropped:
        kept = dataclasses.replace(schema, features=tuple(f for f in schema.features if f not in dropped))

    items = table_of(parent, schema)

    def rewrite(batch: Sequence[bytes]) -> Requests:
        scores = score(batch)
        for task in scores:
            schema.task(task)
            _require_unlabeled(parent, task, replace=replace)
        label = {task: np.asarray(column, np.float32) for task, column in scores.items()}
        requests = decode_requests(schema, batch, parent.columns, items=items)
        requests = _with_cross_of(kept, schema, requests)
        return dataclasses.replace(requests, label=requests.label | label)

    identity = {"origin": origin, "days": sorted(days), "drop_cross": drop_cross, "copied_from": parent.fingerprint()}
    identity |= {"dropped": sorted(drop)} if drop else {}
    identity |= {"eval_from": eval_from} if eval_from else {}
    return copy_days(
        parent,
        pathlib.Path(out),
        days=days,
        schema=kept,
        rewrite=rewrite,
        source={**parent.source, "labels": identity},
        eval_from=eval_from,
        requests_per_batch=requests_per_batch,
    )


def _with_cross_of(kept: Schema, schema: Schema, requests: Requests) -> Requests:
    """The requests with the cross features of `kept` alone."""
    if kept is schema or requests.cross_mask is None:
        return requests
    names = [feature.name for feature in kept.features_of("cross")]
    bits = [bit for bit, feature in enumerate(schema.features_of("cross")) if feature.name in names]
    return dataclasses.replace(
        requests,
        cross={name: requests.cross[name] for name in names},
        cross_mask=requests.cross_mask[:, bits] if names else None,
    )


def _require_unlabeled(parent: Manifest, task: str, *, replace: bool) -> None:
    labeled = sum(
        product["tasks"].get(task, {}).get("labeled", 0)
        for split in parent.splits.values()
        for surface in split["slices"].values()
        for product in surface.values()
    )
    if labeled and not replace:
        raise DataError(
            f"task {task}: {parent.folder} already carries label/{task} for {labeled:,} pairs, which scores "
            "would replace; give scores of other tasks, or replace=True"
        )
