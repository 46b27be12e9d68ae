"""Items of the corpus that lack features which training's candidates had, and items that nobody was shown."""

from collections.abc import Iterator

from tfrecords_tools.doctor.finding import LOOK, SERIOUS, Finding
from tfrecords_tools.doctor.table import Presence, Table

_HAD, _HALF = 0.2, 0.5


def examine(table: Table, items: Presence) -> Iterator[Finding]:
    """Product by product: embeddings are made of the corpus, so that what it lacks, no ranking sees."""
    schema = table.schema
    for index, product in enumerate(schema.products):
        shown, there = table.requests.product == index, items.product == index
        if shown.any() and not there.any():
            yield Finding(
                level=SERIOUS,
                about="corpus",
                said=f"no item of the product {product} is in the corpus; training has {shown.sum():,} pairs of it",
                advice="nothing of it can be ranked: repair the items",
                weight=1.0,
            )
        if not shown.any() or not there.any():
            continue
        for bit, feature in enumerate(schema.features_of("item")):
            if not feature.exists_in(product=product):
                continue
            had = float(table.requests.item_mask[shown, bit].mean())
            has = float(items.item_mask[there, bit].mean())
            if had >= _HAD and has < _HALF * had:
                yield Finding(
                    level=SERIOUS if has == 0 else LOOK,
                    about="corpus",
                    said=f"{feature.key} is there for {has:.0%} of the corpus's {product} items, and for {had:.0%} of "
                    f"the {product} candidates that training saw",
                    advice="items are embedded without it, and their scores are off: fill it in",
                    weight=had - has,
                )
