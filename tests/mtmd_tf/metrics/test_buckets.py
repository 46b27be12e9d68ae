import math

import numpy as np
import pytest

from mtmd_tf.metrics.buckets import Buckets, LabelHistograms, edges_by_task, roots_of
from mtmd_tf.metrics.slices import Slices

SLICES = Slices(surfaces=("home", "search"), products=("standard",))
ROOTS = {"ctr": "ctr", "gctr": "ctr"}


def counted(labels, surface=0, **options) -> Buckets:
    histograms = LabelHistograms(SLICES, roots=ROOTS, **options)
    for part in np.array_split(np.asarray(labels, float), 3):  # batch by batch
        zeros = np.zeros(len(part), int)
        histograms.update(surface=zeros + surface, product=zeros, label={"ctr": part})
    return histograms.result()


def test_twenty_labels_fill_five_buckets_of_two_and_a_rest_of_ten():
    labels = np.arange(20, 0, -1) / 100
    buckets = counted(labels)
    found = buckets.of("ctr", label={"ctr": labels}, slice_number=np.zeros(20, int))
    assert found.tolist() == [0, 0, 1, 1, 2, 2, 3, 3, 4, 4] + 10 * [5]
    np.testing.assert_allclose(buckets.edges["ctr"][0], [0.19, 0.17, 0.15, 0.13, 0.11], rtol=0.01)


def test_tenths_of_many_labels_are_exact_to_within_a_bin():
    labels = np.random.default_rng(0).beta(1, 20, 20_000)
    found = counted(labels).of("ctr", label={"ctr": labels}, slice_number=np.zeros(20_000, int))
    np.testing.assert_allclose(np.bincount(found), [2000] * 5 + [10_000], atol=60)


def test_a_child_goes_by_the_label_of_its_root():
    buckets = counted(np.arange(1, 11) / 20)
    label = {"ctr": np.array([0.5, 0.05]), "gctr": np.array([0.001, 0.049])}
    assert buckets.of("gctr", label=label, slice_number=np.zeros(2, int)).tolist() == [0, 5]


def test_each_slice_has_its_own_edges_and_one_without_labels_has_none():
    buckets = counted(np.arange(1, 11) / 20, surface=1)
    assert np.isnan(buckets.edges["ctr"][0]).all()
    assert buckets.of("ctr", label={"ctr": np.array([0.5, 0.5])}, slice_number=np.array([0, 1])).tolist() == [5, 0]


def test_a_pair_without_the_roots_label_is_among_the_rest_and_is_not_counted():
    buckets = counted([0.5, 0.4, math.nan])
    found = buckets.of("ctr", label={"ctr": np.array([0.5, math.nan])}, slice_number=np.zeros(2, int))
    assert found.tolist() == [0, 5]


def test_equal_labels_share_the_upper_bucket():
    buckets = counted([0.1] * 7)
    assert buckets.of("ctr", label={"ctr": np.full(7, 0.1)}, slice_number=np.zeros(7, int)).tolist() == [0] * 7


@pytest.mark.parametrize("ends", [[0.0, 1.0], [1e-12, 1.0 - 1e-12]])
def test_labels_of_zero_and_one_are_in_the_outermost_bins(ends):
    buckets = counted(ends)
    assert buckets.of("ctr", label={"ctr": np.array(ends)}, slice_number=np.zeros(2, int)).tolist() == [5, 0]


def test_memory_is_that_of_the_bins():
    histograms = LabelHistograms(SLICES, roots=ROOTS, bins=64)
    assert {root: counts.shape for root, counts in histograms._counts.items()} == {"ctr": (2, 64)}


def test_the_root_is_the_furthest_ancestor():
    assert roots_of({"ctr": None, "gctr": "ctr", "cvr": "gctr"}) == {"ctr": "ctr", "gctr": "ctr", "cvr": "ctr"}


def test_edges_are_laid_out_by_surface_product_and_task():
    edges = edges_by_task(counted([0.5] * 4, surface=1), slices=SLICES, tasks=("ctr", "gctr"))
    assert edges.shape == (2, 1, 2, 5)
    assert np.isnan(edges[0]).all()
    np.testing.assert_allclose(edges[1], 0.5, atol=0.002)
