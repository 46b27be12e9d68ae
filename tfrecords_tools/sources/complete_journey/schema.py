"""The schema of Complete Journey: surfaces, products and nested tasks (paper sections 2.1.1 and 2.3)."""

from tfrecords_tools.schema import Schema, Task
from tfrecords_tools.sources.complete_journey.coding import BRANDS
from tfrecords_tools.sources.complete_journey.feature_list import cross_features, item_features, query_features
from tfrecords_tools.sources.complete_journey.promotions import SURFACES
from tfrecords_tools.sources.complete_journey.tables import Tables


def schema(tables: Tables) -> Schema:
    """The schema; it depends on the whole tables, so every share of households has the same."""
    return Schema(
        name="complete_journey",
        surfaces=SURFACES,
        products=BRANDS,
        tasks=(
            Task(name="category", description="bought something of the product's category on this trip"),
            Task(name="buy", parent="category", description="bought the product"),
            Task(name="multi", parent="buy", description="bought two or more"),
            Task(
                name="coupon",
                parent="buy",
                products=("National",),
                description="bought it with a coupon, where one ran",
            ),
        ),
        features=(*query_features(tables), *item_features(tables), *cross_features(tables)),
        description="Grocery trips of 2017: the promoted products of the store and week, and what was bought of them. "
        "Timestamps are the store's wall clock, so that a day is a shopping day. Data by 84.51.",
    )
