"""One slice of a data set: its pairs, the requests that have one, and nothing else."""

import numpy as np
import pytest
import tensorflow as tf

from mtmd_tf.features.reading import DataSet
from mtmd_tf.features.slicing import keep_slice
from mtmd_tf.slices import covers
from tests.mtmd_tf.small import small_requests, to_batch

SURFACES = np.array([0, 1, 0, 1])
LENGTHS = np.array([2, 3, 1, 2])
PRODUCTS = np.array([0, 1, 1, 0, 1, 0, 0, 0])  # of requests 0, 0, 1, 1, 1, 2, 3, 3


@pytest.fixture(scope="module")
def batch():
    """Four requests: of search (1) x shopping (1), the second has two pairs and the last has none."""
    requests = small_requests(40)
    pairs = [next(p for p in range(len(requests.product)) if requests.product[p] == wanted) for wanted in PRODUCTS]
    rows = [next(r for r in range(40) if requests.surface[r] == wanted) for wanted in SURFACES]
    drawn = to_batch(requests)
    picked = {
        "request_id": tf.constant([b"a", b"b", b"c", b"d"]),
        "surface": tf.constant(SURFACES, tf.int32),
        "timestamp": tf.range(4, dtype=tf.int64),
        "request": tf.constant(np.repeat(np.arange(4), LENGTHS), tf.int32),
        "item_id": tf.constant([b"i%d" % number for number in range(8)]),
        "product": tf.constant(PRODUCTS, tf.int32),
        "query": tf.nest.map_structure(lambda tensor: tf.gather(tensor, rows), drawn.query),
        "item": tf.nest.map_structure(lambda tensor: tf.gather(tensor, pairs), drawn.item),
    }
    of_pairs = ("label", "event", "weight", "bid")
    rest = {name: tf.nest.map_structure(lambda t: tf.gather(t, pairs), getattr(drawn, name)) for name in of_pairs}
    return drawn._replace(**picked, **rest)


def test_the_pairs_of_the_slice_and_the_requests_that_keep_one(batch):
    kept = keep_slice(batch, surface=1, product=1)
    assert kept.request_id.numpy().tolist() == [b"b"]
    assert kept.item_id.numpy().tolist() == [b"i2", b"i4"]
    assert kept.request.numpy().tolist() == [0, 0]
    assert kept.surface.numpy().tolist() == [1]
    assert kept.product.numpy().tolist() == [1, 1]


def test_requests_are_numbered_anew_in_their_order(batch):
    kept = keep_slice(batch, surface=0, product=0)
    assert kept.request_id.numpy().tolist() == [b"a", b"c"]
    assert kept.item_id.numpy().tolist() == [b"i0", b"i5"]
    assert kept.request.numpy().tolist() == [0, 1]


def test_features_and_labels_go_with_their_rows(batch):
    kept = keep_slice(batch, surface=1, product=1)
    for whole, part, rows in ((batch.query, kept.query, [1]), (batch.item, kept.item, [2, 4])):
        for was, now in zip(tf.nest.flatten(whole), tf.nest.flatten(part), strict=True):
            wanted = tf.gather(was, rows)
            if isinstance(now, tf.RaggedTensor):
                assert now.to_list() == wanted.to_list()
            else:
                np.testing.assert_array_equal(now, wanted)
    np.testing.assert_array_equal(kept.label["ctr"], tf.gather(batch.label["ctr"], [2, 4]))
    assert kept.label.keys() == batch.label.keys()
    assert len(kept.weight) == len(kept.bid) == 2


def test_a_slice_without_a_pair_is_an_empty_batch(batch):
    kept = keep_slice(batch, surface=2, product=0)
    assert len(kept.request_id) == len(kept.request) == len(kept.query.mask) == len(kept.item.mask) == 0


def test_one_side_alone_keeps_every_domain_of_the_other(batch):
    shopping = keep_slice(batch, surface=None, product=1)
    assert shopping.item_id.numpy().tolist() == [b"i1", b"i2", b"i4"]
    assert shopping.request_id.numpy().tolist() == [b"a", b"b"]
    search = keep_slice(batch, surface=1, product=None)
    assert search.item_id.numpy().tolist() == [b"i2", b"i3", b"i4", b"i6", b"i7"]
    assert search.request.numpy().tolist() == [0, 0, 0, 1, 1]


def read(data: DataSet, split: str = "train", **options) -> list:
    return list(data.batches(split, batch_requests=8, **options))


@pytest.mark.parametrize("shuffle_requests", [0, 50])
def test_a_pass_over_a_slice_reads_its_requests_once_in_full_batches(labeled, shuffle_requests):
    data = DataSet.open(labeled, slice_name="search/shopping")
    batches = read(data, shuffle_requests=shuffle_requests)
    ids = [name for batch in batches for name in batch.request_id.numpy().tolist()]
    counted = data.manifest.splits["train"]["slices"]["search"]["shopping"]
    assert len(set(ids)) == len(ids) == counted["requests"] == data.requests("train")
    assert sum(len(batch.product) for batch in batches) == counted["pairs"]
    assert [len(batch.surface) for batch in batches[:-1]] == [8] * (data.batch_count("train", batch_requests=8) - 1)
    assert {(s, p) for b in batches for s in b.surface.numpy() for p in b.product.numpy()} == {(1, 1)}


def test_an_interrupted_pass_over_a_slice_goes_on_where_it_was(labeled):
    data = DataSet.open(labeled, slice_name="search/shopping")
    options = {"shuffle_requests": 50, "seed": 3}
    [second] = read(data, skip=1, take=1, **options)
    np.testing.assert_array_equal(second.request_id, read(data, **options)[1].request_id)


def test_slices_together_are_the_data_set(labeled):
    whole = DataSet.open(labeled)
    pairs = 0
    for surface, product in whole.schema.slices:
        data = DataSet.open(labeled, slice_name=f"{surface}/{product}")
        pairs += sum(len(batch.product) for batch in read(data, "eval"))
    assert pairs == whole.manifest.pairs("eval")
    assert whole.requests("eval") == whole.manifest.requests("eval")


@pytest.mark.parametrize("name", ["*/shopping", "search/*"])
def test_one_side_alone_holds_exactly_its_pairs(labeled, name):
    data = DataSet.open(labeled, slice_name=name)
    batches = read(data)
    inside = {
        (surface, product): cell
        for surface, cells in data.manifest.splits["train"]["slices"].items()
        for product, cell in cells.items()
        if covers(data.slice, surface=surface, product=product)
    }
    indices = {(data.schema.surfaces.index(s), data.schema.products.index(p)) for s, p in inside}
    pairs = [
        pair for b in batches for pair in zip(tf.gather(b.surface, b.request).numpy(), b.product.numpy(), strict=True)
    ]
    assert set(pairs) == indices
    assert len(pairs) == sum(cell["pairs"] for cell in inside.values())
    assert sum(len(batch.surface) for batch in batches) == data.requests("train")
