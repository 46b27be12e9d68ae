"""What the items of a training had: presence, bins of values and tokens seen, by product and feature."""

import dataclasses

import numpy as np

from tfrecords_tools.item_profile import bins
from tfrecords_tools.item_profile.item_sample import ItemSample
from tfrecords_tools.item_profile.token_sketch import TokenSketch, hashes_of, text_of
from tfrecords_tools.requests import Column, Items, Ragged
from tfrecords_tools.schema import Feature, Schema


@dataclasses.dataclass(frozen=True, kw_only=True)
class FeatureProfile:
    """One feature of one product in training.

    Attributes:
        pairs: Share of the pairs that have it.
        items: Share of the distinct items that have it, each as it was seen last.
        edges: `[coordinates]` lists of the edges of bins; one list for a number, one a coordinate for a vector.
        counts: `[coordinates]` lists of how many items lie in each bin; one list for tokens.
        frequent: Hashes of the tokens that have a bin.
        tokens: Sketch of the tokens that any pair had, as text; "" for numbers.
    """

    pairs: float
    items: float
    edges: list[list[float]] = dataclasses.field(default_factory=list)
    counts: list[list[int]] = dataclasses.field(default_factory=list)
    frequent: list[int] = dataclasses.field(default_factory=list)
    tokens: str = ""


@dataclasses.dataclass(frozen=True, kw_only=True)
class ProductProfile:
    """One product in training.

    Attributes:
        pairs: Pairs of it that were read.
        items: Distinct items among them, up to the size of the sample.
        ids: Hashes of the ids of these items, as text.
        features: `{name: profile}` of the item features that can exist there.
    """

    pairs: int
    items: int
    ids: str
    features: dict[str, FeatureProfile]


@dataclasses.dataclass(frozen=True, kw_only=True)
class ItemProfile:
    """What a training's items had.

    Attributes:
        every: Every how many-th request of training was read; 1 is all of them.
        products: `{product: profile}` of those that have a pair.
    """

    every: int
    products: dict[str, ProductProfile]


class ProfileBuilder:
    """Takes in the item side of training pairs, block by block in the order of time; memory does not grow with them.

    Args:
        schema: The data set's schema.
    """

    def __init__(self, schema: Schema) -> None:
        self._schema, self._features = schema, schema.features_of("item")
        self._sample = ItemSample(len(schema.products))
        self._pairs = np.zeros(len(schema.products), np.int64)
        self._present = np.zeros((len(schema.products), len(self._features)), np.int64)
        self._tokens: dict[tuple[int, str], TokenSketch] = {}

    def add(self, pairs: Items) -> None:
        """Takes in pairs: a row each, with the features that its item had."""
        self._sample.add(pairs)
        self._pairs += np.bincount(pairs.product, minlength=len(self._pairs))
        for product in np.unique(pairs.product).tolist():
            own = np.flatnonzero(pairs.product == product)
            self._present[product] += pairs.item_mask[own].sum(axis=0)
            rows = pairs.take(own)
            for bit, feature in enumerate(self._features):
                if feature.kind in ("categorical", "ragged"):
                    sketch = self._tokens.setdefault((product, feature.name), TokenSketch())
                    sketch.add(hashes_of(present_values(rows.item[feature.name], rows.item_mask[:, bit])))

    def profile(self, *, every: int) -> ItemProfile:
        """What was found; every how many-th request was taken in stands in it."""
        found = {}
        for product, name in enumerate(self._schema.products):
            items = self._sample.of(product)
            if items is None:
                continue
            features = {
                feature.name: self._feature(feature, bit, product, items)
                for bit, feature in enumerate(self._features)
                if feature.exists_in(product=name)
            }
            found[name] = ProductProfile(
                pairs=int(self._pairs[product]),
                items=len(items.item_id),
                ids=text_of(self._sample.ids(product)),
                features=features,
            )
        return ItemProfile(every=every, products=found)

    def _feature(self, feature: Feature, bit: int, product: int, items: Items) -> FeatureProfile:
        present = items.item_mask[:, bit]
        pairs, own = float(self._present[product, bit] / self._pairs[product]), float(present.mean())
        values = present_values(items.item[feature.name], present)
        if feature.kind in ("categorical", "ragged"):
            hashes = hashes_of(values)
            frequent = bins.frequent(hashes)
            counts = [bins.token_counts(hashes, frequent).tolist()]
            tokens = self._tokens[product, feature.name].to_text()
            return FeatureProfile(pairs=pairs, items=own, frequent=frequent, counts=counts, tokens=tokens)
        columns = coordinates(values)
        edges = [bins.edges_of(column) for column in columns]
        counts = [bins.number_counts(column, cut).tolist() for column, cut in zip(columns, edges, strict=True)]
        return FeatureProfile(pairs=pairs, items=own, edges=edges, counts=counts)


def present_values(column: Column, present: np.ndarray) -> np.ndarray:
    """The values of the rows where `present` `[rows]` holds: tokens `[any]`, numbers `[rows]` or `[rows, size]`."""
    if isinstance(column, Ragged):
        return column.values[np.repeat(present, column.lengths)]
    return column[present]


def coordinates(values: np.ndarray) -> list[np.ndarray]:
    """`[size]` columns `[rows]` of a vector; the column itself of a number."""
    return list(values.T) if values.ndim == 2 else [values]
