"""Data sets for the doctor: one in good health, and the same with one thing wrong."""

import pathlib
from collections.abc import Callable

import numpy as np

from tfrecords_tools.doctor.table import Table
from tfrecords_tools.requests import Items, Requests
from tfrecords_tools.schema import Feature, Schema, Task
from tfrecords_tools.shards import write_dataset

REQUESTS, CANDIDATES, DAYS, ITEMS = 600, 4, 6, 40
DAY_0 = 1_793_491_200  # 2026-11-01T00:00:00Z

SCHEMA = Schema(
    name="ward",
    surfaces=("home", "search"),
    products=("plain", "shop"),
    tasks=(Task(name="ctr"), Task(name="gctr", parent="ctr")),
    features=(
        Feature(name="country", side="query", kind="categorical", dtype="bytes", vocabulary=("de", "fr", "us")),
        Feature(name="age", side="query", kind="continuous", dtype="float"),
        Feature(name="brand", side="item", kind="categorical", dtype="bytes", hash_buckets=211),
        Feature(name="price", side="item", kind="continuous", dtype="float", count_like=True),
        Feature(name="seen", side="cross", kind="continuous", dtype="float", count_like=True),
    ),
)


def healthy() -> dict:
    """`Requests`' arguments, and `corpus`, the items; tests change a copy."""
    draw = np.random.default_rng(0)
    pairs, owner = REQUESTS * CANDIDATES, np.repeat(np.arange(REQUESTS), CANDIDATES)
    item = np.concatenate([draw.choice(ITEMS, CANDIDATES, replace=False) for _ in range(REQUESTS)])
    rate = np.where(item % 2 == 0, 0.3, 0.2)
    click = draw.random(pairs) < rate
    long = click & (draw.random(pairs) < 0.5)
    guess = np.where(np.random.default_rng(1).random(pairs) < 0.7, click, ~click)
    label = rate * (1 + 1e-5 * guess)  # so little that the mean is the rate, and orders the events better than chance
    brand = np.array([b"b%d" % (n % 9) for n in range(ITEMS)], dtype=object)
    price = draw.uniform(1, 50, ITEMS).astype(np.float32)
    return {
        "request_id": np.array([b"r%d" % n for n in range(REQUESTS)], dtype=object),
        "timestamp": DAY_0 + np.arange(REQUESTS) * DAYS // REQUESTS * 86_400,
        "surface": np.arange(REQUESTS) % 2,
        "lengths": np.full(REQUESTS, CANDIDATES),
        "query": {
            "country": draw.choice(np.array([b"de", b"fr", b"us"], dtype=object), REQUESTS),
            "age": draw.normal(40, 9, REQUESTS).astype(np.float32),
        },
        "query_mask": np.ones((REQUESTS, 2), bool),
        "item_id": np.array([b"i%d" % n for n in item], dtype=object),
        "product": item % 2,
        "item": {"brand": brand[item], "price": price[item]},
        "item_mask": np.ones((pairs, 2), bool),
        "cross": {"seen": draw.poisson(2, pairs).astype(np.float32)},
        "cross_mask": np.ones((pairs, 1), bool),
        "label": {"ctr": label.astype(np.float32), "gctr": (label / 2).astype(np.float32)},
        "event": {"ctr": click.astype(np.int64), "gctr": long.astype(np.int64)},
        "corpus": Items(
            item_id=np.array([b"i%d" % n for n in range(ITEMS)], dtype=object),
            product=np.arange(ITEMS) % 2,
            item={"brand": brand, "price": price},
            item_mask=np.ones((ITEMS, 2), bool),
        ),
        "owner": owner,
    }


def write(folder: pathlib.Path, change: Callable[[dict], None] = lambda data: None) -> pathlib.Path:
    """Writes the healthy data set after `change`; the sixth day is the split eval."""
    data = healthy()
    change(data)
    corpus = data.pop("corpus")
    del data["owner"]
    source = {"name": "ward", "arguments": {}}
    requests = Requests(**data)
    write_dataset(folder, schema=SCHEMA, requests=iter([requests]), items=corpus, eval_from="2026-11-06", source=source)
    return folder


def table(change: Callable[[dict], None] = lambda data: None, *, schema: Schema = SCHEMA) -> Table:
    """The healthy data set after `change`, all of it as the split train, without a file."""
    data = healthy()
    change(data)
    for name in ("corpus", "owner"):
        del data[name]
    days = tuple(f"2026-11-0{1 + day}" for day in range(DAYS))
    unit = (data["timestamp"] - DAY_0) // 86_400
    return Table(split="train", schema=schema, requests=Requests(**data), unit=unit, days=days, whole=True)
