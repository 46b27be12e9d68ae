"""How an item corpus differs from what training's items had: presence, values and tokens, each with its size."""

import dataclasses
from collections.abc import Iterator

import numpy as np

from tfrecords_tools.item_profile import bins
from tfrecords_tools.item_profile.profile import FeatureProfile, ItemProfile, coordinates, present_values
from tfrecords_tools.item_profile.reading import Corpus
from tfrecords_tools.item_profile.token_sketch import TokenSketch, hashes_of
from tfrecords_tools.requests import Items
from tfrecords_tools.schema import Feature, Schema

PRESENCE, VALUES, TOKENS = "presence", "values", "tokens"

_RARE = 0.01  # a share of training below which a feature that the corpus lacks altogether is not spoken of
_SURE = 4.0  # standard errors that a difference of presence must have


@dataclasses.dataclass(frozen=True, kw_only=True)
class Difference:
    """One feature of one product that the corpus has otherwise than training's items had.

    Attributes:
        measure: `presence`, `values` or `tokens`.
        product: Name of the product.
        feature: Key of the feature, such as `item/price`.
        size: The difference, 0 or more: of two shares, a population stability index, or a share of tokens. A feature
            that one side lacks altogether has a presence difference of 1.
        pairs: Share of the training pairs that have the feature.
        items: Share of training's distinct items that have it.
        corpus: Share of the corpus's items that have it.
        seen: Whether the corpus's items are those that training has seen, or all of them, where these are too few.
    """

    measure: str
    product: str
    feature: str
    size: float
    pairs: float
    items: float
    corpus: float
    seen: bool

    def __str__(self) -> str:
        had = f"{self.pairs:.1%} of the training pairs ({self.items:.1%} of their items)"
        has = f"{self.corpus:.1%} of {'the same items in the corpus' if self.seen else 'the corpus'}"
        where = f"{self.feature} of the product {self.product} is present in {had} and {has}"
        if self.measure == VALUES:
            return f"{where}; its values moved by a population stability index of {self.size:.2f}"
        if self.measure == TOKENS:
            return f"{where}; {self.size:.1%} of the corpus's tokens were seen in no training pair"
        return where


def differences(profile: ItemProfile, corpus: Corpus, schema: Schema) -> Iterator[Difference]:
    """All that is beyond chance, product by product; those that a profile or a corpus has nothing of are left out."""
    for index, product in enumerate(schema.products):
        known, (items, seen) = profile.products.get(product), corpus.of(index)
        if known is None or items is None:
            continue
        for bit, feature in enumerate(schema.features_of("item")):
            if feature.name in known.features:
                before, present = known.features[feature.name], items.item_mask[:, bit]
                for measure, size in _sizes(feature, before, items, present, count=known.items).items():
                    if size > 0:
                        yield Difference(
                            measure=measure,
                            product=product,
                            feature=feature.key,
                            size=size,
                            pairs=before.pairs,
                            items=before.items,
                            corpus=float(present.mean()),
                            seen=seen,
                        )


def _sizes(
    feature: Feature, before: FeatureProfile, items: Items, present: np.ndarray, *, count: int
) -> dict[str, float]:
    """`{measure: size}` of a feature that is `present` `[items]`, of which training had `count` items."""
    corpus = float(present.mean())
    values = present_values(items.item[feature.name], present)
    sizes = {PRESENCE: _presence(before, corpus, before_rows=count, rows=len(present))}
    if feature.kind in ("categorical", "ragged"):
        hashes = hashes_of(values)
        unseen, judged = TokenSketch.from_text(before.tokens).unseen(hashes)
        sizes[TOKENS] = unseen / judged if judged and before.items else 0.0
        sizes[VALUES] = _moved(before, [bins.token_counts(hashes, before.frequent)])
    else:
        columns = zip(coordinates(values), before.edges, strict=True)
        sizes[VALUES] = _moved(before, [bins.number_counts(column, edges) for column, edges in columns])
    return sizes


def _presence(before: FeatureProfile, corpus: float, *, before_rows: int, rows: int) -> float:
    """The difference of the shares of items, 0 where it may be chance; 1 where one side has none at all."""
    gap = abs(before.items - corpus)
    both = (before.items * before_rows + corpus * rows) / (before_rows + rows)
    if gap <= _SURE * np.sqrt(both * (1 - both) * (1 / before_rows + 1 / rows)):
        return 0.0
    had = max(before.items, before.pairs)
    gone = (corpus == 0 and had >= _RARE) or (had == 0 and corpus >= _RARE)
    return 1.0 if gone else gap


def _moved(before: FeatureProfile, after: list[np.ndarray]) -> float:
    """The largest index of the coordinates; 0 where it may be chance."""
    found = 0.0
    for counts, new in zip(before.counts, after, strict=True):
        old = np.array(counts)
        size = bins.psi(old, new)
        if size > bins.by_chance(old, new, tries=len(after)):
            found = max(found, size)
    return found
