"""Which features of a row are present, in a record: 63 bits of an int64, and one more int64 for each 63 more."""

import numpy as np

BITS = 63  # of an int64 that is never negative


def words(features: int) -> int:
    """How many int64 the mask of a row with so many features takes; one at least."""
    return max(1, -(-features // BITS))


def to_words(mask: np.ndarray) -> np.ndarray:
    """`[rows, features]` bool to `[rows, words]` int64: bit i of word w is feature 63 w + i."""
    rows, features = mask.shape
    padded = np.zeros((rows, words(features) * BITS), np.int64)
    padded[:, :features] = mask
    return padded.reshape(rows, words(features), BITS) @ (np.int64(1) << np.arange(BITS, dtype=np.int64))


def from_words(found: np.ndarray, features: int) -> np.ndarray:
    """The inverse: `[rows, words]` int64 to `[rows, features]` bool.

    Raises:
        ValueError: A bit behind the last feature; the error is that word in binary.
    """
    here = (found[:, :, None] >> np.arange(BITS)) & 1 == 1  # [rows, words, BITS]
    flat = here.reshape(len(found), found.shape[1] * BITS)
    wrong = flat[:, features:].any(axis=1) | (found < 0).any(axis=1)
    if wrong.any():
        raise ValueError(" ".join(f"{word:b}" for word in found[wrong][0]))
    return flat[:, :features]
