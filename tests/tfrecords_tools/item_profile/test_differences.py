"""Tests of tfrecords_tools/item_profile/differences.py and profile.py."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.tfrecords_tools.item_profile.many_items import BITS, changed, found_in, hidden, many_items, profile_of


@given(seed=st.integers(0, 10_000))
@settings(max_examples=12, deadline=None)
def test_another_sample_of_the_same_items_differs_in_nothing(seed: int) -> None:
    assert found_in(many_items(500, seed=seed), profile_of(many_items(800, seed=seed + 1))) == {}


@given(
    feature=st.sampled_from(["brand", "price", "tags", "image"]),
    share=st.floats(0.3, 1.0),
    gone=st.booleans(),
)
@settings(max_examples=12, deadline=None)
def test_a_feature_that_either_side_lacks_is_found(feature: str, share: float, gone: bool) -> None:
    whole, lacking = many_items(400), hidden(many_items(400, seed=1), feature, share)
    training, corpus = (whole, lacking) if gone else (lacking, whole)
    found = found_in(corpus, profile_of(training))
    assert [key for key in found if key[1] == "presence"] == [(f"item/{feature}", "presence")]
    missing = round(share * 400) / 400
    assert found[f"item/{feature}", "presence"].size == (1.0 if missing == 1 else pytest.approx(missing))


def test_presence_in_pairs_and_in_items_are_told_apart() -> None:
    items = hidden(many_items(100), "price", 0.5)
    shown = items.take(np.array([*range(100), *[99] * 100]))  # the last one is shown 101 times
    (found,) = (each for each in found_in(hidden(items, "price", 1.0), profile_of(shown)).values())
    assert (found.pairs, found.items, found.corpus, found.size) == (0.75, 0.5, 0.0, 1.0)
    assert str(found) == (
        "item/price of the product standard is present in 75.0% of the training pairs (50.0% of their items) and 0.0% "
        "of the same items in the corpus"
    )


def test_popular_items_do_not_make_a_corpus_look_poor() -> None:
    items = hidden(many_items(100), "price", 0.5)
    assert found_in(items, profile_of(items.take(np.array([*range(100), *[99] * 900])))) == {}


@pytest.mark.parametrize("factor", [100.0, 0.01, -1.0])
def test_a_number_in_another_unit_moved(factor: float) -> None:
    items = many_items(400, seed=1)
    found = found_in(changed(items, "price", items.item["price"] * np.float32(factor)), profile_of(many_items()))
    assert list(found) == [("item/price", "values")]
    assert found["item/price", "values"].size > 2


def test_one_coordinate_of_a_vector_moved() -> None:
    items = many_items(400, seed=1)
    image = items.item["image"] + np.array([0, 3], np.float32)
    found = found_in(changed(items, "image", image), profile_of(many_items()))
    assert list(found) == [("item/image", "values")]


def test_tokens_of_another_coding_are_unseen() -> None:
    items = many_items(400, seed=1)
    found = found_in(changed(items, "brand", items.item["brand"] + 25), profile_of(many_items()))
    assert found["item/brand", "tokens"].size == pytest.approx(0.5, abs=0.1)
    assert "seen in no training pair" in str(found["item/brand", "tokens"])


def test_tokens_seen_in_any_pair_count_as_seen() -> None:
    items = many_items(400)
    earlier = changed(items, "brand", np.full(400, 77))
    now = changed(items, "brand", np.where(np.arange(400) < 200, 77, items.item["brand"]))
    assert ("item/brand", "tokens") not in found_in(now, profile_of(earlier, items))


def test_a_product_without_pairs_or_without_items_is_left_out() -> None:
    assert found_in(many_items(100, product=1), profile_of(many_items(100))) == {}


def test_a_feature_is_compared_only_where_it_can_exist() -> None:
    assert "discount" not in profile_of(many_items(10)).products["standard"].features
    assert set(profile_of(many_items(10, product=1)).products["shopping"].features) == set(BITS)


def test_items_that_training_has_not_seen_may_be_others() -> None:
    items = many_items(600)
    unlike = hidden(items, "tags", 0.8)  # the first 480, of which training saw none
    assert found_in(unlike, profile_of(items.take(np.arange(480, 600)))) == {}
    found = found_in(unlike, profile_of(items.take(np.arange(540, 600))))  # too few of the same
    assert (found["item/tags", "presence"].size, found["item/tags", "presence"].seen) == (pytest.approx(0.8), False)
