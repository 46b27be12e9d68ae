"""Tests of tfrecords_tools/item_profile/token_sketch.py."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tfrecords_tools.item_profile.token_sketch import TokenSketch, hashes_of

_HASHES = st.lists(st.integers(0, 2**64 - 1), max_size=40).map(lambda values: np.array(values, np.uint64))


def tokens(*numbers: int) -> np.ndarray:
    return np.array([b"t%d" % number for number in numbers], object)


def test_bytes_and_whole_numbers_have_fixed_hashes() -> None:
    assert hashes_of(tokens(1, 2, 1)).tolist()[0] == hashes_of(tokens(1)).tolist()[0]
    assert hashes_of(np.array([7, -1])).dtype == np.uint64
    assert hashes_of(np.zeros(0, np.int64)).shape == (0,)


@given(blocks=st.lists(_HASHES, max_size=4), asked=_HASHES)
def test_a_small_set_is_known_exactly_whatever_the_blocks(blocks: list[np.ndarray], asked: np.ndarray) -> None:
    sketch = TokenSketch()
    for block in blocks:
        sketch.add(block)
    seen = {value for block in blocks for value in block.tolist()}
    assert sketch.unseen(asked) == (sum(value not in seen for value in asked.tolist()), len(asked))


@given(blocks=st.lists(_HASHES, min_size=1, max_size=4), asked=_HASHES, most=st.integers(1, 10))
def test_what_is_judged_is_judged_rightly(blocks: list[np.ndarray], asked: np.ndarray, most: int) -> None:
    sketch = TokenSketch(most=most)
    for block in blocks:
        sketch.add(block)
    seen = {value for block in blocks for value in block.tolist()}
    judged = [value for value in asked.tolist() if value <= int(sketch.ceiling)]
    assert sketch.unseen(asked) == (sum(value not in seen for value in judged), len(judged))


def test_a_large_set_gives_the_share_of_a_sample() -> None:
    sketch = TokenSketch(hashes_of(np.arange(100_000)))
    unseen, judged = sketch.unseen(hashes_of(np.arange(50_000, 150_000)))
    assert unseen / judged == pytest.approx(0.5, abs=0.05)
    assert judged < 2_000


def test_a_sketch_is_kept_as_text() -> None:
    sketch = TokenSketch(hashes_of(np.arange(2_000)))
    assert TokenSketch.from_text(sketch.to_text()) == sketch
    assert len(sketch.to_text()) == 10_924  # 1,024 hashes of 8 bytes
