"""Rows go to their domain and come back in order."""

import itertools

import numpy as np
import pytest
import tensorflow as tf

from mtmd_tf.domains import SIZES, partition

DOMAIN = tf.constant([2, 0, 2, 1])


def test_partition_by_hand():
    parts = partition(DOMAIN, domains=4)
    assert parts.order.numpy().tolist() == [1, 3, 0, 2]
    assert parts.inverse.numpy().tolist() == [2, 0, 3, 1]
    assert parts.sizes.numpy().tolist() == [1, 1, 2, 0]


def test_split_gives_each_domain_its_own_rows_in_order():
    rows = tf.constant([[20.0], [0.0], [21.0], [10.0]])
    split = partition(DOMAIN, domains=4).split(rows)
    assert [part.numpy().ravel().tolist() for part in split] == [[0.0], [10.0], [20.0, 21.0], []]


def test_split_sorted_cuts_what_already_stands_in_order():
    parts = partition(DOMAIN, domains=4)
    split = parts.split_sorted(tf.constant([0.0, 10.0, 20.0, 21.0]))
    assert [part.numpy().tolist() for part in split] == [[0.0], [10.0], [20.0, 21.0], []]


def test_restore_undoes_split():
    random = np.random.default_rng(0)
    rows = tf.constant(random.normal(size=[50, 3]))
    parts = partition(tf.constant(random.integers(0, 5, 50), tf.int32), domains=5)
    np.testing.assert_array_equal(parts.restore(parts.split(rows)), rows)


def test_sizes_are_four_to_each_doubling():
    assert SIZES[:9] == (16, 20, 24, 28, 32, 40, 48, 56, 64)
    assert all(larger / smaller <= 1.25 for smaller, larger in itertools.pairwise(SIZES))


def test_padded_domains_have_few_sizes_and_zeros_beyond_their_rows():
    domain = tf.constant([1] * 17 + [0])
    parts = partition(domain, domains=3, padded=True)
    assert parts.sizes.numpy().tolist() == [16, 20, 16]  # of 1, 17 and no rows
    rows = tf.reshape(tf.range(1.0, 37.0), [18, 2])
    split = parts.split(rows)
    np.testing.assert_array_equal(split[1], np.pad(rows[:17], [[0, 3], [0, 0]]))
    np.testing.assert_array_equal(split[2], np.zeros([16, 2]))
    np.testing.assert_array_equal(parts.restore(split), rows)


def test_nothing_comes_back_from_padding():
    rows = tf.constant([[1.0], [2.0], [3.0]])
    with tf.GradientTape() as tape:
        tape.watch(rows)
        parts = partition(tf.constant([1, 0, 1]), domains=2, padded=True)
        back = parts.restore([100.0 + 2.0 * part for part in parts.split(rows)])
    np.testing.assert_array_equal(back, [[102.0], [104.0], [106.0]])
    np.testing.assert_array_equal(tape.gradient(back, rows), [[2.0], [2.0], [2.0]])


def test_blocks_divide_each_domain_and_zeros_fill_it_up():
    domain = tf.constant([0] * 257 + [1] * 260 + [2] * 251)  # 256 on average: two blocks of 128
    parts = partition(domain, domains=3, in_blocks=True)
    assert parts.blocks.numpy() == 2
    assert parts.sizes.numpy().tolist() == [258, 260, 252]
    rows = tf.reshape(tf.range(1.0, 1537.0), [768, 2])
    with tf.GradientTape() as tape:
        tape.watch(rows)
        split = parts.split(rows)
        back = parts.restore([100.0 + 2.0 * part for part in split])
    np.testing.assert_array_equal(split[0], np.pad(rows[:257], [[0, 1], [0, 0]]))
    np.testing.assert_array_equal(back, 100.0 + 2.0 * rows)
    np.testing.assert_array_equal(tape.gradient(back, rows), tf.fill([768, 2], 2.0))


@pytest.mark.parametrize(("rows", "blocks"), [(0, 1), (510, 1), (512, 2), (4104, 16), (40_000, 64)])
def test_the_more_rows_the_more_blocks(rows, blocks):
    parts = partition(tf.range(rows) % 2, domains=2, in_blocks=True)
    assert parts.blocks.numpy() == blocks
    assert all(size % blocks == 0 and rows // 2 <= size < rows // 2 + blocks for size in parts.sizes.numpy())


@pytest.mark.parametrize("padded", [False, True])
@pytest.mark.parametrize("domain", [[], [1], [0, 1, 0]])
def test_one_trace_serves_any_number_of_rows(domain, padded):
    @tf.function(input_signature=[tf.TensorSpec([None], tf.int32)])
    def there_and_back(domain):
        parts = partition(domain, domains=2, padded=padded)
        return parts.restore(parts.split(tf.cast(domain, tf.float32)))

    assert there_and_back(tf.constant(domain, tf.int32)).numpy().tolist() == domain


@pytest.mark.parametrize("domain", [2, -1])
def test_a_domain_outside_the_range_is_refused(domain):
    with pytest.raises(tf.errors.InvalidArgumentError, match=r"partitions\[0\] = "):
        partition(tf.constant([domain]), domains=2)


def test_a_wrong_rank_is_refused():
    with pytest.raises(ValueError, match=r"domain must have rank 1, got rank 2 with shape \[1, 2\]"):
        partition(tf.constant([[0, 1]]), domains=2)
