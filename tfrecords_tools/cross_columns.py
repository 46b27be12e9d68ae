"""Copies a data set with more cross features, such as what another model says of a pair (docs/data-contract.md)."""

import dataclasses
import pathlib
from collections.abc import Callable, Collection, Sequence
from typing import Any

import numpy as np

from tfrecords_tools.copying import copy_days
from tfrecords_tools.item_table.table import table_of
from tfrecords_tools.manifest import Manifest
from tfrecords_tools.parsing import decode_requests
from tfrecords_tools.requests import Column, Requests
from tfrecords_tools.schema import Feature, Schema

Compute = Callable[[Requests], tuple[dict[str, Column], np.ndarray]]


def with_cross(requests: Requests, columns: dict[str, Column], mask: np.ndarray) -> Requests:
    """The requests with more cross features, `{name: [pairs]}` and mask `[pairs, new features]`, behind their own."""
    before = [] if requests.cross_mask is None else [requests.cross_mask]
    return dataclasses.replace(
        requests, cross={**requests.cross, **columns}, cross_mask=np.concatenate([*before, mask], axis=1)
    )


def copy_with_cross(
    source: str | pathlib.Path,
    out: str | pathlib.Path,
    *,
    days: Collection[str],
    features: Sequence[Feature],
    compute: Compute,
    origin: dict[str, Any],
) -> Manifest:
    """Writes the requests of some days again, with more cross features behind those that they have.

    Args:
        source: The data set to copy.
        out: The new data set's folder.
        days: The days to keep; each stays in its split.
        features: The new cross features.
        compute: Takes requests, returns `{name: [pairs]}` and the mask `[pairs, new features]`.
        origin: JSON types: what `compute` is; it is part of the new data set's identity.

    Raises:
        DataError: A day that the data set lacks, columns that break the data contract, or `out` holds something else.
        SchemaError: A feature whose name is taken.
    """
    parent, schema = Manifest.load(source), Schema.load(source)
    parent.check_schema(schema)
    wider = dataclasses.replace(schema, features=(*schema.features, *features))

    items = table_of(parent, schema)

    def rewrite(batch: Sequence[bytes]) -> Requests:
        requests = decode_requests(schema, batch, parent.columns, items=items)
        return with_cross(requests, *compute(requests))

    identity = {"origin": origin, "days": sorted(days), "copied_from": parent.fingerprint()}
    return copy_days(
        parent,
        pathlib.Path(out),
        days=days,
        schema=wider,
        rewrite=rewrite,
        source={**parent.source, "cross": identity},
    )
