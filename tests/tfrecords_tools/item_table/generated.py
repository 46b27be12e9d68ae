"""Logs of any schema, whose items change from request to request and change back."""

import dataclasses

import numpy as np

from tests.tfrecords_tools.tiny import MARCH_1
from tfrecords_tools.feature import Feature
from tfrecords_tools.requests import Column, Items, Ragged, Requests
from tfrecords_tools.schema import Schema


def generated(schema: Schema, *, seed: int, requests: int, items: int = 4, versions: int = 3) -> Requests:
    """Requests of one to three candidates, spread over four days; each item has a few versions, some of them alike."""
    draw = np.random.default_rng(seed)
    lengths = draw.integers(1, 1 + min(3, items), requests)
    item = np.concatenate([draw.choice(items, count, replace=False) for count in lengths.tolist()])
    owner = np.repeat(np.arange(requests), lengths)
    surface = draw.integers(0, len(schema.surfaces), requests)
    pool = _pool(schema, draw, items=items, versions=versions)
    shown = pool.take(item * versions + draw.integers(0, versions, len(item)))
    clicks = draw.integers(-1, 2, len(item))
    slices = surface[owner] * len(schema.products) + shown.product
    exists = np.array([schema.task("gctr").exists_in(surface=s, product=p) for s, p in schema.slices])
    ctr = draw.random(len(item), np.float32)
    return Requests(
        request_id=_names("r", requests),
        timestamp=MARCH_1 + np.arange(requests) * 4 // requests * 86_400,
        surface=surface,
        lengths=lengths,
        query={f.name: _column(f, requests, draw) for f in schema.features_of("query")},
        query_mask=_mask(schema, "query", surface, draw),
        **{field.name: getattr(shown, field.name) for field in dataclasses.fields(Items)},
        cross={f.name: _column(f, len(item), draw) for f in schema.features_of("cross")},
        cross_mask=_mask(schema, "cross", slices, draw) if schema.features_of("cross") else None,
        label={"ctr": ctr, "gctr": np.where(exists[slices], ctr / 2, np.float32("nan"))},
        event={"ctr": clicks},
        bid=draw.random(len(item), np.float32),
    )


def _pool(schema: Schema, draw: np.random.Generator, *, items: int, versions: int) -> Items:
    """Every version of every item; a feature keeps its value in two of three versions."""
    count = items * versions
    product = np.repeat(np.arange(items) % len(schema.products), versions)
    first = np.repeat(np.arange(items) * versions, versions)
    own = {f.name: np.where(draw.random(count) < 1 / 3, np.arange(count), first) for f in schema.features_of("item")}
    mask = _mask(schema, "item", product, draw)
    whole = Items(
        item_id=np.repeat(_names("i", items), versions),
        product=product,
        item={f.name: _column(f, count, draw) for f in schema.features_of("item")},
        item_mask=np.where(draw.random(count)[:, None] < 1 / 3, mask, mask[first]),
    )
    return dataclasses.replace(whole, item={name: whole.take(own[name]).item[name] for name in whole.item})


def _names(prefix: str, count: int) -> np.ndarray:
    return np.array([f"{prefix}{number:03d}".encode() for number in range(count)], dtype=object)


def _column(feature: Feature, rows: int, draw: np.random.Generator) -> Column:
    if feature.kind == "ragged":
        lengths = draw.integers(0, 4, rows)
        return Ragged(_tokens(feature, int(lengths.sum()), draw), lengths)
    if feature.kind == "categorical":
        return _tokens(feature, rows, draw)
    shape = [rows, feature.size] if feature.size else [rows]
    return draw.gamma(1.0, 2.0, shape).astype(np.float32)


def _tokens(feature: Feature, count: int, draw: np.random.Generator) -> np.ndarray:
    if feature.dtype == "int64":
        return draw.integers(-5, 50, count)
    return draw.choice(np.array([b"fr", b"us", "d\N{LATIN SMALL LETTER E WITH ACUTE}".encode()], dtype=object), count)


def _mask(schema: Schema, side: str, domain: np.ndarray, draw: np.random.Generator) -> np.ndarray:
    features = schema.features_of(side)
    if side == "cross":
        here = [[f.exists_in(surface=s, product=p) for f in features] for s, p in schema.slices]
    else:
        here = [[f in schema.features_of(side, domain=name) for f in features] for name in schema.domains_of(side)]
    return np.array(here)[domain] & (draw.random((len(domain), len(features))) < 0.8)
