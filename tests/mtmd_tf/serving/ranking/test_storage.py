"""Tests of mtmd_tf/serving/ranking/storage.py."""

import pathlib

import ml_dtypes
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from mtmd_tf.config import BIAS_UNITS, STORAGES
from mtmd_tf.serving.ranking import storage
from mtmd_tf.serving.ranking.storage import StoredTask

ITEMS, WIDTH = 5000, 34


def random(rows: int, *, seed: int) -> np.ndarray:
    """Coordinates about 0.3, biases about -4."""
    values = 0.3 * np.random.default_rng(seed).standard_normal((rows, WIDTH), dtype=np.float32)
    values[:, -BIAS_UNITS:] -= 4
    return values


def test_the_biases_are_the_models() -> None:
    assert storage.BIAS_UNITS == BIAS_UNITS


def test_float32_is_the_dot_product() -> None:
    items, query = random(ITEMS, seed=0), random(3, seed=1)
    logits = StoredTask.of(items, storage="float32").logits(query, slice(10, 4000))
    np.testing.assert_allclose(logits, query @ items[10:4000].T, rtol=1e-5, atol=1e-5)


def test_bfloat16_is_within_its_bound() -> None:
    items, query = random(ITEMS, seed=0), random(1, seed=1)
    stored = StoredTask.of(items, storage="bfloat16")
    exact = query.astype(np.float64) @ items.T
    bound = np.abs(query)[:, :-2] @ np.abs(items[:, :-2]).T / 256
    error = np.abs(stored.logits(query, slice(0, ITEMS)) - exact)
    assert (error <= bound + 1e-5).all()
    assert 0 < error.max() < 0.02


def test_int8_is_within_its_bound() -> None:
    items, query = random(ITEMS, seed=0), random(1, seed=1)
    stored = StoredTask.of(items, storage="int8")
    exact = query.astype(np.float64) @ items.T
    in_a_scan, of_few = bounds(query, items)
    error = np.abs(stored.logits(query, slice(0, ITEMS)) - exact)
    assert (error <= in_a_scan + 1e-5).all()
    assert 0 < error.max() < 0.05
    fine = np.abs(stored.fine_logits(query, np.arange(ITEMS)) - exact)
    assert (fine <= of_few + 1e-5).all()
    assert 0 < fine.max() < 0.05 / 100


def bounds(query: np.ndarray, items: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """`[requests, items]` of a scan's int8 logits and of fine ones, by the formulas of the module."""
    query, items = np.abs(query.astype(np.float64))[:, :-2], np.abs(items.astype(np.float64))[:, :-2]
    scale, total = items.max(axis=1) / 127, query.sum(axis=1, keepdims=True)
    of_query = query.max(axis=1, keepdims=True) / 64_516 * (items.sum(axis=1) + items.shape[1] * scale / 2)
    return scale / 2 * total + of_query, scale / 508 * total


NUMBERS = st.floats(-100, 100, width=32)


@given(items=arrays(np.float32, (7, 9), elements=NUMBERS), query=arrays(np.float32, (2, 9), elements=NUMBERS))
def test_int8_of_any_numbers_is_within_its_bounds(items: np.ndarray, query: np.ndarray) -> None:
    stored, exact = StoredTask.of(items, storage="int8"), query.astype(np.float64) @ items.T
    rounding = 1e-6 * (np.abs(query).astype(np.float64) @ np.abs(items).T) + 1e-30  # of float32 itself
    in_a_scan, of_few = bounds(query, items)
    assert (np.abs(stored.logits(query, slice(0, 7)) - exact) <= in_a_scan + 4 * rounding).all()
    assert (np.abs(stored.fine_logits(query, np.arange(7)) - exact) <= of_few + 4 * rounding).all()


def test_int8_by_hand() -> None:
    stored = StoredTask.of(np.float32([[1.27, -0.5, 7, 1], [0, 0, 3, 1]]), storage="int8")
    assert stored.values.tolist() == [[127, -50], [0, 0]]
    assert stored.low.tolist() == [[0, 0], [0, 0]]
    np.testing.assert_allclose(stored.scale, [0.01, 0], rtol=1e-6)
    np.testing.assert_allclose(stored.logits(np.float32([[1, 2, 1, 10]]), slice(0, 2)), [[17.27, 13]], rtol=1e-6)


@pytest.mark.parametrize("kind", STORAGES)
def test_a_batch_is_its_requests(kind: str) -> None:
    stored, query = StoredTask.of(random(300, seed=0), storage=kind), random(4, seed=1)
    single = [stored.logits(one[None], slice(0, 300))[0] for one in query]
    np.testing.assert_allclose(stored.logits(query, slice(0, 300)), single, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("kind", STORAGES)
def test_chosen_rows_are_those_of_the_whole(kind: str) -> None:
    stored, query = StoredTask.of(random(ITEMS, seed=0), storage=kind), random(1, seed=1)
    rows = np.array([4999, 3, 3, 1200])
    assert stored.logits(query, rows).tolist() == stored.logits(query, slice(0, ITEMS))[:, rows].tolist()


@pytest.mark.parametrize("kind", STORAGES)
def test_files_hold_what_memory_holds(kind: str, tmp_path: pathlib.Path) -> None:
    items = random(300, seed=0)
    files = StoredTask.allocate(tmp_path, "ctr", storage=kind, items=300, width=WIDTH)
    order = np.random.default_rng(2).permutation(300)
    for rows in (order[:100], order[100:]):
        files.write(rows, items[rows])
    opened = StoredTask.open(
        tmp_path, "ctr", storage=kind, items=300, width=WIDTH, checksums=files.checksums("ctr"), rule="again"
    )
    wanted = StoredTask.of(items, storage=kind)
    np.testing.assert_array_equal(opened.embedding(slice(0, 300)), wanted.embedding(slice(0, 300)))
    assert opened.bytes == wanted.bytes
    assert not opened.values.flags.writeable


def test_the_bytes_of_each_storage() -> None:
    sizes = {kind: StoredTask.of(random(10, seed=0), storage=kind).bytes / 10 for kind in STORAGES}
    assert sizes == {"float32": 4 * 34, "bfloat16": 2 * 32 + 8, "int8": 32 + 8 + 4}


def test_bfloat16_rounds_to_the_nearest() -> None:
    stored = StoredTask.of(np.float32([[1.01, 0, 0]]), storage="bfloat16")
    assert stored.values.dtype == ml_dtypes.bfloat16
    assert stored.embedding(slice(0, 1))[0, 0] == 1.0078125


@pytest.mark.parametrize("kind", STORAGES)
def test_the_first_reading_which_verifies_gives_the_same_bits(kind: str, tmp_path: pathlib.Path) -> None:
    files = StoredTask.allocate(tmp_path, "ctr", storage=kind, items=3000, width=WIDTH)
    files.write(np.arange(3000), random(3000, seed=0))
    own = {"storage": kind, "items": 3000, "width": WIDTH, "checksums": files.checksums("ctr"), "rule": "again"}
    opened, query = StoredTask.open(tmp_path, "ctr", **own), random(1, seed=1)
    first, second = (opened.logits(query, slice(100, 2900)) for _ in range(2))
    np.testing.assert_array_equal(first, second)
