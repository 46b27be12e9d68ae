import numpy as np
import pytest

from tfrecords_tools.sources.adworld.behavior import conditional_probabilities, events
from tfrecords_tools.sources.adworld.schema import SCHEMA

CHILDREN = ("gctr", "octr", "cvr")
PRODUCT = np.array([SCHEMA.products.index(product) for _, product in SCHEMA.slices])


@pytest.mark.parametrize("task", CHILDREN)
def test_a_child_is_never_likelier_than_its_parent(truth, task):
    exists = ~np.isnan(truth[task])
    assert exists.any()
    assert (truth[task][exists] <= truth["ctr"][exists]).all()


@pytest.mark.parametrize("task", CHILDREN)
def test_a_child_event_implies_its_parents(happened, task):
    positive = happened[task] == 1
    assert positive.any()
    assert (happened["ctr"][positive] == 1).all()


def test_octr_exists_on_standard_alone(truth, happened, slice_of_pair):
    shopping = PRODUCT[slice_of_pair] == SCHEMA.products.index("shopping")
    assert (np.isnan(truth["octr"]) == shopping).all()
    assert ((happened["octr"] == -1) == shopping).all()


@pytest.mark.parametrize(
    ("task", "low", "high"), [("ctr", 0.010, 0.065), ("hide", 0.001, 0.006), ("repin", 0.010, 0.025)]
)
def test_rates_of_roots(truth, slice_of_pair, task, low, high):
    for index, name in enumerate(SCHEMA.slices):
        assert low < truth[task][slice_of_pair == index].mean() < high, name


@pytest.mark.parametrize(("task", "low", "high"), [("gctr", 0.40, 0.62), ("octr", 0.30, 0.50), ("cvr", 0.025, 0.09)])
def test_rates_of_children_given_a_click(truth, slice_of_pair, task, low, high):
    for index, name in enumerate(SCHEMA.slices):
        rows = (slice_of_pair == index) & ~np.isnan(truth[task])
        if rows.any():
            assert low < truth[task][rows].sum() / truth["ctr"][rows].sum() < high, name


def test_events_come_as_often_as_the_truth_says(truth, happened):
    expected, spread = truth["ctr"].sum(), np.sqrt((truth["ctr"] * (1 - truth["ctr"])).sum())
    assert abs(happened["ctr"].sum() - expected) < 4 * spread


def test_a_constant_is_a_poor_prediction_in_every_slice(truth, slice_of_pair):
    for index, name in enumerate(SCHEMA.slices):
        assert 0.7 < np.log(truth["ctr"][slice_of_pair == index]).std() < 1.25, name


def test_user_and_item_alone_do_not_explain_a_click(blocks, truth, slice_of_pair):
    """Additive fit of one mean per user and one per ad, in sample, so too good rather than too bad."""
    log_odds = np.log(truth["ctr"]) - np.log1p(-truth["ctr"])
    user = np.concatenate([np.repeat(pairs.visits.user, pairs.candidate.shape[1]) for pairs in blocks])
    item = np.concatenate([pairs.candidate.ravel() for pairs in blocks])
    for surface in range(len(SCHEMA.surfaces)):
        rows = slice_of_pair // len(SCHEMA.products) == surface
        y = log_odds[rows] - log_odds[rows].mean()
        of_user, of_item = np.zeros_like(y), np.zeros_like(y)
        for _ in range(15):
            of_user = _means(y - of_item, user[rows])
            of_item = _means(y - of_user, item[rows])
        explained = 1 - ((y - of_user - of_item) ** 2).mean() / y.var()
        assert 0.3 < explained < 0.75, SCHEMA.surfaces[surface]


def test_events_do_not_depend_on_the_order_of_calls(blocks):
    first, second = blocks[0], blocks[1]
    alone = events(second, conditional_probabilities(second))
    events(first, conditional_probabilities(first))
    again = events(second, conditional_probabilities(second))
    assert all((alone[task] == again[task]).all() for task in SCHEMA.task_names)


def _means(values, group):
    count = np.bincount(group)
    return (np.bincount(group, values) / np.maximum(count, 1))[group]
