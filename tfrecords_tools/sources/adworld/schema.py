"""The schema of the ad world: the paper's surfaces, products and tasks, and every observed feature."""

from tfrecords_tools.schema import Schema, Task
from tfrecords_tools.sources.adworld.features_item import CROSS_FEATURES, ITEM_FEATURES
from tfrecords_tools.sources.adworld.features_query import QUERY_FEATURES
from tfrecords_tools.sources.adworld.names import PRODUCTS, SURFACES

SCHEMA = Schema(
    name="adworld",
    surfaces=SURFACES,
    products=PRODUCTS,
    tasks=(
        Task(name="ctr", description="a click on the ad"),
        Task(name="gctr", parent="ctr", description="a good click: longer than 30 seconds"),
        Task(
            name="octr", parent="ctr", products=("standard",), description="an outbound click, to the advertiser's site"
        ),
        Task(name="cvr", parent="ctr", description="a conversion after the click"),
        Task(name="hide", description="the user hid the ad"),
        Task(name="repin", description="the user saved the ad to a board"),
    ),
    features=(*QUERY_FEATURES, *ITEM_FEATURES, *CROSS_FEATURES),
    description="A simulated ad platform with known true probabilities; three surfaces, two ad products, six tasks.",
)
