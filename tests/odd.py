"""Schemas that lack some kinds of features, and logs of them: the data of strangers (paper section 2.1.1)."""

import dataclasses
import itertools
import pathlib
from collections.abc import Iterator

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from tfrecords_tools.feature import KINDS
from tfrecords_tools.schema import Feature, Schema, Task

DAY_0 = 1_793_491_200  # 2026-11-01T00:00:00Z
CANDIDATES = 3
CROSS_KINDS = ("categorical", "continuous")
SURFACES, PRODUCTS = ("home", "search"), ("plain", "shop")


@dataclasses.dataclass(frozen=True, kw_only=True)
class Shape:
    """Which kinds of features each side has, and whether categories describe their domain."""

    query: tuple[str, ...]
    item: tuple[str, ...]
    cross: tuple[str, ...] = ()
    descriptors: bool = False
    apart: bool = False  # each feature but the first of a side in one domain alone

    def __str__(self) -> str:
        """A test's name, such as `query-cr-item-cd-cross-n`."""
        initials = {"categorical": "c", "continuous": "n", "ragged": "r", "dense": "d"}
        sides = [f"{side}-{''.join(initials[k] for k in getattr(self, side))}" for side in ("query", "item", "cross")]
        return "-".join(sides) + ("-described" if self.descriptors else "") + ("-apart" if self.apart else "")


CATEGORIES_ONLY = Shape(query=("categorical",), item=("categorical",))
NUMBERS_ONLY = Shape(query=("continuous",), item=("continuous",), cross=("continuous",))
LISTS_AND_VECTORS = Shape(query=("ragged",), item=("dense",), cross=("categorical",), apart=True)
ODDEST = (CATEGORIES_ONLY, NUMBERS_ONLY, LISTS_AND_VECTORS)


def every_lack() -> tuple[Shape, ...]:
    """Each side has each kind alone, and lacks each kind alone, three times over, beside other sets of the other side.

    Cross features, descriptors and domains alternate.
    """
    sets = [*itertools.combinations(KINDS, 1), *itertools.combinations(KINDS, 3)]
    crosses = [(), *itertools.combinations(CROSS_KINDS, 1), CROSS_KINDS]
    places = range(len(sets))
    return tuple(
        Shape(
            query=sets[q],
            item=sets[(q + shift) % len(sets)],
            cross=crosses[(q + shift) % len(crosses)],
            descriptors=(q + shift) % 2 == 0,
            apart=shift % 2 == 1,
        )
        for q in places
        for shift in range(3)
    )


def odd_schema(shape: Shape) -> Schema:
    """Two surfaces, two products, a click and a long click."""
    return Schema(
        name="odd",
        surfaces=SURFACES,
        products=PRODUCTS,
        tasks=(Task(name="ctr"), Task(name="gctr", parent="ctr")),
        features=tuple(_features(shape)),
    )


def _features(shape: Shape) -> Iterator[Feature]:
    for side in ("query", "item", "cross"):
        for place, kind in enumerate(getattr(shape, side)):
            domains = {"query": {"surfaces": SURFACES[:1]}, "item": {"products": PRODUCTS[:1]}}.get(side, {})
            own = {
                "categorical": {"dtype": "bytes", "hash_buckets": 16, "descriptor": shape.descriptors},
                "continuous": {"dtype": "float", "count_like": side == "item"},
                "ragged": {"dtype": "int64", "hash_buckets": 8},
                "dense": {"dtype": "float", "size": 2},
            }[kind]
            restricted = domains if shape.apart and place else {}
            yield Feature(name=f"{kind}_{side}", side=side, kind=kind, **own, **restricted)


def odd_log(schema: Schema, *, requests: int = 24, days: int = 4, seed: int = 0) -> pa.Table:
    """Rows as a log has them: each item is the same wherever it is shown, one value in ten is missing."""
    draw = np.random.default_rng(seed)
    item = np.stack([draw.choice(12, CANDIDATES, replace=False) for _ in range(requests)]).ravel()
    owner = np.repeat(np.arange(requests), CANDIDATES)
    surface = owner % 2
    clicked = draw.random(owner.size) < 0.4
    columns = {
        "request_id": pa.array([f"r{row:04d}" for row in owner]),
        "timestamp": pa.array(DAY_0 + owner * days * 86_400 // requests),
        "surface": pa.array([SURFACES[s] for s in surface]),
        "item/id": pa.array([f"i{row:02d}" for row in item]),
        "item/product": pa.array([PRODUCTS[row % 2] for row in item]),
        "event/ctr": pa.array(clicked.astype(np.int64)),
        "event/gctr": pa.array((clicked & (draw.random(owner.size) < 0.5)).astype(np.int64)),
    }
    for feature in schema.features:
        rows, domain = {"query": (owner, surface), "item": (item, item % 2), "cross": (np.arange(owner.size), None)}[
            feature.side
        ]
        values = _values(feature, int(rows.max()) + 1, np.random.default_rng(len(columns)))
        names = SURFACES if feature.side == "query" else PRODUCTS
        here = [True] * len(rows) if domain is None else [_exists(feature, names[d]) for d in domain]
        columns[feature.key] = pa.array([values[r] if h else None for r, h in zip(rows, here, strict=True)])
    return pa.table(columns)


def _exists(feature: Feature, domain: str) -> bool:
    return domain in ((feature.surfaces if feature.side == "query" else feature.products) or (domain,))


def _values(feature: Feature, count: int, draw: np.random.Generator) -> list:
    made = {
        "categorical": lambda: f"c{draw.integers(5)}",
        "continuous": lambda: float(draw.gamma(2.0)),
        "ragged": lambda: draw.integers(0, 30, draw.integers(1, 4)).tolist(),
        "dense": lambda: draw.normal(size=2).tolist(),
    }[feature.kind]
    return [made() if draw.random() < 0.9 else None for _ in range(count)]


def write_odd(folder: pathlib.Path, shape: Shape, *, requests: int = 24, days: int = 4) -> pathlib.Path:
    """Writes schema.json and log.parquet; returns the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    schema = odd_schema(shape)
    (folder / "schema.json").write_text(schema.to_json(), encoding="utf-8")
    pq.write_table(odd_log(schema, requests=requests, days=days), folder / "log.parquet")
    return folder
