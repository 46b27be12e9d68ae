"""A small world for tests of the model: 3 surfaces x 2 products x 3 tasks, every kind of feature, random requests."""

import dataclasses

import numpy as np
import tensorflow as tf

from mtmd_tf.config import ModelConfig
from mtmd_tf.features.batch import Batch
from mtmd_tf.features.parsing import RequestParser
from tests.drawn import Drawn
from tfrecords_tools.examples import encode_requests, optional_columns
from tfrecords_tools.requests import Ragged, Requests, column_take
from tfrecords_tools.schema import Feature, Schema, Task

SMALL = ModelConfig(  # the paper's text: domains share nothing but one expert, numbers go by their batch
    domain_sharing="none",
    moments="batch",
    dim=4,
    deep_units=(16, 8),
    shallow_units=(8, 4),
    router_units=(8, 4),
    cross_projection=2,
    root_embedding=8,
    child_embedding=4,
)

SHARED = dataclasses.replace(SMALL, domain_sharing="low_rank", deviation_rank=2, moments="running")  # near the defaults


def small_schema() -> Schema:
    """`words` on search only, `discount` for shopping only, octr (a child of ctr) for standard only."""
    return Schema(
        name="small",
        surfaces=("home_feed", "search", "related_pin"),
        products=("standard", "shopping"),
        tasks=(
            Task(name="ctr"),
            Task(name="gctr", parent="ctr"),
            Task(name="octr", parent="ctr", products=("standard",)),
        ),
        features=(
            Feature(name="age", side="query", kind="continuous", dtype="float"),
            Feature(
                name="country",
                side="query",
                kind="categorical",
                dtype="bytes",
                vocabulary=("fr", "us"),
                descriptor=True,
            ),
            Feature(name="visits", side="query", kind="continuous", dtype="float", count_like=True),
            Feature(name="words", side="query", kind="ragged", dtype="bytes", hash_buckets=16, surfaces=("search",)),
            Feature(name="taste", side="query", kind="dense", dtype="float", size=3),
            Feature(name="price", side="item", kind="continuous", dtype="float", count_like=True),
            Feature(name="brand", side="item", kind="categorical", dtype="int64", hash_buckets=8, descriptor=True),
            Feature(name="discount", side="item", kind="continuous", dtype="float", products=("shopping",)),
            Feature(name="tags", side="item", kind="ragged", dtype="int64", hash_buckets=8, combiner="sum"),
            Feature(name="image", side="item", kind="dense", dtype="float", size=2),
        ),
    )


def small_requests(count: int = 12, *, seed: int = 0) -> Requests:
    """`count` requests of 1 to 4 candidates, surfaces and products by chance, one present value in five missing."""
    schema, random = small_schema(), np.random.default_rng(seed)
    drawn = Drawn(
        random=random, texts=(b"fr", b"us", b"de"), least=0, numbers=lambda shape: random.uniform(0.0, 3.0, shape)
    )
    lengths = random.integers(1, 5, count)
    pairs = int(lengths.sum())
    surface, product = random.integers(0, 3, count), random.integers(0, 2, pairs)
    exists = {"ctr": np.ones(pairs, bool), "gctr": np.ones(pairs, bool), "octr": product == 0}
    ctr = random.uniform(0.1, 0.9, pairs)
    label = {"ctr": ctr, "gctr": ctr * random.uniform(0.1, 0.9, pairs), "octr": ctr * random.uniform(0.1, 0.9, pairs)}
    return Requests(
        request_id=_names("r", count),
        timestamp=np.arange(count),
        surface=surface,
        lengths=lengths,
        query={f.name: drawn.column(f, count) for f in schema.features_of("query")},
        query_mask=drawn.mask(schema, "query", surface),
        item_id=_names("i", pairs),
        product=product,
        item={f.name: drawn.column(f, pairs) for f in schema.features_of("item")},
        item_mask=drawn.mask(schema, "item", product),
        label={task: np.where(exists[task], label[task], np.nan).astype(np.float32) for task in label},
    )


def to_batch(requests: Requests, *, schema: Schema | None = None, cross: bool = False) -> Batch:
    """Writes the records and parses them, as the reader does."""
    schema = schema or small_schema()
    columns = optional_columns(schema, requests)
    parse = RequestParser(schema, columns=columns, cross=cross)
    return parse(tf.constant(list(encode_requests(schema, requests)), tf.string))


def small_batch(count: int = 12, *, seed: int = 0) -> Batch:
    """`to_batch(small_requests(...))`."""
    return to_batch(small_requests(count, seed=seed))


def flat(requests: Requests) -> Requests:
    """The same pairs, each a request of its own."""
    owner = np.repeat(np.arange(len(requests.lengths)), requests.lengths)
    return dataclasses.replace(
        requests,
        request_id=_names("pair", len(owner)),
        timestamp=requests.timestamp[owner],
        surface=requests.surface[owner],
        lengths=np.ones(len(owner), np.int64),
        query={name: column_take(column, owner) for name, column in requests.query.items()},
        query_mask=requests.query_mask[owner],
    )


def garbled(requests: Requests) -> Requests:
    """Other tokens, and NaN for every number, wherever the mask is 0."""

    def column(values, present):
        if isinstance(values, Ragged):
            hidden = np.repeat(~present, values.lengths)
            other = b"hidden" if values.values.dtype == object else 10**6
            return Ragged(np.where(hidden, other, values.values), values.lengths)
        other = {"O": b"hidden", "i": 10**6, "f": float("nan")}[values.dtype.kind]
        return np.where(present if values.ndim == 1 else present[:, None], values, other).astype(values.dtype)

    def side(columns, mask):
        return {name: column(values, mask[:, bit]) for bit, (name, values) in enumerate(columns.items())}

    return dataclasses.replace(
        requests,
        query=side(requests.query, requests.query_mask),
        item=side(requests.item, requests.item_mask),
    )


def _names(prefix: str, count: int) -> np.ndarray:
    return np.array([f"{prefix}{number}".encode() for number in range(count)], dtype=object)
