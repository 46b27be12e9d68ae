"""Logs of any schema, whose items change from request to request and change back."""

import dataclasses

import numpy as np

from tests.drawn import Drawn
from tests.tfrecords_tools.tiny import MARCH_1
from tfrecords_tools.requests import Items, Requests
from tfrecords_tools.schema import Schema


def generated(schema: Schema, *, seed: int, requests: int, items: int = 4, versions: int = 3) -> Requests:
    """Requests of one to three candidates, spread over four days; each item has a few versions, some of them alike."""
    draw = np.random.default_rng(seed)
    drawn = Drawn(
        random=draw,
        texts=(b"fr", b"us", "d\N{LATIN SMALL LETTER E WITH ACUTE}".encode()),
        least=-5,
        numbers=lambda shape: draw.gamma(1.0, 2.0, shape),
    )
    lengths = draw.integers(1, 1 + min(3, items), requests)
    item = np.concatenate([draw.choice(items, count, replace=False) for count in lengths.tolist()])
    owner = np.repeat(np.arange(requests), lengths)
    surface = draw.integers(0, len(schema.surfaces), requests)
    pool = _pool(schema, drawn, items=items, versions=versions)
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
        query={f.name: drawn.column(f, requests) for f in schema.features_of("query")},
        query_mask=drawn.mask(schema, "query", surface),
        **{field.name: getattr(shown, field.name) for field in dataclasses.fields(Items)},
        cross={f.name: drawn.column(f, len(item)) for f in schema.features_of("cross")},
        cross_mask=drawn.mask(schema, "cross", slices) if schema.features_of("cross") else None,
        label={"ctr": ctr, "gctr": np.where(exists[slices], ctr / 2, np.float32("nan"))},
        event={"ctr": clicks},
        bid=draw.random(len(item), np.float32),
    )


def _pool(schema: Schema, drawn: Drawn, *, items: int, versions: int) -> Items:
    """Every version of every item; a feature keeps its value in two of three versions."""
    draw, count = drawn.random, items * versions
    product = np.repeat(np.arange(items) % len(schema.products), versions)
    first = np.repeat(np.arange(items) * versions, versions)
    own = {f.name: np.where(draw.random(count) < 1 / 3, np.arange(count), first) for f in schema.features_of("item")}
    mask = drawn.mask(schema, "item", product)
    whole = Items(
        item_id=np.repeat(_names("i", items), versions),
        product=product,
        item={f.name: drawn.column(f, count) for f in schema.features_of("item")},
        item_mask=np.where(draw.random(count)[:, None] < 1 / 3, mask, mask[first]),
    )
    return dataclasses.replace(whole, item={name: whole.take(own[name]).item[name] for name in whole.item})


def _names(prefix: str, count: int) -> np.ndarray:
    return np.array([f"{prefix}{number:03d}".encode() for number in range(count)], dtype=object)
