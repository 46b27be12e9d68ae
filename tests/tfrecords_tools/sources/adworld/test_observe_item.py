import numpy as np
import pytest

from tfrecords_tools.requests import Ragged
from tfrecords_tools.sources.adworld.build import corpus
from tfrecords_tools.sources.adworld.history import History
from tfrecords_tools.sources.adworld.observe_item import ItemObserver
from tfrecords_tools.sources.adworld.schema import SCHEMA

NAMES = [feature.name for feature in SCHEMA.features_of("item")]


@pytest.mark.parametrize(
    ("feature", "product"), [("price", "shopping"), ("in_stock", "shopping"), ("landing_type", "standard")]
)
def test_a_feature_of_one_product_is_masked_on_the_other(world, feature, product):
    items = corpus(world)
    here = items.product == SCHEMA.products.index(product)
    assert (items.item_mask[:, NAMES.index(feature)] == here).all()


def test_an_image_has_no_video_seconds(world):
    items = corpus(world)
    present = items.item_mask[:, NAMES.index("video_seconds")]
    assert set(items.item["ad_format"][present].tolist()) == {b"video"}


def test_only_counts_and_ages_move_from_day_to_day(world):
    observer = ItemObserver(world)
    (before, _), (after, _) = (observer.table(History.before(world, day)) for day in (0, 5))
    moved = {name for name in before if not isinstance(before[name], Ragged) and (before[name] != after[name]).any()}
    assert moved == {
        "age_days",
        "impressions_7d",
        "clicks_7d",
        "good_clicks_7d",
        "repins_7d",
        "hides_7d",
        "advertiser_clicks_30d",
        "outbound_clicks_7d",
    }
    assert (after["age_days"] - before["age_days"] == 5).all()


def test_a_candidate_carries_the_columns_of_its_ad(requests, blocks, world):
    pairs, block = blocks[3], requests[3]
    table, _ = ItemObserver(world).table(pairs.history)
    pair, ad = 7, pairs.candidate.ravel()[7]
    assert block.item["clicks_7d"][pair] == table["clicks_7d"][ad]
    ends, of_ad = block.item["keywords"].lengths.cumsum(), table["keywords"].lengths.cumsum()
    assert (
        block.item["keywords"].values[ends[pair - 1] : ends[pair]].tolist()
        == table["keywords"].values[of_ad[ad] - table["keywords"].lengths[ad] : of_ad[ad]].tolist()
    )


def test_past_click_rate_follows_the_quality_of_the_ad(world):
    clicks = History.before(world, 0).ad
    assert (
        np.corrcoef(np.log((clicks["clicks_7d"] + 1) / (clicks["impressions_7d"] + 40)), world.ads.quality)[0, 1] > 0.6
    )
