"""Items of the tiny schema, as many as wanted: what training's pairs had, and corpora that differ from it."""

import numpy as np

from tests.tfrecords_tools.tiny import tiny_schema
from tfrecords_tools.item_profile.differences import Difference, differences
from tfrecords_tools.item_profile.profile import ItemProfile, ProfileBuilder
from tfrecords_tools.item_profile.reading import Corpus
from tfrecords_tools.requests import Items, Ragged

BITS = {feature.name: bit for bit, feature in enumerate(tiny_schema().features_of("item"))}


def many_items(count: int = 1000, *, seed: int = 0, product: int = 0) -> Items:
    """`count` items of one product, all features there but `discount` for standard; prices are log-normal."""
    random = np.random.default_rng(seed)
    mask = np.ones((count, len(BITS)), bool)
    mask[:, BITS["discount"]] = product == 1
    return Items(
        item_id=np.array([b"i%d" % number for number in range(count)], object),
        product=np.full(count, product),
        item={
            "brand": random.integers(0, 50, count),
            "price": np.exp(random.standard_normal(count)).astype(np.float32),
            "discount": random.random(count, np.float32),
            "tags": Ragged(
                np.array([b"t%d" % tag for tag in random.integers(0, 30, 2 * count)], object), np.full(count, 2)
            ),
            "image": random.standard_normal((count, 2)).astype(np.float32),
        },
        item_mask=mask,
    )


def hidden(items: Items, feature: str, share: float) -> Items:
    """The same, the feature missing of the first `share` of them."""
    mask = items.item_mask.copy()
    mask[: round(share * len(mask)), BITS[feature]] = False
    return Items(item_id=items.item_id, product=items.product, item=items.item, item_mask=mask)


def changed(items: Items, feature: str, column: np.ndarray) -> Items:
    """The same with another column."""
    return Items(
        item_id=items.item_id, product=items.product, item={**items.item, feature: column}, item_mask=items.item_mask
    )


def profile_of(*pairs: Items, every: int = 1) -> ItemProfile:
    """Of training pairs, block after block."""
    builder = ProfileBuilder(tiny_schema())
    for block in pairs:
        builder.add(block)
    return builder.profile(every=every)


def found_in(corpus: Items, profile: ItemProfile) -> dict[tuple[str, str], Difference]:
    """`{(feature, measure): difference}`."""
    return {
        (each.feature, each.measure): each for each in differences(profile, corpus_of(corpus, profile), tiny_schema())
    }


def corpus_of(items: Items, profile: ItemProfile) -> Corpus:
    """A corpus in memory."""
    corpus = Corpus(profile, tiny_schema())
    corpus.add(items)
    return corpus
