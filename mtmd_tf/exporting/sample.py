"""Synthetic requests of every slice, which check an export without data: values of all kinds, present and missing."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from mtmd_tf.seeds import derive_seed
from tfrecords_tools.requests import Column, Ragged, Requests
from tfrecords_tools.schema import Feature, Schema

_SHARE_PRESENT = 0.8
_MOST_TOKENS = 5
_EMPTY = {"bytes": b"", "int64": 0, "float": 0.0}


def sample_requests(
    schema: Schema,
    *,
    requests_per_surface: int = 8,
    candidates_per_product: int = 4,
    statistics: Mapping[str, Mapping[str, Any]] | None = None,
    seed: int = 0,
) -> Requests:
    """Requests on every surface, each with candidates of every product.

    Args:
        schema: Schema of the data set.
        requests_per_surface: Requests of each surface.
        candidates_per_product: Candidates of each product in each request.
        statistics: Statistics of the manifest, so that numbers are as large as in the data; standard normal where it
            says nothing.
        seed: Seed of all values.
    """
    requests = requests_per_surface * len(schema.surfaces)
    candidates = candidates_per_product * len(schema.products)
    surface = np.repeat(np.arange(len(schema.surfaces)), requests_per_surface)
    product = np.tile(np.repeat(np.arange(len(schema.products)), candidates_per_product), requests)
    of_slice = np.repeat(surface, candidates) * len(schema.products) + product
    sides = {}
    for side, domain in (("query", surface), ("item", product), ("cross", of_slice)):
        features, exists = schema.features_of(side), _exists(schema, side)
        generator = np.random.default_rng(derive_seed(seed, f"sample {side}"))
        mask = exists[domain] & (generator.random((len(domain), len(features))) < _SHARE_PRESENT)
        columns = {f.name: _column(f, mask[:, bit], statistics or {}, generator) for bit, f in enumerate(features)}
        sides[side] = columns, mask
    pairs = requests * candidates
    return Requests(
        request_id=_names("request", requests),
        timestamp=np.zeros(requests, np.int64),
        surface=surface,
        lengths=np.full(requests, candidates),
        query=sides["query"][0],
        query_mask=sides["query"][1],
        item_id=_names("item", pairs),
        product=product,
        item=sides["item"][0],
        item_mask=sides["item"][1],
        cross=sides["cross"][0],
        cross_mask=sides["cross"][1] if sides["cross"][0] else None,
    )


def _exists(schema: Schema, side: str) -> np.ndarray:
    """`[domains, features]` bool; the domains of the cross side are the slices."""
    features = schema.features_of(side)
    if side == "cross":
        found = [
            [f.exists_in(surface=surface, product=product) for f in features] for surface, product in schema.slices
        ]
    else:
        found = [[f in schema.features_of(side, domain=name) for f in features] for name in schema.domains_of(side)]
    return np.array(found, bool).reshape(len(found), len(features))


def _column(feature: Feature, present: np.ndarray, statistics: Mapping, generator: np.random.Generator) -> Column:
    rows = len(present)
    if feature.kind == "ragged":
        lengths = np.where(present, generator.integers(0, _MOST_TOKENS + 1, rows), 0)
        return Ragged(_tokens(feature, int(lengths.sum()), generator), lengths)
    if feature.kind == "categorical":
        tokens = _tokens(feature, rows, generator)
        return np.where(present, tokens, np.array(_EMPTY[feature.dtype], tokens.dtype))
    shape = (rows, feature.size) if feature.size else (rows,)
    known = statistics.get(feature.key) or {}
    numbers = (known.get("mean") or 0.0) + (known.get("std") or 1.0) * generator.standard_normal(shape)
    numbers = np.clip(numbers, known.get("min"), known.get("max")) if known.get("min") is not None else numbers
    numbers = np.abs(numbers) if feature.count_like else numbers
    return np.where(present.reshape(-1, *[1] * (len(shape) - 1)), numbers, 0.0).astype(np.float32)


def _tokens(feature: Feature, count: int, generator: np.random.Generator) -> np.ndarray:
    """Known tokens and, one in five, unknown ones."""
    known = feature.vocabulary or tuple(range(1000, 1100))
    chosen = generator.integers(0, max(len(known) * 5 // 4, len(known) + 1), count)
    if feature.dtype == "int64":
        return np.array([known[i] if i < len(known) else 10**9 + i for i in chosen.tolist()], np.int64)
    words = [str(known[i]) if i < len(known) else f"unknown {i}" for i in chosen.tolist()]
    return np.array([word.encode() for word in words], dtype=object)


def _names(what: str, count: int) -> np.ndarray:
    return np.array([f"{what} {number}".encode() for number in range(count)], dtype=object)
