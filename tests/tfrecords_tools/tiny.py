"""A data set to check by hand: 2 surfaces, 2 products, 2 tasks, every kind of feature, 4 requests, 8 pairs."""

from typing import Any

import numpy as np

from tfrecords_tools.requests import Items, Ragged, Requests
from tfrecords_tools.schema import Feature, Schema, Task

MARCH_1 = 1_488_326_400  # 2017-03-01 00:00 UTC
EVAL_FROM = "2017-03-03"
NAN = float("nan")


def tiny_schema() -> Schema:
    """Every kind of feature on both sides; `words` on search only, `discount` and `bought` for shopping only."""
    return Schema(
        name="tiny",
        surfaces=("home", "search"),
        products=("standard", "shopping"),
        tasks=(Task(name="ctr"), Task(name="gctr", parent="ctr", products=("standard",))),
        features=(
            Feature(
                name="country",
                side="query",
                kind="categorical",
                dtype="bytes",
                vocabulary=("fr", "us"),
                descriptor=True,
            ),
            Feature(name="age", side="query", kind="continuous", dtype="float"),
            Feature(name="visits", side="query", kind="continuous", dtype="float", count_like=True),
            Feature(name="words", side="query", kind="ragged", dtype="bytes", hash_buckets=8, surfaces=("search",)),
            Feature(name="taste", side="query", kind="dense", dtype="float", size=2),
            Feature(
                name="brand", side="item", kind="categorical", dtype="int64", vocabulary=(1, 2, 3), descriptor=True
            ),
            Feature(name="price", side="item", kind="continuous", dtype="float", count_like=True),
            Feature(name="discount", side="item", kind="continuous", dtype="float", products=("shopping",)),
            Feature(name="tags", side="item", kind="ragged", dtype="bytes", hash_buckets=8, combiner="sum"),
            Feature(name="image", side="item", kind="dense", dtype="float", size=2),
            Feature(name="seen", side="cross", kind="continuous", dtype="float", count_like=True),
            Feature(
                name="bought", side="cross", kind="categorical", dtype="int64", hash_buckets=4, products=("shopping",)
            ),
        ),
    )


def tiny_items() -> Items:
    """Items a and c are standard, b and d shopping; d has no tag and no image."""
    return Items(
        item_id=_tokens("a b c d"),
        product=np.array([0, 1, 0, 1]),
        item={
            "brand": np.array([1, 2, 3, 9]),
            "price": _floats([1, 2, 3, 4]),
            "discount": _floats([0, 0.5, 0, 0.25]),
            "tags": Ragged(_tokens("red big red"), np.array([2, 1, 0, 0])),
            "image": _floats([[0, 1], [2, 3], [4, 5], [0, 0]]),
        },
        item_mask=_flags(["11011", "11111", "11011", "11100"]),
    )


def tiny_requests() -> Requests:
    """Day 1: r0 on home (a b), r1 on search (c); day 2: r2 on home (a b d); day 3, eval: r3 on search (c d)."""
    pairs = np.array([0, 1, 2, 0, 1, 3, 2, 3])
    items = tiny_items()
    tags = {0: "red big", 1: "red", 2: "", 3: ""}
    return Requests(
        request_id=_tokens("r0 r1 r2 r3"),
        timestamp=MARCH_1 + np.array([0, 3600, 86_400, 2 * 86_400]),
        surface=np.array([0, 1, 0, 1]),
        lengths=np.array([2, 1, 3, 2]),
        query={
            "country": _tokens("fr us fr de"),
            "age": _floats([10, 20, 0, 40]),
            "visits": _floats([1, 2, 3, 4]),
            "words": Ragged(_tokens("shoe red hat"), np.array([0, 2, 0, 1])),
            "taste": _floats([[1, 0], [0, 1], [1, 1], [0, 0]]),
        },
        query_mask=_flags(["11101", "11111", "10101", "11110"]),
        item_id=items.item_id[pairs],
        product=items.product[pairs],
        item={
            "brand": items.item["brand"][pairs],
            "price": items.item["price"][pairs],
            "discount": items.item["discount"][pairs],
            "tags": Ragged(_tokens(" ".join(tags[p] for p in pairs.tolist())), items.item["tags"].lengths[pairs]),
            "image": items.item["image"][pairs],
        },
        item_mask=items.item_mask[pairs],
        cross={"seen": _floats([0, 1, 0, 2, 0, 0, 1, 3]), "bought": np.array([0, 1, 0, 0, 2, 3, 0, 1])},
        cross_mask=_flags(["10", "11", "10", "10", "11", "11", "10", "11"]),
        label={
            "ctr": _floats([0.5, 0.25, 0.125, 0.5, NAN, 0.75, 0.5, 0.25]),
            "gctr": _floats([0.25, NAN, 0.0625, 0.25, NAN, NAN, 0.25, NAN]),
        },
        event={
            "ctr": np.array([1, 0, 0, 1, -1, 1, 0, 1]),
            "gctr": np.array([1, -1, 0, 0, -1, -1, 0, -1]),
        },
        weight=_floats([1, 1, 2, 1, 1, 1, 2, 2]),
        bid=_floats([1, 2, 3, 1, 2, 4, 3, 4]),
    )


def _tokens(words: str) -> np.ndarray:
    return np.array([word.encode() for word in words.split()], dtype=object)


def _floats(numbers: list) -> np.ndarray:
    return np.array(numbers, dtype=np.float32)


def _flags(rows: list[str]) -> np.ndarray:
    return np.array([[flag == "1" for flag in row] for row in rows])


def a_feature(**fields: Any) -> Feature:
    """A query feature of one number, with the fields given instead."""
    return Feature(**{"name": "age", "side": "query", "kind": "continuous", "dtype": "float", **fields})


def some_tokens(**fields: Any) -> Feature:
    """A query feature of many tokens, without a table yet."""
    return a_feature(**{"name": "tags", "kind": "ragged", "dtype": "bytes", **fields})
