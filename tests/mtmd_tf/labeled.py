"""A data set of the tiny schema whose labels are known: ctr is 0.4 on search and 0.1 on home, gctr half of it."""

import pathlib

import numpy as np
import tensorflow as tf

from tests.tfrecords_tools.tiny import MARCH_1, tiny_items, tiny_schema
from tfrecords_tools.requests import Ragged, Requests
from tfrecords_tools.shards import write_dataset

DAYS = 6
CANDIDATES = 4
CTR = (0.1, 0.4)  # home, search


def write_labeled(
    out: pathlib.Path, *, requests: int = 240, spread: bool = False, compact: bool = False
) -> pathlib.Path:
    """Writes days 1 to 5 as train and day 6 as eval; returns the folder.

    Args:
        out: The folder.
        requests: Over all days.
        spread: No two labels alike: each pair's is a quarter to twice what is known of its surface.
        compact: Whether records name their items by rows of an item table.
    """
    write_dataset(
        out,
        schema=tiny_schema(),
        requests=iter([_requests(requests, spread=spread)]),
        items=tiny_items(),
        eval_from="2017-03-06",
        source={"name": "labeled", "arguments": {"requests": requests, "spread": spread}},
        compact=compact,
    )
    return out


def weights_of(model: tf.keras.Model) -> list[np.ndarray]:
    """Every weight's value."""
    return [weight.numpy() for weight in model.weights]


def _requests(count: int, *, spread: bool) -> Requests:
    draw = np.random.default_rng(0)
    surface = draw.integers(0, 2, count)
    items = tiny_items()
    item = draw.permuted(np.tile(np.arange(CANDIDATES), (count, 1)), axis=1).ravel()  # no item twice in a request
    product = items.product[item]
    words = np.where(surface == 1, 2, 0)
    tags = [[b"red", b"big"], [b"red"], [b"hat"], []]
    ctr = np.repeat(np.array(CTR, np.float32)[surface], CANDIDATES)
    if spread:
        ctr = ctr * np.random.default_rng(1).uniform(0.25, 2, ctr.size).astype(np.float32)
    gctr = np.where(product == 0, ctr / 2, np.float32("nan")).astype(np.float32)
    return Requests(
        request_id=np.array([b"r%d" % row for row in range(count)], dtype=object),
        timestamp=MARCH_1 + np.arange(count) * DAYS // count * 86_400,
        surface=surface,
        lengths=np.full(count, CANDIDATES),
        query={
            "country": np.array([b"fr", b"us", b"de"], dtype=object)[draw.integers(0, 3, count)],
            "age": draw.normal(40, 10, count).astype(np.float32),
            "visits": draw.poisson(5, count).astype(np.float32),
            "words": Ragged(np.array([b"shoe"] * int(words.sum()), dtype=object), words),
            "taste": draw.normal(size=(count, 2)).astype(np.float32),
        },
        query_mask=np.stack([np.ones(count, bool)] * 3 + [surface == 1, np.ones(count, bool)], axis=1),
        item_id=items.item_id[item],
        product=product,
        item={
            "brand": items.item["brand"][item],
            "price": items.item["price"][item],
            "discount": items.item["discount"][item],
            "tags": Ragged(
                np.array([tag for i in item.tolist() for tag in tags[i]], dtype=object),
                np.array([len(tags[i]) for i in item.tolist()]),
            ),
            "image": items.item["image"][item],
        },
        item_mask=items.item_mask[item],
        cross={"seen": draw.poisson(1, item.size).astype(np.float32), "bought": draw.integers(0, 4, item.size)},
        cross_mask=np.stack([np.ones(item.size, bool), product == 1], axis=1),
        label={"ctr": ctr, "gctr": gctr},
        event={
            "ctr": (draw.random(item.size) < ctr).astype(np.int64),
            "gctr": np.where(product == 0, 0, -1),
        },
    )
