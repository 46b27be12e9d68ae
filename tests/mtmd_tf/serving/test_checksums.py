"""Tests of mtmd_tf/serving/checksums.py: any flipped bit is found, before it is used, and named."""

import pathlib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mtmd_tf.serving.checksums import BLOCK_ROWS, Guard, block_checksums, blocks_of, checksum
from mtmd_tf.serving.specification import ServingError


@given(st.binary(min_size=1, max_size=9000), st.data())
def test_any_flipped_bit_is_another_checksum(content: bytes, data: st.DataObject) -> None:
    bit = data.draw(st.integers(0, 8 * len(content) - 1))
    flipped = bytearray(content)
    flipped[bit // 8] ^= 1 << bit % 8
    assert checksum(bytes(flipped)) != checksum(content)
    assert checksum(content + b"\0") != checksum(content)


def test_an_array_is_its_bytes() -> None:
    array = np.arange(5000, dtype=np.float32).reshape(1000, 5)
    assert checksum(array) == checksum(array.tobytes())


def test_pages_that_change_places_are_seen() -> None:
    pages = np.repeat(np.arange(4, dtype=np.uint8), 4096)
    assert checksum(pages) != checksum(np.roll(pages, 4096))


def guarded(rows: int = 3 * BLOCK_ROWS - 5) -> tuple[np.ndarray, Guard]:
    array = np.random.default_rng(0).standard_normal((rows, 6)).astype(np.float32)
    return array, Guard(pathlib.Path("ctr.npy"), array, block_checksums(array), rule="make it again")


@pytest.mark.parametrize("rows", [slice(1500, 1501), np.array([2500, 1024]), slice(1024, 2048), np.array([3065])])
def test_a_damaged_block_is_named_when_it_is_used_for_the_first_time(rows: slice | np.ndarray) -> None:
    array, guard = guarded()
    array[1030:1035, 2] *= -1
    array[-3] += 1
    guard.require(slice(0, 1024))
    guard.require(np.array([5, 1023]))
    with pytest.raises(ServingError, match=r"^ctr.npy is damaged in rows (1,024 to 2,047|2,048 to 3,066); make it aga"):
        guard.require(rows)


def test_what_was_verified_is_not_read_again() -> None:
    array, guard = guarded()
    guard.require(slice(0, len(array)))
    array[0] += 1
    guard.require(slice(0, len(array)))
    guard.require(np.arange(len(array)))


def test_a_range_is_cut_at_the_borders_of_blocks() -> None:
    assert blocks_of(slice(1000, 2100)) == [slice(1000, 1024), slice(1024, 2048), slice(2048, 2100)]
    assert blocks_of(slice(1024, 2048)) == [slice(1024, 2048)]
    assert blocks_of(slice(5, 5)) == [slice(5, 5)]


def test_no_rows_are_sound() -> None:
    _, guard = guarded(rows=0)
    guard.require(slice(0, 0))
    guard.require(np.zeros(0, np.int64))
